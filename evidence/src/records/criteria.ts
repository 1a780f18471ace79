import { z } from 'zod';
import { canonicalJson } from '../canonical.js';
import { groupValuesSchema } from '../fairness/evidence.js';
import { countSchema, decimalSchema, eachOnce, textSchema } from './fields.js';

/** fairlearn's name: `demographic_parity_ratio`, `equalized_odds_difference`, ... */
export const metricNameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'not a metric name');

/** What a metric must reach, and by which value: the point, or the unfavourable bound of its 95 % interval. */
export const criterionSchema = z.strictObject({
  metric: metricNameSchema,
  /** The sensitive features that form the groups; all of the evidence's if left out. */
  by: z.array(textSchema).min(1).max(16).optional(),
  /** The group that the others are compared with; the one with the highest rate if left out. */
  reference: groupValuesSchema.optional(),
  gate: z.enum(['point', 'bound95']),
  threshold: decimalSchema,
});
export type Criterion = z.infer<typeof criterionSchema>;

/** Two criteria with one key are about the same figure. */
export function criterionKey({ metric, by, reference }: Criterion): string {
  return canonicalJson([metric, by ?? null, reference ?? null]);
}

/** Each metric once for the same groups and reference. */
export const criteriaSchema = z.array(criterionSchema).min(1).max(64).superRefine(eachOnce('metric', criterionKey));

/** A group of fewer makes a metric inconclusive. */
export const groupSizeSchema = countSchema.min(1);
