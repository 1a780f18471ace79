import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { readSignature, sequence, unsigned } from '../encoding/asn1.js';
import { signMessage, verifySignature } from './signature.js';

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe('signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.from('message');

  test('have the lower of their two forms, and only that is accepted', () => {
    for (let i = 0; i < 20; i++) {
      const signature = signMessage(privateKey, message);
      const { r, s } = readSignature(signature) ?? { r: 0n, s: 0n };
      expect(s <= P256_ORDER / 2n).toBe(true);
      expect(verifySignature(publicKey, message, signature)).toBe(true);
      expect(verifySignature(publicKey, message, sequence(unsigned(r), unsigned(P256_ORDER - s)))).toBe(false);
    }
  });

  test('over something else, cut or by another key are refused', () => {
    const signature = signMessage(privateKey, message);
    expect(verifySignature(publicKey, Buffer.from('other'), signature)).toBe(false);
    expect(verifySignature(publicKey, message, signature.subarray(1))).toBe(false);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(verifySignature(publicKey, message, sign('sha256', message, other))).toBe(false);
  });

  test('of Ed25519 keys hold too', () => {
    const keys = generateKeyPairSync('ed25519');
    expect(verifySignature(keys.publicKey, message, signMessage(keys.privateKey, message))).toBe(true);
  });
});
