import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { octets, readSignature, sequence, unsigned } from './asn1.js';
import { blockBytes, positionBytes, readPosition } from './numbers.js';
import { compareUtf8 } from './utf8-order.js';

describe('the order of keys', () => {
  test('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe('DER', () => {
  test('writes numbers without a sign and long lengths in long form', () => {
    expect(unsigned(0n).toString('hex')).toBe('020100');
    expect(unsigned(128n).toString('hex')).toBe('02020080');
    expect(octets(new Uint8Array(200)).subarray(0, 3).toString('hex')).toBe('0481c8');
    expect(sequence(unsigned(1n), octets(new Uint8Array())).toString('hex')).toBe('30050201010400');
  });

  test('reads a signature and nothing else', () => {
    const signature = sequence(unsigned(5n), unsigned(2n ** 255n));
    expect(readSignature(signature)).toEqual({ r: 5n, s: 2n ** 255n });
    for (let i = 0; i < signature.length; i++) expect(readSignature(signature.subarray(0, i))).toBeUndefined();
    expect(readSignature(Buffer.concat([signature, Buffer.from([0])]))).toBeUndefined();
  });
});

test('positions sort as numbers', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.nat(2 ** 31 - 1), (block, transaction) => {
      expect(readPosition(positionBytes(block, transaction), 0)).toEqual({ block, transaction });
      expect(Buffer.compare(blockBytes(block), blockBytes(block + 1))).toBe(-1);
    }),
  );
});
