import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { certificateKey } from './identity.js';
import { verifySignature } from './signature.js';
import { Signer } from './signer.js';
import { VerifiedSignatures } from './verified-signatures.js';

x509.cryptoProvider.set(webcrypto);

describe('a signature that this process made', () => {
  const message = Buffer.from('what was endorsed');
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signer-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function signerOn(namedCurve: string): Promise<{ signer: Signer; certificate: X509Certificate }> {
    const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=peer0',
      keys,
      signingAlgorithm: algorithm,
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const msp = join(folder, namedCurve);
    await mkdir(join(msp, 'signcerts'), { recursive: true });
    await mkdir(join(msp, 'keystore'));
    await writeFile(join(msp, 'signcerts', 'cert.pem'), made.toString('pem'));
    await writeFile(join(msp, 'keystore', 'priv_sk'), x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'));
    return { signer: Signer.read(msp, 'Org1MSP'), certificate: new X509Certificate(made.toString('pem')) };
  }

  const isKnown = (certificate: X509Certificate, signature: Uint8Array): boolean =>
    VerifiedSignatures.has(VerifiedSignatures.digest(certificateKey('Org1MSP', certificate), message, signature));

  test('holds, and is known to hold where that was asked for', async () => {
    const { signer, certificate } = await signerOn('P-256');
    const signature = signer.signRemembered(message);
    expect(verifySignature(certificate.publicKey, message, signature)).toBe(true);
    expect(isKnown(certificate, signature)).toBe(true);
    expect(isKnown(certificate, signer.sign(message))).toBe(false);
  });

  test('on a curve that no signature is accepted on is not known to hold', async () => {
    const { signer, certificate } = await signerOn('P-521');
    const signature = signer.signRemembered(message);
    expect(verifySignature(certificate.publicKey, message, signature)).toBe(false);
    expect(isKnown(certificate, signature)).toBe(false);
  });
});
