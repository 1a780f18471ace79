import { hash, X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import { firstPemBlock } from '../encoding/pem.js';
import { messageOf } from '../errors.js';
import { hasPassed, Identity } from './identity.js';
import { IdentityError, type Organisation } from './organisation.js';

/** Creators come from clients: the cache must not grow with whatever they send. */
const REMEMBERED = 2000;

/** All organisations of the channel; turns the bytes of a creator or an endorser into an identity. */
export class Membership {
  private readonly organisations: ReadonlyMap<string, Organisation>;
  private readonly identities = new Map<string, Identity>();

  constructor(organisations: readonly Organisation[]) {
    this.organisations = new Map(organisations.map((organisation) => [organisation.mspId, organisation]));
  }

  organisation(mspId: string): Organisation | undefined {
    return this.organisations.get(mspId);
  }

  all(): Organisation[] {
    return [...this.organisations.values()];
  }

  /** Throws when the organisation is not of this channel, or the certificate cannot be read or is not of its issuing. */
  identityOf(serialized: Uint8Array): Identity {
    const key = hash('sha256', serialized, 'base64');
    const known = this.identities.get(key);
    if (known !== undefined) return known;
    const identity = this.read(serialized);
    if (this.identities.size >= REMEMBERED) {
      for (const oldest of this.identities.keys()) {
        this.identities.delete(oldest);
        break;
      }
    }
    this.identities.set(key, identity);
    return identity;
  }

  /** By the certificate alone, whoever issued it: that is asked before whether its organisation is of this channel. */
  hasExpired(serialized: Uint8Array): boolean {
    try {
      return (
        this.identities.get(hash('sha256', serialized, 'base64'))?.expired ?? hasPassed(claimOf(serialized).certificate)
      );
    } catch {
      return false;
    }
  }

  private read(serialized: Uint8Array): Identity {
    const { mspId, certificate } = claimOf(serialized);
    const organisation = this.organisations.get(mspId);
    if (organisation === undefined) throw new IdentityError(`MSP ${mspId} is unknown`);
    const identity = new Identity(organisation, certificate);
    // Fabric brings a certificate into its one form by its issuer's key, so one without an issuer here is malformed to it.
    organisation.requireChain(certificate);
    return identity;
  }
}

function claimOf(serialized: Uint8Array): { mspId: string; certificate: X509Certificate } {
  const claim = decode(msp.SerializedIdentity, serialized, 'SerializedIdentity');
  const der = firstPemBlock(claim.getIdBytes_asU8());
  if (der === undefined) throw new IdentityError('could not decode the PEM structure');
  try {
    return { mspId: claim.getMspid(), certificate: new X509Certificate(der) };
  } catch (cause) {
    throw new IdentityError(`parseCertificate failed: ${messageOf(cause)}`, { cause });
  }
}
