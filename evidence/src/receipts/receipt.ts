import { z } from 'zod';
import { bytesToHex, hmacSha256, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { slugSchema } from '../consortium.js';
import { leafHash } from '../log/merkle.js';
import { sequenceSchema } from '../records/batch.js';
import { digestSchema } from '../records/fields.js';
import { idPartSchema } from '../records/id.js';
import { timeSchema } from '../records/time.js';

/** Lower-case hex of 16 random bytes. */
export const receiptIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'not 32 lower-case hex digits');

/** What a serving process says of one inference. Nothing in it can be guessed: in- and output are under salts. */
export const receiptSchema = z.strictObject({
  schema: z.literal(1),
  id: receiptIdSchema,
  /** The organisation that runs the endpoint. */
  site: slugSchema,
  endpoint: idPartSchema,
  sequence: sequenceSchema,
  /** When the output was made. */
  at: timeSchema,
  /** Model Signing's root over the files that the process has loaded, as it computed it. */
  model: digestSchema,
  /** {@link valueCommitment} of the input. */
  input: digestSchema,
  /** {@link valueCommitment} of the output, with a salt of its own. */
  output: digestSchema,
  /** {@link externalReference} of what the output belongs to elsewhere. */
  reference: digestSchema.optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** A receipt with its signature, as it is returned with the output. */
export const signedReceiptSchema = z.strictObject({
  receipt: receiptSchema,
  /** ECDSA P-256 with SHA-256 over {@link receiptBytes}, DER (ANSI X9.62), in base64. */
  signature: z.base64().min(8).max(200),
  /** The signer's X.509 certificate, PEM. */
  certificate: z.string().min(64).max(8192),
});
export type SignedReceipt = z.infer<typeof signedReceiptSchema>;

/** What is signed: the canonical JSON `["proofward/receipt/v1", channel, receipt]`. */
export function receiptBytes(channel: string, receipt: Receipt): Uint8Array {
  return canonicalBytes(['proofward/receipt/v1', channel, receipt]);
}

/** The leaf of a batch's tree. The signature is not in it: an ECDSA signature has two forms that are both valid. */
export function receiptLeaf(channel: string, receipt: Receipt): Uint8Array {
  return leafHash(receiptBytes(channel, receipt));
}

/**
 * The commitment to an input or output: lower-case hex of SHA-256 over the canonical JSON
 * `["proofward/receipt-value/v1", "input" or "output", salt, digest]`.
 *
 * @param salt 32 random bytes in hex, one of its own for each value
 * @param digest SHA-256 of the value's bytes, in hex
 */
export function valueCommitment(of: 'input' | 'output', salt: string, digest: string): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/receipt-value/v1', of, salt, digest])));
}

/**
 * The key of a site's external references, so that serving processes need not hold the organisation's commitment key:
 * HMAC-SHA-256 of that key over the canonical JSON `["proofward/reference-key/v1"]`.
 */
export function referenceKey(commitmentKey: Uint8Array): Uint8Array {
  return hmacSha256(commitmentKey, canonicalBytes(['proofward/reference-key/v1']));
}

/**
 * What a receipt holds of an accession number or a DICOM or FHIR id: lower-case hex of HMAC-SHA-256 over the canonical JSON
 * `["proofward/external-reference/v1", system, id]`. Without the key nobody can try out numbers.
 *
 * @param key see {@link referenceKey}
 */
export function externalReference(key: Uint8Array, system: string, id: string): string {
  return bytesToHex(hmacSha256(key, canonicalBytes(['proofward/external-reference/v1', system, id])));
}
