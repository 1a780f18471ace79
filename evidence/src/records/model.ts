import { z } from 'zod';
import {
  codeSchema,
  countSchema,
  decimalSchema,
  digestSchema,
  filesSchema,
  objectSchema,
  textSchema,
} from './fields.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

/** A version that another one came from, and how. */
export const parentSchema = z.strictObject({
  id: idSchema('model'),
  relation: z.enum(['fine-tuned', 'distilled', 'quantised', 'merged']),
});

/** What everybody on the channel sees of a model version, beside the common header. */
export const modelPublicSchema = z.strictObject({
  parents: z.array(parentSchema).max(64).default([]),
  datasets: z
    .array(z.strictObject({ id: idSchema('dataset'), role: z.enum(['training', 'validation', 'testing']) }))
    .max(256)
    .default([]),
  purpose: codeSchema,
  /** The owners' usage grants under which foreign records are used. */
  grants: z.array(idSchema('grant')).min(1).max(256).optional(),
});

/**
 * The datasets that a model was both trained and tested on: what such a test says of it is little. Computed from the header
 * and not written into it, so that no author can leave it out.
 */
export function trainedAndTestedOn(datasets: readonly { id: string; role: string }[]): string[] {
  const tested = new Set(datasets.filter(({ role }) => role === 'testing').map(({ id }) => id));
  return [...new Set(datasets.filter(({ id, role }) => role === 'training' && tested.has(id)).map(({ id }) => id))];
}

/** The fingerprint of the weights: the files, and optionally an OpenSSF Model Signing statement over them. */
const fingerprintSchema = z.strictObject({
  files: filesSchema,
  /** SHA-256 over the concatenated raw digests of the sorted resources (Model Signing v1), and of the statement. */
  manifest: z.strictObject({ root: digestSchema, statement: digestSchema.optional() }).optional(),
});

const differentialPrivacySchema = z.strictObject({
  mechanism: codeSchema,
  accountant: codeSchema.optional(),
  samplingRate: decimalSchema.optional(),
  noiseMultiplier: decimalSchema.optional(),
  steps: countSchema.optional(),
  delta: decimalSchema.optional(),
  epsilon: decimalSchema.optional(),
});

/** The private part, in `models-P`. Each member of the object is one salted field of the commitment. */
export const modelPrivateSchema = z.strictObject({
  fingerprint: fingerprintSchema,
  intendedPurpose: textSchema.optional(),
  trainingRunId: textSchema.optional(),
  trainingPeriod: z.strictObject({ from: timeSchema, to: timeSchema }).optional(),
  hyperparameters: objectSchema.optional(),
  codeCommit: textSchema.optional(),
  environmentDigest: digestSchema.optional(),
  responsibleTeam: textSchema.optional(),
  /** The person behind a pipeline, by enrolment id; he cannot sign the version off. */
  triggeredBy: textSchema.optional(),
  modelCardDigest: digestSchema.optional(),
  externalIds: z
    .array(z.strictObject({ system: textSchema, id: textSchema }))
    .max(64)
    .optional(),
  differentialPrivacy: differentialPrivacySchema.optional(),
  readableId: textSchema.optional(),
});
export type ModelPrivate = z.infer<typeof modelPrivateSchema>;
