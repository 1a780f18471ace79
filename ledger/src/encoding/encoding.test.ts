import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { octets, readSignature, sequence, unsigned } from './asn1.js';
import { firstPemBlock } from './pem.js';
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

  test('reads a signature, whatever follows it', () => {
    const numbers = [unsigned(5n), unsigned(2n ** 255n)] as const;
    const signature = sequence(...numbers);
    const read = { r: 5n, s: 2n ** 255n };
    expect(readSignature(signature)).toEqual(read);
    for (let i = 0; i < signature.length; i++) expect(readSignature(signature.subarray(0, i))).toBeUndefined();
    expect(readSignature(Buffer.concat([signature, Buffer.from([0])]))).toEqual(read);
    expect(readSignature(sequence(...numbers, octets(new Uint8Array(200))))).toEqual(read);
  });

  test.each([
    ['negative', '3006020185020101'],
    ['longer than need be', '300702020005020101'],
    ['empty', '30050200020101'],
    ['not two', '3003020105'],
    ['of a length that is longer than need be', '308106020105020101'],
    ['of another type', '3006040105020101'],
  ])('takes no numbers that are %s', (_, der) => {
    expect(readSignature(Buffer.from(der, 'hex'))).toBeUndefined();
  });
});

describe('PEM', () => {
  const block = (type: string, body = 'AQID', headers = ''): string =>
    `-----BEGIN ${type}-----\n${headers}${body}\n-----END ${type}-----\n`;
  const read = (text: string): string | undefined => firstPemBlock(Buffer.from(text))?.toString('hex');

  test.each([
    ['of any type', block('ANYTHING')],
    ['with headers', block('CERTIFICATE', 'AQID', 'Proc-Type: 4\n\n')],
    ['with lines that end otherwise', block('CERTIFICATE').replaceAll('\n', '\r\n')],
    ['in several lines', block('CERTIFICATE', 'A Q\n\tID')],
    ['between other text', `before\n${block('CERTIFICATE')}behind`],
    ['before another', block('CERTIFICATE') + block('CERTIFICATE', 'BAUG')],
    ['behind one that is broken', block('CERTIFICATE', 'AQI') + block('CERTIFICATE')],
    ['without a last line end', block('CERTIFICATE').trimEnd()],
  ])('is read %s', (_, text) => {
    expect(read(text)).toBe('010203');
  });

  test.each([
    ['nothing', ''],
    ['DER', 'AQID'],
    ['an end of another type', block('CERTIFICATE').replace('END CERTIFICATE', 'END OTHER')],
    ['no end', '-----BEGIN CERTIFICATE-----\nAQID\n'],
    ['other characters', block('CERTIFICATE', 'AQ!D')],
    ['a beginning within a line', `x${block('CERTIFICATE')}`],
  ])('is not %s', (_, text) => {
    expect(read(text)).toBeUndefined();
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
