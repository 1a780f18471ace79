import type { Identity, Signer } from '@hyperledger/fabric-gateway';
import { ProofwardError } from '@proofward/evidence';
import { X509Certificate } from 'node:crypto';
import type { Logger } from 'pino';
import { newSigner } from './signer.js';
import type { IdentityWallet } from './wallet.js';

/** Whom a transaction is signed as. */
export interface LedgerIdentity {
  label: string;
  identity: Identity;
  signer: Signer;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Identities of the wallet that the gateway can sign with. */
export class LedgerIdentities {
  private constructor(private readonly byLabel: ReadonlyMap<string, LedgerIdentity>) {}

  static async load(wallet: IdentityWallet, log: Logger): Promise<LedgerIdentities> {
    const loaded = new Map<string, LedgerIdentity>();
    for (const label of await wallet.labels()) {
      const stored = await wallet.get(label);
      if (stored === undefined) continue;
      const { certificate, privateKey } = stored.credentials;
      const expiresAt = Date.parse(new X509Certificate(certificate).validTo);
      const identity = { mspId: stored.mspId, credentials: Buffer.from(certificate) };
      loaded.set(label, { label, identity, signer: newSigner(privateKey), expiresAt });
      if (expiresAt <= Date.now()) {
        log.warn({ identity: label, expiredAt: new Date(expiresAt) }, 'the certificate of this identity has expired');
      }
    }
    return new LedgerIdentities(loaded);
  }

  /** @throws ProofwardError FORBIDDEN */
  get(label: string): LedgerIdentity {
    const identity = this.byLabel.get(label);
    if (identity === undefined) {
      throw new ProofwardError('FORBIDDEN', `the gateway's wallet has no identity ${label}`);
    }
    if (identity.expiresAt <= Date.now()) {
      const day = new Date(identity.expiresAt).toISOString();
      throw new ProofwardError(
        'FORBIDDEN',
        `the certificate of the identity ${label} expired at ${day}; enrol it again`,
      );
    }
    return identity;
  }

  /**
   * Whom the gateway reads blocks and private records as: the weakest identity that may, so `reader` before the others
   * and an administrator last, whom chaincode gives no private records.
   */
  forReading(): LedgerIdentity {
    const labels = [...this.byLabel.keys()].sort((a, b) => rank(a) - rank(b));
    for (const label of labels) {
      const identity = this.byLabel.get(label);
      if (identity !== undefined && identity.expiresAt > Date.now()) return identity;
    }
    throw new ProofwardError('FORBIDDEN', "the gateway's wallet has no identity whose certificate is valid");
  }
}

function rank(label: string): number {
  return label === 'reader' ? 0 : label === 'admin' ? 2 : 1;
}
