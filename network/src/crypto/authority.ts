import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { NetworkError } from '../errors.js';
import { fillOnce, writeWhole } from '../state/files.js';
import { authorityRenewal } from './expiry.js';
import { hasLowS } from './signature.js';

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const year = 365 * 24 * 3600 * 1000;
const authorityYears = 10;
const leafYears = 3;
/** A peer whose clock runs a little behind must not refuse a certificate that was made a moment ago. */
const clockTolerance = 5 * 60 * 1000;

export interface Issued {
  certificate: string;
  /** PKCS#8 */
  key: string;
}

export interface LeafOptions {
  subject: { commonName: string; organization: string; unit?: string | readonly string[] };
  extensions: x509.Extension[];
  /** For tests and for short-lived identities; three years otherwise. */
  notAfter?: Date;
  /** For what is signed with the time of an earlier day; now otherwise. */
  notBefore?: Date;
}

/** A certificate authority whose key lies in a folder: an organisation has one for identities and one for TLS. */
export class Authority {
  private constructor(
    readonly certificate: x509.X509Certificate,
    private readonly key: webcrypto.CryptoKey,
  ) {}

  /** Opens the authority in `folder`, which is made if it is not there yet. */
  static async open(folder: string, commonName: string, organization: string): Promise<Authority> {
    await fillOnce(folder, async (temporary) => {
      const keys = await generateKeys();
      const certificate = await signed({
        serialNumber: serialNumber(),
        subject: name({ commonName, organization }),
        issuer: name({ commonName, organization }),
        publicKey: keys.publicKey,
        signingKey: keys.privateKey,
        ...validity(authorityYears),
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(
            x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
            true,
          ),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      await writeWhole(join(temporary, 'ca.crt'), pem(certificate));
      await writeWhole(join(temporary, 'ca.key'), await privatePem(keys.privateKey));
    });
    try {
      const certificate = new x509.X509Certificate(await readFile(join(folder, 'ca.crt'), 'utf8'));
      const pkcs8 = x509.PemConverter.decodeFirst(await readFile(join(folder, 'ca.key'), 'utf8'));
      return new Authority(certificate, await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']));
    } catch (cause) {
      const what = `the certificate or key of ${commonName} is damaged or missing: ${folder}`;
      throw new NetworkError('STATE_DAMAGED', what, authorityRenewal, { cause });
    }
  }

  get certificatePem(): string {
    return pem(this.certificate);
  }

  async issue({ subject, extensions, notAfter, notBefore }: LeafOptions): Promise<Issued> {
    const keys = await generateKeys();
    const certificate = await signed({
      serialNumber: serialNumber(),
      subject: name(subject),
      issuer: this.certificate.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.key,
      ...validity(leafYears),
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(notBefore === undefined ? {} : { notBefore }),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(this.certificate.publicKey),
        ...extensions,
      ],
    });
    return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
  }

  /** A list, in PEM, of certificates of this authority that are not to be believed any more. */
  async revoke(certificates: readonly string[]): Promise<string> {
    const now = new Date();
    const list = await x509.X509CrlGenerator.create({
      issuer: this.certificate.subject,
      thisUpdate: now,
      signingKey: this.key,
      signingAlgorithm: algorithm,
      entries: certificates.map((certificate) => ({
        serialNumber: new x509.X509Certificate(certificate).serialNumber,
        revocationDate: now,
      })),
      // Without it Fabric takes every identity of the organisation for revoked.
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(this.certificate.publicKey)],
    });
    return x509.PemConverter.encode(list.rawData, 'X509 CRL');
  }
}

type SignedParameters = x509.X509CertificateCreateParams & { signingKey: webcrypto.CryptoKey };

/**
 * Fabric rewrites a certificate with a high-S signature before it compares it, so the bytes in a folder and the bytes in
 * an envelope would differ. Half of all signatures are low-S: sign until one is.
 */
async function signed(parameters: SignedParameters): Promise<x509.X509Certificate> {
  for (;;) {
    const certificate = await x509.X509CertificateGenerator.create({ ...parameters, signingAlgorithm: algorithm });
    if (hasLowS(new Uint8Array(certificate.signature))) return certificate;
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(years: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - clockTolerance), notAfter: new Date(now + years * year) };
}

function name({ commonName, organization, unit }: LeafOptions['subject']): x509.JsonName {
  const units = typeof unit === 'string' ? [unit] : (unit ?? []);
  return [{ O: [organization] }, ...units.map((each) => ({ OU: [each] })), { CN: [commonName] }];
}

/** Positive and 128 bits long, as the CA/Browser rules and Fabric CA have it. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag).trim()}\n`;
}
