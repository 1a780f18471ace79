import { describe, expect, test } from '@jest/globals';
import { BatchCutter } from './batch-cutter.js';

const bytes = (length: number): Uint8Array => new Uint8Array(length);
const sizes = (batches: readonly (readonly Uint8Array[])[]): number[][] =>
  batches.map((batch) => batch.map(({ length }) => length));

describe('a batch is cut', () => {
  test('when it has as many envelopes as allowed', () => {
    const cutter = new BatchCutter({ maxMessageCount: 2, preferredMaxBytes: 100 });
    expect(sizes(cutter.add(bytes(1)))).toEqual([]);
    expect(sizes(cutter.add(bytes(2)))).toEqual([[1, 2]]);
    expect(cutter.hasPending).toBe(false);
  });

  test('before the envelope that would make it too large', () => {
    const cutter = new BatchCutter({ maxMessageCount: 10, preferredMaxBytes: 10 });
    cutter.add(bytes(6));
    expect(sizes(cutter.add(bytes(5)))).toEqual([[6]]);
    expect(sizes([cutter.cut()])).toEqual([[5]]);
  });

  test('by the size that is counted, not by that of the bytes', () => {
    const cutter = new BatchCutter({ maxMessageCount: 10, preferredMaxBytes: 10 });
    cutter.add(bytes(7), 5);
    expect(sizes(cutter.add(bytes(7), 5))).toEqual([]);
    expect(sizes(cutter.add(bytes(7), 1))).toEqual([[7, 7]]);
  });

  test('around an envelope that is larger than preferred, which is alone in its block', () => {
    const cutter = new BatchCutter({ maxMessageCount: 10, preferredMaxBytes: 10 });
    cutter.add(bytes(3));
    expect(sizes(cutter.add(bytes(11)))).toEqual([[3], [11]]);
    expect(cutter.hasPending).toBe(false);
  });
});
