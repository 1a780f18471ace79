import { z } from 'zod';
import { codeSchema, digestSchema, textSchema } from './fields.js';
import { idSchema } from './id.js';

/** The functions in a deploying organisation that sign a model version off. */
export const signOffRoles = ['qa', 'clinical-safety'] as const;

/** What everybody on the channel sees of a sign-off: who of which site spoke on what, not what he said. */
export const signOffPublicSchema = z.strictObject({
  model: idSchema('model'),
  /** The function in which it is given. The site is the organisation of the sign-off's id. */
  role: z.enum(signOffRoles),
});

/** What the ledger adds. */
export const signOffAddedShape = {
  /** The role in the signer's certificate, where it is another than the function's. */
  certificate: z.enum(signOffRoles).optional(),
};

/**
 * The private part, in `operations-S`. Each member of the object is one salted field of the commitment. 21 CFR 11.50(a)
 * asks for the printed name of the signer, the time, which the header has, and the meaning of the signature.
 */
export const signOffPrivateSchema = z.strictObject({
  outcome: z.enum(['approved', 'refused']),
  /** For which use of the model. */
  purpose: codeSchema,
  printedName: textSchema,
  title: textSchema,
  meaning: z.enum(['reviewed', 'approved', 'responsible']),
  /** How the signer was authenticated, in the site's own codes. */
  authentication: codeSchema,
  /** SHA-256 of what was read. */
  readDigest: digestSchema,
  comment: textSchema.optional(),
});
export type SignOffPrivate = z.infer<typeof signOffPrivateSchema>;
