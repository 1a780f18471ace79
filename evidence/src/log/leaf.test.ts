import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { bytesToHex } from '../bytes.js';
import { headerSchema } from '../records/header.js';
import { logLeafData } from './leaf.js';

const vector = JSON.parse(readFileSync(new URL('../../vectors/model.json', import.meta.url), 'utf8')) as {
  header: unknown;
};
const header = headerSchema.parse(vector.header);
const position = { block: 7, transaction: 1, txId: 'ab'.repeat(32) };

describe('logLeafData', () => {
  it('is another one with every part of where and what', () => {
    const data = [
      logLeafData('proofward', position, header),
      logLeafData('other', position, header),
      logLeafData('proofward', { ...position, block: 8 }, header),
      logLeafData('proofward', { ...position, transaction: 2 }, header),
      logLeafData('proofward', { ...position, txId: 'ac'.repeat(32) }, header),
      logLeafData('proofward', position, { ...header, revision: 2 }),
    ];
    expect(new Set(data.map(bytesToHex)).size).toBe(data.length);
  });

  it('does not mistake the block for the transaction', () => {
    const one = logLeafData('c', { ...position, block: 1, transaction: 11 }, header);
    const other = logLeafData('c', { ...position, block: 11, transaction: 1 }, header);
    expect(bytesToHex(one)).not.toBe(bytesToHex(other));
  });
});
