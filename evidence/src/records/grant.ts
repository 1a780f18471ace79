import { z } from 'zod';
import { slugSchema } from '../consortium.js';
import { codeSchema, digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

/** What everybody on the channel sees of a usage grant: who may build on what, for which purpose, until when. */
export const grantPublicSchema = z.strictObject({
  dataset: idSchema('dataset').optional(),
  /** A foreign parent needs its owner's grant as a dataset does. */
  model: idSchema('model').optional(),
  /** The organisation that may use it, by its slug. */
  grantee: slugSchema,
  purpose: codeSchema,
  until: timeSchema.optional(),
});

/** The private part, in `datasets-P`. Each member of the object is one salted field of the commitment. */
export const grantPrivateSchema = z.strictObject({
  /** What was agreed, in words, or where it is written. */
  terms: textSchema,
  agreementDigest: digestSchema.optional(),
  legalBasis: textSchema.optional(),
});
export type GrantPrivate = z.infer<typeof grantPrivateSchema>;
