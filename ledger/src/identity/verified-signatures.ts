import { hash } from 'node:crypto';

/** Two generations of this many: more than one block's signatures, and as many as wait for one. */
const GENERATION = 5000;

let current = new Set<string>();
let previous = new Set<string>();

/**
 * A proposal is verified by each endorser, an envelope by the orderer and by validation, an endorsement is made here and
 * comes back in its transaction. All of them are in this process, so the very same certificate, message and signature
 * need the arithmetic once. Only what held is remembered; whether the certificate is still good is asked anew each time,
 * elsewhere.
 */
export const VerifiedSignatures = {
  digest(certificate: string, message: Uint8Array, signature: Uint8Array): string {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(certificate.length, 0);
    lengths.writeUInt32BE(signature.length, 4);
    return hash('sha256', Buffer.concat([lengths, Buffer.from(certificate), signature, message]), 'base64');
  },

  has(digest: string): boolean {
    return current.has(digest) || previous.has(digest);
  },

  add(digest: string): void {
    if (current.size >= GENERATION) {
      previous = current;
      current = new Set();
    }
    current.add(digest);
  },
};
