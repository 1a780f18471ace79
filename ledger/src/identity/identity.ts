import { X509Certificate } from 'node:crypto';
import { sameBytes, sha256, hex } from '../encoding/digest.js';
import type { Organisation } from './organisation.js';
import { verifySignature } from './signature.js';
import { VerifiedSignatures } from './verified-signatures.js';

/** Somebody who signed: a certificate and the organisation that it claims. Not yet validated. */
export class Identity {
  readonly units: readonly string[];
  /** Two signatures by one certificate count once, however it was encoded. */
  readonly key: string;

  constructor(
    readonly organisation: Organisation,
    readonly certificate: X509Certificate,
  ) {
    const subject: unknown = certificate.toLegacyObject().subject;
    this.units = unitsOf(subject);
    this.key = certificateKey(organisation.mspId, certificate);
  }

  get mspId(): string {
    return this.organisation.mspId;
  }

  get expired(): boolean {
    return hasPassed(this.certificate);
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    const seen = VerifiedSignatures.digest(this.key, message, signature);
    if (VerifiedSignatures.has(seen)) return true;
    try {
      const holds = verifySignature(this.certificate.publicKey, message, signature);
      if (holds) VerifiedSignatures.add(seen);
      return holds;
    } catch {
      return false;
    }
  }

  isCertificate(pem: Uint8Array): boolean {
    try {
      return sameBytes(new X509Certificate(pem).raw, this.certificate.raw);
    } catch {
      return false;
    }
  }
}

export function hasPassed(certificate: X509Certificate): boolean {
  return Date.now() > Date.parse(certificate.validTo);
}

export function certificateKey(mspId: string, certificate: X509Certificate): string {
  return `${mspId}:${hex(sha256(certificate.raw))}`;
}

function unitsOf(subject: unknown): string[] {
  if (typeof subject !== 'object' || subject === null || !('OU' in subject)) return [];
  const units: unknown = subject.OU;
  if (typeof units === 'string') return [units];
  return Array.isArray(units) ? units.filter((unit): unit is string => typeof unit === 'string') : [];
}
