import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3600 * 1000;
let serial = 1;

export interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

export interface LeafOptions {
  readonly unit?: string;
  readonly hosts?: readonly string[];
}

/** A certificate authority of one organisation. */
export class Authority {
  private constructor(
    readonly name: string,
    readonly root: Issued,
  ) {}

  static async create(name: string): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: nextSerial(),
      name: `CN=ca.${name}, O=${name}`,
      notBefore: new Date(Date.now() - YEAR_MS),
      notAfter: new Date(Date.now() + YEAR_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority(name, { certificate, keys });
  }

  async issue(commonName: string, { unit, hosts }: LeafOptions = {}): Promise<Issued> {
    const keys = await newKeys();
    const { certificate: root, keys: rootKeys } = this.root;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: nextSerial(),
      subject: `CN=${commonName}${unit === undefined ? '' : `, OU=${unit}`}, O=${this.name}`,
      issuer: root.subject,
      notBefore: new Date(Date.now() - 3600_000),
      notAfter: new Date(Date.now() + YEAR_MS),
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
        ...(hosts === undefined
          ? []
          : [
              new x509.SubjectAlternativeNameExtension(
                hosts.map((host) => ({ type: /^[\d.]+$/.test(host) ? 'ip' : 'dns', value: host }) as const),
              ),
              new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
            ]),
      ],
    });
    return { certificate, keys };
  }
}

export async function writeKeyPair(folder: string, { certificate, keys }: Issued): Promise<void> {
  write(join(folder, 'signcerts', 'cert.pem'), certificate.toString('pem'));
  write(join(folder, 'keystore', 'key.pem'), await keyPem(keys));
}

export async function keyPem(keys: CryptoKeyPair): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

export function write(path: string, content: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

async function newKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function nextSerial(): string {
  return `0${(serial++).toString(16).padStart(7, '0')}`;
}
