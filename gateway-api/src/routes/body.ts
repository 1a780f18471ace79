import { type Json, parseJson, ProofwardError } from '@proofward/evidence';
import express, { type Request, type RequestHandler } from 'express';

export const bodyLimit = 1024 * 1024;

/** Deeper than any record, and shallow enough for every recursive parser and printer behind it. */
const maximumDepth = 64;

/**
 * Takes the body as bytes. It is parsed by evidence's parser, which refuses what two parsers may read differently. A
 * compressed body is refused: its size is not known before it is large.
 */
export function rawBody(): RequestHandler {
  return express.raw({ type: () => true, limit: bodyLimit, inflate: false });
}

/** @throws ProofwardError UNSUPPORTED_MEDIA_TYPE, INVALID_JSON */
export function jsonBody(request: Request): Json {
  if (request.is('application/json') === false) {
    throw new ProofwardError('UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json');
  }
  const bytes: unknown = request.body;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0)
    throw new ProofwardError('INVALID_JSON', 'the body is empty');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProofwardError('INVALID_JSON', 'the body is not UTF-8', { cause });
  }
  if (depthOf(text) > maximumDepth) {
    throw new ProofwardError('INVALID_JSON', `the body is nested deeper than ${maximumDepth} levels`);
  }
  return parseJson(text);
}

/** How deep brackets are nested outside strings; of text that is no JSON, some number. */
export function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}
