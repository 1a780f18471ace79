import { ProofwardError } from '@proofward/evidence';
import type { z } from 'zod';

/** A place in a list, as text that a URL takes as it is. */
export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws ProofwardError INVALID_CURSOR */
export function decodeCursor<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ProofwardError('INVALID_CURSOR', 'this list has not given out that cursor');
  return parsed.data;
}
