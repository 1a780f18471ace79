import type { z } from 'zod';
import { jsonPointerToken } from '../canonical.js';
import { type ErrorCode, isErrorCode, ProofwardError } from '../errors.js';

/**
 * Parses a value from outside with its schema, once, at the edge.
 *
 * @param pointer where the value stands in the request: the start of the error's JSON pointer
 * @throws ProofwardError INVALID_FIELD (or `code`, or the code in the parameters of a schema's custom issue) with the JSON
 *   pointer of the first wrong field
 */
export function parseWith<T extends z.ZodType>(
  schema: T,
  value: unknown,
  pointer = '',
  code: ErrorCode = 'INVALID_FIELD',
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new ProofwardError(code, 'invalid', { pointer });
  const path = [...issue.path];
  // Zod points at the object that has an unknown member; the request's author looks for the member.
  if (issue.code === 'unrecognized_keys' && issue.keys[0] !== undefined) path.push(issue.keys[0]);
  const at = pointer + path.map((key) => `/${jsonPointerToken(typeof key === 'symbol' ? String(key) : key)}`).join('');
  const own: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  throw new ProofwardError(isErrorCode(own) ? own : code, `${at === '' ? 'the value' : at}: ${issue.message}`, {
    pointer: at,
  });
}
