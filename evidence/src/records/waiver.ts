import { z } from 'zod';
import { codeSchema, digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

/** What everybody on the channel sees of a waiver. The site is the organisation of its id. */
export const waiverPublicSchema = z.strictObject({
  model: idSchema('model'),
  /** The requirement of the release policy that is waived. */
  requirement: codeSchema,
  /** It counts before this time and no longer. */
  until: timeSchema,
});

/** The private part, in `operations-S`. Each member of the object is one salted field of the commitment. */
export const waiverPrivateSchema = z.strictObject({
  reason: textSchema,
  /** What is done instead. */
  compensatingControl: textSchema,
  /** SHA-256 of the assessment that it rests on. */
  assessmentDigest: digestSchema.optional(),
  comment: textSchema.optional(),
});
export type WaiverPrivate = z.infer<typeof waiverPrivateSchema>;
