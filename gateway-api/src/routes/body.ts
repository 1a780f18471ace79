import { type Json, parseJson, ProofwardError } from '@proofward/evidence';
import express, { type Request, type RequestHandler } from 'express';
import { ndjson } from './route.js';

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

/** The same for a route that takes lines too: those are read where they are answered. */
export function rawBodyOrLines(): RequestHandler {
  const whole = rawBody();
  return (request, response, next) => {
    if (isInLines(request)) next();
    else void whole(request, response, next);
  };
}

/** @throws ProofwardError UNSUPPORTED_MEDIA_TYPE, INVALID_JSON */
export function jsonBody(request: Request): Json {
  if (request.is('application/json') === false) {
    throw new ProofwardError('UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json');
  }
  const bytes: unknown = request.body;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0)
    throw new ProofwardError('INVALID_JSON', 'the body is empty');
  return parseBytes(bytes);
}

/** @throws ProofwardError INVALID_JSON */
export function parseBytes(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProofwardError('INVALID_JSON', 'it is not UTF-8', { cause });
  }
  if (depthOf(text) > maximumDepth) {
    throw new ProofwardError('INVALID_JSON', `it is nested deeper than ${maximumDepth} levels`);
  }
  return parseJson(text);
}

/** Whether the body comes in lines. @throws ProofwardError UNSUPPORTED_MEDIA_TYPE where it is compressed */
export function isInLines(request: Request): boolean {
  if (request.is(ndjson) !== ndjson) return false;
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new ProofwardError('UNSUPPORTED_MEDIA_TYPE', 'send the body without a content coding');
  }
  return true;
}

/** A line of a body; `bytes` is undefined where it is longer than the limit. */
export interface Line {
  /** From 1. */
  number: number;
  bytes: Uint8Array | undefined;
}

const newline = 0x0a;

/**
 * The lines of a body as they come, those of one piece together, so that they are answered while more is sent. No more is
 * held than a piece and the line that it ends in. Empty lines are counted and left out.
 *
 * @param limit the most bytes of a line
 */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line[]> {
  let rest: Uint8Array = new Uint8Array();
  let isTooLong = false;
  let number = 0;
  const end = (bytes: Uint8Array): Line[] => {
    number += 1;
    const tooLong = isTooLong || rest.length + bytes.length > limit;
    const whole = tooLong ? undefined : Buffer.concat([rest, bytes]);
    [rest, isTooLong] = [new Uint8Array(), false];
    return whole?.length === 0 ? [] : [{ number, bytes: whole }];
  };
  for await (const piece of pieces) {
    const lines: Line[] = [];
    let start = 0;
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, start)) {
      lines.push(...end(piece.subarray(start, at)));
      start = at + 1;
    }
    const begun = piece.subarray(start);
    isTooLong ||= rest.length + begun.length > limit;
    rest = isTooLong ? new Uint8Array() : Buffer.concat([rest, begun]);
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0 || isTooLong) yield end(new Uint8Array());
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
