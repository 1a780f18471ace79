import { hash, X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import { Identity } from './identity.js';
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

  /** Throws when the organisation is not of this channel, or did not issue the certificate, or that cannot be read. */
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

  private read(serialized: Uint8Array): Identity {
    const claim = decode(msp.SerializedIdentity, serialized, 'SerializedIdentity');
    const organisation = this.organisations.get(claim.getMspid());
    if (organisation === undefined) throw new IdentityError(`MSP ${claim.getMspid()} is unknown`);
    const pem = Buffer.from(claim.getIdBytes_asU8());
    if (!pem.includes('-----BEGIN')) throw new IdentityError('could not decode the PEM structure');
    const certificate = parsed(pem);
    organisation.requireChain(certificate);
    return new Identity(organisation, certificate);
  }
}

function parsed(pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new IdentityError(`parseCertificate failed: ${messageOf(cause)}`, { cause });
  }
}
