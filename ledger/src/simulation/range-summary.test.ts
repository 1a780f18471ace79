import { describe, expect, test } from '@jest/globals';
import { ledger } from '@hyperledger/fabric-protos';
import { sha256 } from '../encoding/digest.js';
import { RangeSummary } from './range-summary.js';
import { readOf } from './write-recorder.js';

type Read = ledger.rwset.kvrwset.KVRead;

const reads = (count: number): Read[] =>
  Array.from({ length: count }, (_, i) => readOf(`k${i}`, { block: 1, transaction: i }));

function hashOf(batch: readonly Read[]): Buffer {
  const message = new ledger.rwset.kvrwset.QueryReads();
  message.setKvReadsList([...batch]);
  return sha256(message.serializeBinary());
}

function summaryOf(all: readonly Read[], degree: number): { level: number; hashes: string[] } | number {
  const summary = new RangeSummary(degree);
  for (const read of all) summary.add(read);
  const result = summary.finish();
  if (!('hashes' in result)) return result.reads.length;
  const hashes = result.hashes.getMaxLevelHashesList_asU8().map((hash) => Buffer.from(hash).toString('hex'));
  return { level: result.hashes.getMaxLevel(), hashes };
}

describe('a range summary', () => {
  test('is the reads themselves up to the degree', () => {
    expect(summaryOf(reads(0), 3)).toBe(0);
    expect(summaryOf(reads(3), 3)).toBe(3);
  });

  test('is a level of hashes above it: batches of one more than the degree', () => {
    const all = reads(10);
    const level1 = [all.slice(0, 4), all.slice(4, 8), all.slice(8)].map((batch) => hashOf(batch).toString('hex'));
    expect(summaryOf(all, 3)).toEqual({ level: 1, hashes: level1 });
  });

  test('climbs when a level is full, and takes the rest along', () => {
    const all = reads(18);
    const level1 = [0, 4, 8, 12, 16].map((start) => hashOf(all.slice(start, start + 4)));
    const expected = [sha256(...level1.slice(0, 4)), ...level1.slice(4)].map((hash) => hash.toString('hex'));
    expect(summaryOf(all, 3)).toEqual({ level: 2, hashes: expected });
  });
});
