import { z } from 'zod';
import { digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';

/** `answer`: of the attestation's author to the dispute. `reasons`: of an organisation that has ruled, why it ruled so. */
export const disputeParts = ['answer', 'reasons'] as const;

/** What everybody on the channel sees: that there is an answer to a dispute, or reasons of a ruling, and by whom. */
export const disputeStatementPublicSchema = z.strictObject({
  dispute: idSchema('dispute'),
  /** What the disputed attestation is about. */
  subject: idSchema('model', 'dataset'),
  part: z.enum(disputeParts),
});

/** The private part, in `audits-P`. Each member of the object is one salted field of the commitment. */
export const disputeStatementPrivateSchema = z.strictObject({
  text: textSchema,
  /** SHA-256 of what it rests on. */
  evidenceDigest: digestSchema.optional(),
});
export type DisputeStatementPrivate = z.infer<typeof disputeStatementPrivateSchema>;
