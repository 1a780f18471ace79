import { z } from 'zod';
import { attestationKinds } from './attestation.js';
import { criteriaSchema, groupSizeSchema } from './criteria.js';
import { decimalSchema, digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';

/** What everybody on the channel sees of an evaluation plan: that an audit of this kind is to come. */
export const planPublicSchema = z.strictObject({
  subject: idSchema('model', 'dataset'),
  kind: z.enum(attestationKinds),
});

/** The private part, in `audits-P`. What stands here cannot be chosen after the result. */
export const planPrivateSchema = z.strictObject({
  criteria: criteriaSchema,
  dataset: idSchema('dataset').optional(),
  sensitiveFeatures: z.array(textSchema).max(64).optional(),
  minimumGroupSize: groupSizeSchema.optional(),
  decisionThreshold: decimalSchema.optional(),
  favourableLabel: textSchema.optional(),
  /** From which samples are drawn or models trained again. */
  seed: textSchema.optional(),
  evaluator: textSchema.optional(),
  protocolDigest: digestSchema.optional(),
});
export type PlanPrivate = z.infer<typeof planPrivateSchema>;
