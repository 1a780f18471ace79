import { createHash } from 'node:crypto';

/** More than one block's, and as many as wait for one. */
const REMEMBERED = 10_000;

const digests = new Set<string>();

/**
 * A proposal is verified by each endorser, an envelope by the orderer and by validation. All of them are in this process,
 * so the very same certificate, message and signature need the arithmetic once. Only what held is remembered; whether
 * the certificate is still good is asked anew each time, elsewhere.
 */
export const VerifiedSignatures = {
  digest(certificate: string, message: Uint8Array, signature: Uint8Array): string {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(certificate.length, 0);
    lengths.writeUInt32BE(signature.length, 4);
    return createHash('sha256').update(lengths).update(certificate).update(signature).update(message).digest('base64');
  },

  has(digest: string): boolean {
    return digests.has(digest);
  },

  add(digest: string): void {
    if (digests.size >= REMEMBERED)
      for (const oldest of digests) {
        digests.delete(oldest);
        break;
      }
    digests.add(digest);
  },
};
