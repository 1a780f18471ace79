import { z } from 'zod';
import { fairnessEvidenceSchema } from '../fairness/evidence.js';
import { criteriaSchema, groupSizeSchema, metricNameSchema } from './criteria.js';
import { countSchema, decimalSchema, digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

export const attestationKinds = [
  'fairness',
  'safety',
  'performance',
  'robustness',
  'privacy',
  'security',
  'clinical-validation',
  'post-market-monitoring',
] as const;

/** What everybody on the channel sees of an attestation: that an audit of this kind exists, not what it says. */
export const attestationPublicSchema = z.strictObject({
  subject: idSchema('model', 'dataset'),
  kind: z.enum(attestationKinds),
  /** The evaluation plan that was recorded before the result. */
  plan: idSchema('plan').optional(),
  validUntil: timeSchema.optional(),
});

const verdictSchema = z.enum(['pass', 'fail', 'inconclusive']);

const metricSchema = z.strictObject({
  name: metricNameSchema,
  value: decimalSchema.optional(),
  lower: decimalSchema.optional(),
  upper: decimalSchema.optional(),
  n: countSchema.optional(),
});

/** The private part, in `audits-P`. Each member of the object is one salted field of the commitment. */
export const attestationPrivateSchema = z.strictObject({
  verdict: z.strictObject({ claimed: verdictSchema, computed: verdictSchema.optional() }),
  predicateType: z.string().min(1).max(512).optional(),
  dataset: idSchema('dataset').optional(),
  sensitiveFeatures: z.array(textSchema).max(64).optional(),
  criteria: criteriaSchema.optional(),
  minimumGroupSize: groupSizeSchema.optional(),
  decisionThreshold: decimalSchema.optional(),
  favourableLabel: textSchema.optional(),
  /** What the metrics were computed from. */
  evidence: fairnessEvidenceSchema.optional(),
  unknownCount: countSchema.optional(),
  excluded: z
    .array(z.strictObject({ category: textSchema, share: decimalSchema, reason: textSchema }))
    .max(1000)
    .optional(),
  metrics: z.array(metricSchema).max(256).optional(),
  evidenceDigest: digestSchema.optional(),
  evaluator: textSchema.optional(),
  reportLocation: textSchema.optional(),
  predictionsRoot: digestSchema.optional(),
});
export type AttestationPrivate = z.infer<typeof attestationPrivateSchema>;
