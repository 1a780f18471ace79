import { type Receipt, receiptBytes, type SignedReceipt } from '@proofward/evidence';
import { verify, X509Certificate } from 'node:crypto';

/**
 * Whose receipts are taken: the identities that the organisation has given its gateway. A key counts, not a certificate, so
 * that a receipt from before a renewal is taken after it.
 */
export class ReceiptSigners {
  private readonly keys: ReadonlySet<string>;

  /** @param certificates of the own organisation, PEM */
  constructor(
    private readonly channel: string,
    certificates: readonly string[],
  ) {
    this.keys = new Set(certificates.map((pem) => keyOf(new X509Certificate(pem))));
  }

  /** Whether the signature is one of the site's, over this receipt in this channel. */
  isSigned({ receipt, signature, certificate }: SignedReceipt): boolean {
    try {
      const signer = new X509Certificate(certificate);
      return this.keys.has(keyOf(signer)) && this.verifies(receipt, signature, signer);
    } catch {
      return false;
    }
  }

  private verifies(receipt: Receipt, signature: string, { publicKey }: X509Certificate): boolean {
    return verify('sha256', receiptBytes(this.channel, receipt), publicKey, Buffer.from(signature, 'base64'));
  }
}

function keyOf({ publicKey }: X509Certificate): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}
