import { describe, expect, it } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import { bytesToHex, equalBytes, hmacSha256, hmacSha256Under, sha256, utf8ToBytes } from './bytes.js';

describe('bytes', () => {
  it('are hashed as FIPS 180-4 and RFC 4231 have it', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(bytesToHex(sha256(utf8ToBytes('abc')))).toBe(abc);
    expect(bytesToHex(sha256(utf8ToBytes('a'), new Uint8Array(), utf8ToBytes('bc')))).toBe(abc);
    expect(bytesToHex(hmacSha256(utf8ToBytes('Jefe'), utf8ToBytes('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('are hashed anew each time, whatever came before', () => {
    const key = utf8ToBytes('Jefe');
    const keyed = hmacSha256Under(key);
    const digests = (size: number) => {
      const message = new Uint8Array(size).fill(size);
      expect(() => sha256(message, 'no bytes' as unknown as Uint8Array)).toThrow(TypeError);
      expect(bytesToHex(keyed(message))).toBe(createHmac('sha256', key).update(message).digest('hex'));
      expect(bytesToHex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'));
      return sha256(message);
    };
    const [first = new Uint8Array(), ...others] = [0, 1, 55, 56, 63, 64, 65, 200].map(digests);
    expect(bytesToHex(first)).toBe(bytesToHex(sha256()));
    expect(new Set(others.map(bytesToHex)).size).toBe(7);
  });

  it('are equal if all are, and neither is longer', () => {
    const bytes = Uint8Array.of(1, 2);
    expect(equalBytes(bytes, Uint8Array.of(1, 2))).toBe(true);
    for (const other of [[], [1], [1, 3], [2, 1], [1, 2, 0]]) {
      expect(equalBytes(bytes, Uint8Array.from(other))).toBe(false);
      expect(equalBytes(Uint8Array.from(other), bytes)).toBe(false);
    }
  });
});
