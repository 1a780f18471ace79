import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { LedgerFault } from '../errors.js';
import { fillOnce, writeSynced } from './made-folder.js';
import { filesIn } from './msp-folder.js';
import { hasLowS } from './signature.js';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3600 * 1000;
const VALID_YEARS = 10;
/** Chaincode and clients on the same machine may read a clock that is a moment behind. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

export interface Issued {
  readonly certificate: string;
  /** PKCS#8, PEM. */
  readonly key: string;
}

export interface LeafOptions {
  readonly commonName: string;
  readonly organization: string;
  /** The organisational unit that makes its holder a client, peer, admin or orderer (NodeOUs). */
  readonly unit?: string;
  /** Present in a TLS server's certificate. */
  readonly hosts?: readonly string[];
}

/** A certificate authority of an organisation, as Fabric CA and cryptogen make them: ECDSA P-256. */
export class Authority {
  private constructor(
    private readonly certificate: x509.X509Certificate,
    private readonly key: webcrypto.CryptoKey,
  ) {}

  /** Opens the authority that lies in `folder`; it is made there first when nothing is. */
  static async open(folder: string, commonName: string, organization: string): Promise<Authority> {
    await fillOnce(folder, async (unfinished) => {
      const { certificate, key } = await Authority.create(commonName, organization);
      await writeSynced(join(unfinished, 'ca.pem'), certificate);
      await writeSynced(join(unfinished, 'ca_sk'), key);
    });
    const found = await Authority.beside(folder, filesIn(folder));
    if (found !== undefined) return found;
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `${folder} has no CA certificate with its key`,
      'restore it from a copy, or start with an empty data folder',
    );
  }

  /** The authority of one of `certificates` whose private key lies in `folder` too, as cryptogen leaves it. */
  static async beside(folder: string, certificates: readonly string[]): Promise<Authority | undefined> {
    const roots = certificates.flatMap((file) => {
      const certificate = attempt(() => new X509Certificate(readFileSync(file)));
      return certificate?.ca === true ? [certificate] : [];
    });
    for (const file of filesIn(folder)) {
      const key = attempt(() => createPrivateKey(readFileSync(file)));
      const root = key === undefined ? undefined : roots.find((candidate) => candidate.checkPrivateKey(key));
      if (key === undefined || root === undefined || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') continue;
      const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
      return new Authority(
        new x509.X509Certificate(root.raw),
        await webcrypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), ALGORITHM, false, ['sign']),
      );
    }
    return undefined;
  }

  private static async create(commonName: string, organization: string): Promise<Issued> {
    const keys = await newKeys();
    const certificate = await signed({
      subject: subjectOf({ commonName, organization }),
      issuer: subjectOf({ commonName, organization }),
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
  }

  get certificatePem(): string {
    return pemOf(this.certificate);
  }

  async issue({ hosts, ...subject }: LeafOptions): Promise<Issued> {
    const keys = await newKeys();
    const certificate = await signed({
      subject: subjectOf(subject),
      issuer: this.certificate.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        ...usages(hosts),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await this.keyIdentifier(),
      ],
    });
    return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
  }

  /** As the authority's own certificate has it: how it is computed differs from tool to tool. */
  private async keyIdentifier(): Promise<x509.AuthorityKeyIdentifierExtension> {
    const keyId = this.certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    return keyId === undefined
      ? x509.AuthorityKeyIdentifierExtension.create(this.certificate.publicKey)
      : new x509.AuthorityKeyIdentifierExtension(keyId);
  }
}

function usages(hosts: readonly string[] | undefined): x509.Extension[] {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  if (hosts === undefined) return [new x509.KeyUsagesExtension(digitalSignature, true)];
  return [
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension(
      hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value }) as const),
    ),
  ];
}

/** Fabric rewrites a certificate whose signature has the upper of the two forms, so this signs until it has the lower. */
async function signed(
  parameters: Omit<x509.X509CertificateCreateParams, 'serialNumber'> & { readonly signingKey: webcrypto.CryptoKey },
): Promise<x509.X509Certificate> {
  const now = Date.now();
  for (;;) {
    const certificate = await x509.X509CertificateGenerator.create({
      ...parameters,
      serialNumber: serialNumber(),
      notBefore: new Date(now - CLOCK_TOLERANCE_MS),
      notAfter: new Date(now + VALID_YEARS * YEAR_MS),
      signingAlgorithm: ALGORITHM,
    });
    if (hasLowS(new Uint8Array(certificate.signature))) return certificate;
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function subjectOf({ commonName, organization, unit }: Omit<LeafOptions, 'hosts'>): x509.JsonName {
  return [{ O: [organization] }, ...(unit === undefined ? [] : [{ OU: [unit] }]), { CN: [commonName] }];
}

/** Positive, and 128 bits long. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag).trim()}\n`;
}

/** Other files lie in such folders too: one that cannot be read is not what is looked for. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
