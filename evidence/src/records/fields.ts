import { z } from 'zod';
import { maximalDepth } from '../canonical.js';

/** Field types that several records share. */

/** Lower-case hex of 32 bytes. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'not 64 lower-case hex digits');

export const textSchema = z.string().min(1).max(4096);

/** An exact decimal, as text: binary floating point would round what was attested. */
export const decimalSchema = z.string().regex(/^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/, 'not a decimal number as text');

export const countSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const fileSchema = z.strictObject({
  path: z.string().min(1).max(1024),
  size: countSchema,
  sha256: digestSchema,
});
export type FileDigest = z.infer<typeof fileSchema>;

/** Refuses a list with two items of the same key, at the member `at` of the second one. */
export function eachOnce<T>(at: string, keyOf: (item: T) => string) {
  return (items: readonly T[], context: z.core.$RefinementCtx<readonly T[]>): void => {
    const seen = new Set<string>();
    items.forEach((item, index) => {
      const key = keyOf(item);
      if (seen.has(key)) context.addIssue({ code: 'custom', path: [index, at], message: `this ${at} is listed twice` });
      seen.add(key);
    });
  };
}

/** A manifest: each path once. */
export const filesSchema = z
  .array(fileSchema)
  .min(1)
  .max(10_000)
  .superRefine(eachOnce('path', ({ path }) => path));

/** A code from a list that organisations agree on; never free text. */
export const codeSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'not a code of the form [a-z0-9][a-z0-9-]{0,63}');

/**
 * Any JSON object, for what other tools define (hyperparameters, Croissant's RAI fields). Half of the depth that can be
 * read is left for the records, presentations and answers that it is wrapped in.
 */
export const objectSchema = z
  .record(z.string().min(1).max(256), z.json())
  .refine((value) => depthOf(value) <= maximalDepth / 2, `nested deeper than ${maximalDepth / 2} levels`);

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((deepest: number, item) => Math.max(deepest, depthOf(item)), 0);
}
