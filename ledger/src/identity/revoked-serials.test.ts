import { describe, expect, test } from '@jest/globals';
import { sequence, unsigned } from '../encoding/asn1.js';
import { revokedSerials } from './revoked-serials.js';

const time = Buffer.from('170d3236313132343132303430305a', 'hex');
const algorithm = sequence();
const entry = (serial: bigint): Buffer => sequence(unsigned(serial), time);
const list = (...fields: readonly Buffer[]): Buffer =>
  sequence(sequence(unsigned(1n), algorithm, sequence(), ...fields), algorithm);

describe('the serial numbers of a revocation list', () => {
  test('are read with and without the time of the next update', () => {
    expect(revokedSerials(list(time, time, sequence(entry(0x1234n), entry(0xffn))))).toEqual(['1234', '00ff']);
    expect(revokedSerials(list(time, sequence(entry(1n))))).toEqual(['01']);
    expect(revokedSerials(list(time))).toEqual([]);
  });

  test('are not guessed from a list that is cut', () => {
    const whole = list(time, sequence(entry(0x1234n)));
    for (let length = 0; length < whole.length; length++)
      expect(() => revokedSerials(whole.subarray(0, length))).toThrow();
  });
});
