import { type Receipt, receiptBytes, type SignedReceipt, signedReceiptSchema } from '@proofward/evidence';
import { createPrivateKey, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { ServingError } from './errors.js';
import { isValidAt } from './set-aside.js';

/** What receipts are signed with: one of the identities that the site has given its gateway. */
export class ReceiptSigner {
  private readonly key: KeyObject;

  /**
   * @param key private, PEM, ECDSA P-256
   * @param certificate of that key, X.509, PEM
   * @throws ServingError
   */
  constructor(
    private readonly channel: string,
    key: string,
    private readonly certificate: string,
  ) {
    this.key = createPrivateKey(key);
    if (this.key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new ServingError('receipts are signed with an ECDSA P-256 key');
    }
    if (!new X509Certificate(certificate).publicKey.equals(createPublicKey(this.key))) {
      throw new ServingError('the certificate is of another key');
    }
    if (!signedReceiptSchema.shape.certificate.safeParse(certificate).success) {
      throw new ServingError('the certificate is larger than a receipt takes');
    }
  }

  /** @throws ServingError */
  requireValidAt(time: Date): void {
    if (isValidAt(this.certificate, time.getTime())) return;
    const { validFrom, validTo } = new X509Certificate(this.certificate);
    throw new ServingError(`it is ${time.toISOString()}, and the certificate is valid from ${validFrom} to ${validTo}`);
  }

  sign(receipt: Receipt): SignedReceipt {
    const signature = sign('sha256', receiptBytes(this.channel, receipt), this.key).toString('base64');
    return { receipt, signature, certificate: this.certificate };
  }
}
