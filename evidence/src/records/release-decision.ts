import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import type { Presentation } from './presentation.js';
import { requirementResults } from '../release/evaluate.js';
import { codeSchema, digestSchema, eachOnce } from './fields.js';
import { idSchema } from './id.js';
import { timeSchema } from './time.js';

/** What everybody on the channel sees of a release decision: by which policies, and how it came out. */
export const releaseDecisionPublicSchema = z.strictObject({
  model: idSchema('model'),
  /** All that were in force for this model at this site. */
  policies: z.array(idSchema('policy')).min(1).max(8),
  outcome: z.enum(['allowed', 'refused']),
});

/** The private part, in the site's `operations-S`. Each member of the object is one salted field of the commitment. */
export const releaseDecisionPrivateSchema = z.strictObject({
  purpose: codeSchema,
  /** What was presented of each attestation, by the digest of the presentation. */
  evidence: z
    .array(z.strictObject({ attestation: idSchema('attestation'), presentation: digestSchema }))
    .max(256)
    .superRefine(eachOnce('attestation', ({ attestation }) => attestation)),
  signOffs: z.array(idSchema('sign-off')).max(256),
  waivers: z.array(idSchema('waiver')).max(256),
  requirements: z
    .array(
      z.strictObject({
        policy: idSchema('policy'),
        name: codeSchema,
        result: z.enum(requirementResults),
        records: z.array(idSchema('attestation', 'sign-off', 'waiver')).optional(),
        until: timeSchema.optional(),
      }),
    )
    .max(512),
  /** Where it is allowed, the least end of what it rests on. */
  until: timeSchema.optional(),
});
export type ReleaseDecisionPrivate = z.infer<typeof releaseDecisionPrivateSchema>;

/** Names what was presented: SHA-256 over the presentation's canonical JSON, in hex. */
export function presentationDigest(presentation: Presentation): string {
  return bytesToHex(sha256(canonicalBytes(presentation)));
}
