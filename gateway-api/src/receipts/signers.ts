import { formatTime, ProofwardError, receiptBytes, type SignedReceipt } from '@proofward/evidence';
import { verify, X509Certificate } from 'node:crypto';
import { Authorities } from './authorities.js';

/** How long the channel's configuration is taken as it was read, in milliseconds, and how soon it is read again in doubt. */
const freshness = 5 * 60_000;
const doubt = 5_000;
/** How far two clocks may be apart. */
const clockTolerance = 15 * 60_000;

/**
 * What is known of a stored receipt's signer: `revoked` where its certificate was revoked before the receipt says that it was
 * made, `revoked-since` where only after that, `unknown` where no configuration of the channel has been read yet.
 */
export const signerStates = ['good', 'revoked', 'revoked-since', 'unknown'] as const;

/** A signer's state, and from when on its certificate is revoked, as the authority's list says. */
export interface SignerState {
  state: (typeof signerStates)[number];
  revokedFrom?: string;
}

/**
 * Whose receipts are taken: whoever has a certificate of the site's organisation, from an authority that the channel's
 * configuration names, that was valid, and not revoked, when the receipt says it was made. So a receipt from before a renewal or a
 * revocation is taken after it, and said to be of a revoked signer.
 */
export class ReceiptSigners {
  private authorities: Authorities | undefined;
  private readAt = -Infinity;
  private reading: Promise<void> | undefined;

  /** @param readConfig answers the channel's configuration, from the own peer */
  constructor(
    private readonly channel: string,
    private readonly mspId: string,
    private readonly readConfig: () => Promise<Uint8Array>,
  ) {}

  /**
   * @param pointer to the signed receipt, for what is wrong with it
   * @throws ProofwardError RECEIPT_INVALID; LEDGER_UNAVAILABLE where no configuration was ever read
   */
  async require(signed: SignedReceipt, pointer: string): Promise<void> {
    const refuse = (reason: string, member: string) =>
      new ProofwardError('RECEIPT_INVALID', reason, { pointer: `${pointer}/${member}` });
    const signer = certificateOf(signed.certificate);
    if (signer === undefined) throw refuse('the certificate is none', 'certificate');
    if (!isSigned(this.channel, signed, signer)) throw refuse('the signature is not over this receipt', 'signature');
    const fault = await this.faultOf(signer, Date.parse(signed.receipt.at));
    if (fault !== undefined) throw refuse(`${fault}; the receipt was made at ${signed.receipt.at}`, 'certificate');
  }

  /** What is known now of the signer of a receipt that was taken. It waits for nothing. */
  stateOf({ receipt, certificate }: SignedReceipt): SignerState {
    this.refresh(freshness).catch(() => undefined);
    if (this.authorities === undefined) return { state: 'unknown' };
    const signer = this.authorities.hasNoLists ? undefined : certificateOf(certificate);
    const from = signer && this.authorities.revokedFrom(signer);
    if (from === undefined) return { state: 'good' };
    return { state: from <= Date.parse(receipt.at) ? 'revoked' : 'revoked-since', revokedFrom: formatTime(from) };
  }

  /** Reads the configuration, so that receipts can be taken while the peer is away. */
  async warm(): Promise<void> {
    await this.refresh(freshness);
  }

  private async faultOf(signer: X509Certificate, at: number): Promise<string | undefined> {
    await this.refresh(freshness);
    const fault = this.authorities?.faultOf(signer, at, clockTolerance);
    if (fault === undefined) return undefined;
    // An authority may have come since.
    await this.refresh(doubt);
    return this.authorities?.faultOf(signer, at, clockTolerance);
  }

  /** @throws what reading throws, where there is nothing from before */
  private async refresh(age: number): Promise<void> {
    if (Date.now() - this.readAt < age) return;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    try {
      await this.reading;
    } catch (error) {
      if (this.authorities === undefined) throw error;
    }
  }

  private async read(): Promise<void> {
    // Also where it fails: a peer that is away is not asked for each receipt.
    if (this.authorities !== undefined) this.readAt = Date.now();
    this.authorities = await Authorities.of(await this.readConfig(), this.mspId);
    this.readAt = Date.now();
  }
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function isSigned(channel: string, { receipt, signature }: SignedReceipt, { publicKey }: X509Certificate): boolean {
  try {
    return verify('sha256', receiptBytes(channel, receipt), publicKey, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}
