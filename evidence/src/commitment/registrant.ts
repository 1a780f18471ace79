import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { digestSchema } from '../records/fields.js';
import { idSchema, type RecordType } from '../records/id.js';
import { type PrivateRecord, privateTypes } from '../records/private.js';

/** The types whose records keep who made them, because somebody else has to speak on them. */
const typesWithRegistrant: readonly RecordType[] = ['model', 'sign-off', 'waiver'];

export function hasRegistrant(type: RecordType): boolean {
  return typesWithRegistrant.includes(type);
}

/** Who made a record: private, beside its private part. */
export const registrantSchema = z.strictObject({
  schema: z.literal(1),
  id: idSchema(...privateTypes),
  /** The certificate's attribute hf.EnrollmentID. The organisation is the header's author. */
  enrollmentId: z.string().min(1).max(256),
  salt: digestSchema,
});
export type Registrant = z.infer<typeof registrantSchema>;

/**
 * A record's registrant. All endorsers have to write the same bytes, so nothing here is random: the salt is SHA-256 of
 * canonical `["proofward/registrant-salt/v1", channel, private record]`, in hex, and the private record's own salts, which
 * are in it, make that as hard to guess as they are.
 */
export function registrantOf(channel: string, record: PrivateRecord, enrollmentId: string): Registrant {
  const salt = bytesToHex(sha256(canonicalBytes(['proofward/registrant-salt/v1', channel, record])));
  return { schema: 1, id: record.id, enrollmentId, salt };
}

/** A registrant's key in the record's collection: SHA-256 of canonical `["proofward/registrant/v1", channel, commitment]`. */
export function registrantKey(channel: string, commitment: string): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/registrant/v1', channel, commitment])));
}

export function registrantBytes(registrant: Registrant): Uint8Array {
  return canonicalBytes(registrant);
}
