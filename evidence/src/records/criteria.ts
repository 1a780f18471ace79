import { z } from 'zod';
import { countSchema, decimalSchema } from './fields.js';

/** fairlearn's name: `demographic_parity_ratio`, `equalized_odds_difference`, ... */
export const metricNameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'not a metric name');

/** What a metric must reach, and by which value: the point, or the unfavourable bound of its 95 % interval. */
export const criterionSchema = z.strictObject({
  metric: metricNameSchema,
  gate: z.enum(['point', 'bound95']),
  threshold: decimalSchema,
});
export type Criterion = z.infer<typeof criterionSchema>;

/** Each metric once. */
export const criteriaSchema = z
  .array(criterionSchema)
  .min(1)
  .max(64)
  .superRefine((criteria, context) => {
    const seen = new Set<string>();
    criteria.forEach(({ metric }, index) => {
      if (seen.has(metric))
        context.addIssue({ code: 'custom', path: [index, 'metric'], message: 'this metric is listed twice' });
      seen.add(metric);
    });
  });

/** A group of fewer makes a metric inconclusive. */
export const groupSizeSchema = countSchema.min(1);
