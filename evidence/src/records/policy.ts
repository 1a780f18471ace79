import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { requirementsSchema } from '../release/requirements.js';
import { idPartSchema, idSchema } from './id.js';

export const policyScopes = ['consortium', 'vendor', 'site'] as const;

/**
 * A release policy is public as a whole: who is bound by it has to know it. A vendor's is for its models, at whatever site; a
 * site's is for whatever it deploys; the consortium's is for all of both, and is made by votes.
 */
export const policyPublicSchema = z.strictObject({
  scope: z.enum(policyScopes),
  /** Of a vendor's: the name of the model that it is for, in all versions. Without it, it is for all of the vendor's. */
  line: idPartSchema.optional(),
  /** The policy of the same scope and line that was in force before. */
  replaces: idSchema('policy').optional(),
  /** The proposal that was carried, where it took votes. */
  proposal: idSchema('proposal').optional(),
  requirements: requirementsSchema,
});
export type PolicyPublic = z.infer<typeof policyPublicSchema>;

/** What a policy is for, among its owner's. */
export type PolicyPlace = Pick<PolicyPublic, 'scope' | 'line'>;

/**
 * The private key, in the owner's operations collection or in that of the consortium, under which it stands which policy is in force: lower-case hex of
 * SHA-256 over the canonical JSON `["proofward/policy-in-force-key/v1", scope, line or null]`. It holds only what is public.
 */
export function policyInForceKey({ scope, line }: PolicyPlace): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/policy-in-force-key/v1', scope, line ?? null])));
}

/**
 * Its value: SHA-256 (32 bytes) over the canonical JSON `["proofward/policy-in-force/v1", channel, policy's id]`. Every peer
 * knows the hash of a private value, so an endorser of any organisation can tell whether a policy is the one in force.
 */
export function policyInForceValue(channel: string, policy: string): Uint8Array {
  return sha256(canonicalBytes(['proofward/policy-in-force/v1', channel, policy]));
}
