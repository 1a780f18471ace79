import { z } from 'zod';
import { digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';

/** What everybody on the channel sees of a response: that the provider has answered this attestation. */
export const responsePublicSchema = z.strictObject({
  attestation: idSchema('attestation'),
});

/** The private part, in `operations-P`. Each member of the object is one salted field of the commitment. */
export const responsePrivateSchema = z.strictObject({
  position: z.enum(['accepts', 'contests']),
  text: textSchema,
  /** What the provider does about it. */
  measures: textSchema.optional(),
  /** SHA-256 of what the response rests on. */
  evidenceDigest: digestSchema.optional(),
});
export type ResponsePrivate = z.infer<typeof responsePrivateSchema>;
