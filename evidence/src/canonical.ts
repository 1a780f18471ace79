import canonicalize from 'canonicalize';
import { utf8ToBytes } from './bytes.js';
import { ProofwardError } from './errors.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * How many arrays and objects may lie in each other. A fixed number, because the size of the stack is another one in each
 * process, and endorsers must agree on what they accept.
 */
export const maximalDepth = 128;

/**
 * RFC 8785 (JSON Canonicalization Scheme). Refuses what has no single JSON form: lone surrogates, NaN, infinities,
 * numbers beyond 2^53, undefined, objects that are not plain (a Map would become `{}`), and what {@link parseJson}
 * would not read back.
 *
 * @throws ProofwardError INVALID_JSON
 */
export function canonicalJson(value: unknown): string {
  countMembers(value, root, 0);
  // RFC 8785 is what JSON.stringify writes (3.2.2) but for the order of members (3.2.3), and four times as slow to find.
  const text = isInOrder(value) ? (JSON.stringify(value) as string | undefined) : canonicalize(value);
  if (text === undefined) throw new ProofwardError('INVALID_JSON', 'nothing to encode');
  return text;
}

/** Whether all members are written in their order already: by UTF-16 code unit, which is how strings compare. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let previous = '';
  for (const key of Object.keys(value)) {
    if (key < previous || !isInOrder((value as Record<string, unknown>)[key])) return false;
    previous = key;
  }
  return true;
}

/** The UTF-8 bytes of {@link canonicalJson}: what is hashed and signed everywhere in Proofward. */
export function canonicalBytes(value: unknown): Uint8Array {
  return utf8ToBytes(canonicalJson(value));
}

/**
 * Parses JSON from outside. Two parsers may read a duplicate key, an over-long integer or `__proto__` differently, and
 * evidence must mean one thing, so all three are refused.
 *
 * @throws ProofwardError INVALID_JSON
 */
export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    // The parser's own message quotes the text, which may be private.
    const position = cause instanceof Error ? /position (\d+)/.exec(cause.message)?.[1] : undefined;
    const where = position === undefined ? '' : ` at position ${position}`;
    const reason = cause instanceof RangeError ? 'nested too deeply' : `a syntax error${where}`;
    throw new ProofwardError('INVALID_JSON', `not acceptable JSON: ${reason}`);
  }
  // JSON.parse keeps the last of several equal keys and drops the others, also those inside the values it drops.
  if (countMembers(value, root, 0) !== countColons(text)) {
    throw new ProofwardError('INVALID_JSON', 'not acceptable JSON: a duplicate key');
  }
  return value;
}

/** The colons outside strings: in a text that is JSON, one for each member that its author wrote. */
function countColons(text: string): number {
  let colons = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') inString = !inString;
    else if (inString && character === '\\') i++;
    else if (!inString && character === ':') colons++;
  }
  return colons;
}

/** Where a value stands. A function, because a million records have pointers that nobody asks for. */
type Pointer = () => string;
const root: Pointer = () => '';

/** The number of object members in a value, all levels together; refuses what is ambiguous. */
function countMembers(value: unknown, pointer: Pointer, depth: number): number {
  const refuse = (reason: string): never => {
    throw new ProofwardError('INVALID_JSON', reason, { pointer: pointer() });
  };
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) return refuse('not a finite number');
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
        return refuse('a number beyond 2^53 has no exact JSON form; use a string');
      }
      return 0;
    case 'string':
      return value.isWellFormed() ? 0 : refuse('a lone surrogate is not Unicode text');
    case 'boolean':
      return 0;
    case 'object':
      break;
    default:
      return refuse(`${typeof value} has no JSON form`);
  }
  if (value === null) return 0;
  // A pointer this long helps nobody.
  if (depth === maximalDepth) throw new ProofwardError('INVALID_JSON', `nested deeper than ${maximalDepth} levels`);
  let members = 0;
  if (Array.isArray(value)) {
    // By index, because forEach would skip holes, which would then be encoded as null.
    for (let index = 0; index < value.length; index++) {
      members += countMembers(value[index], () => `${pointer()}/${index}`, depth + 1);
    }
    return members;
  }
  if (!isPlain(value)) return refuse('only plain objects and arrays have a JSON form');
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (!key.isWellFormed()) refuse('a lone surrogate in a member name');
    if (key === '__proto__') refuse('a member __proto__ is lost by many readers');
    // An absent optional member is left out by RFC 8785 implementations, as by JSON.stringify.
    if (item !== undefined) members += 1 + countMembers(item, () => `${pointer()}/${jsonPointerToken(key)}`, depth + 1);
  }
  return members;
}

/** Object literals and what JSON.parse makes, of any realm; no instance of a class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** One reference token of a JSON pointer (RFC 6901, section 3). */
export function jsonPointerToken(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1');
}
