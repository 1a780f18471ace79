import { z } from 'zod';
import { codeSchema, countSchema, digestSchema, filesSchema, objectSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

/** What everybody on the channel sees of a dataset version, beside the common header. */
export const datasetPublicSchema = z.strictObject({
  /** Dataset versions that this one was derived from. */
  parents: z.array(idSchema('dataset')).max(64).default([]),
  /** The owners' usage grants under which foreign records are used. */
  grants: z.array(idSchema('grant')).min(1).max(256).optional(),
});

/** The private part, in `datasets-P`. Each member of the object is one salted field of the commitment. */
export const datasetPrivateSchema = z.strictObject({
  files: filesSchema,
  /** `native`: hashed by the owner; `external`: somebody else's SHA-256 (an OCI or object store's), taken as such. */
  digestOrigin: z.enum(['native', 'external']).optional(),
  /** Merkle root over salted samples: leaf = SHA-256(0x00, salt, canonical record). */
  samples: z.strictObject({ root: digestSchema, count: countSchema }).optional(),
  schemaDigest: digestSchema.optional(),
  storageLocation: textSchema.optional(),
  licence: textSchema.optional(),
  legalBasis: textSchema.optional(),
  consent: textSchema.optional(),
  collectionPeriod: z.strictObject({ from: timeSchema, to: timeSchema }).optional(),
  /** An ISO 8601 duration or a sentence, as the owner's policy has it. */
  retention: textSchema.optional(),
  split: codeSchema.optional(),
  groupSizes: z
    .array(z.strictObject({ attribute: textSchema, group: textSchema, count: countSchema }))
    .max(1000)
    .optional(),
  /** Croissant's responsible-AI fields, unchanged. */
  rai: objectSchema.optional(),
  /** The readable id, where the organisation's public ids are masked. */
  readableId: textSchema.optional(),
});
export type DatasetPrivate = z.infer<typeof datasetPrivateSchema>;
