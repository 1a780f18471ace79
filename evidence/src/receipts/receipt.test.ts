import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bytesToHex, hexToBytes } from '../bytes.js';
import { batchFault, emptyRoot, readBatchHead } from '../records/batch.js';
import {
  externalReference,
  type Receipt,
  receiptBytes,
  receiptLeaf,
  receiptSchema,
  referenceKey,
  signedReceiptSchema,
  valueCommitment,
} from './receipt.js';
import { isReceiptIn, missingRuns, proveReceipt, receiptsRoot } from './tree.js';

interface Vector {
  channel: string;
  commitmentKey: string;
  referenceKey: string;
  external: { system: string; id: string; reference: string };
  values: Record<'input' | 'output', { salt: string; digest: string; commitment: string }>;
  publicKey: string;
  receipts: { receipt: Receipt; bytes: string; leaf: string; signature: string; path: string[] }[];
  batch: { endpoint: string; first: number; last: number; count: number; root: string };
}
const vector = JSON.parse(readFileSync(new URL('../../vectors/receipts.json', import.meta.url), 'utf8')) as Vector;
const { channel } = vector;
const receipts = vector.receipts.map(({ receipt }) => receipt);

describe('a receipt', () => {
  it('has the golden bytes, leaf and commitments', () => {
    for (const { receipt, bytes, leaf } of vector.receipts) {
      expect(new TextDecoder().decode(receiptBytes(channel, receiptSchema.parse(receipt)))).toBe(bytes);
      expect(bytesToHex(receiptLeaf(channel, receipt))).toBe(leaf);
    }
    for (const side of ['input', 'output'] as const) {
      const { salt, digest, commitment } = vector.values[side];
      expect(valueCommitment(side, salt, digest)).toBe(commitment);
      expect(valueCommitment(side === 'input' ? 'output' : 'input', salt, digest)).not.toBe(commitment);
    }
    const key = referenceKey(hexToBytes(vector.commitmentKey));
    expect(bytesToHex(key)).toBe(vector.referenceKey);
    const { system, id, reference } = vector.external;
    expect(externalReference(key, system, id)).toBe(reference);
    // Where one ends and the other begins is part of what is hashed.
    expect(externalReference(key, system + id, '')).not.toBe(externalReference(key, system, id));
  });

  it('has signatures that node:crypto verifies, over that channel alone', () => {
    const key = createPublicKey(vector.publicKey);
    for (const { receipt, signature } of vector.receipts) {
      const signed = Buffer.from(signature, 'base64');
      expect(verify('sha256', receiptBytes(channel, receipt), key, signed)).toBe(true);
      expect(verify('sha256', receiptBytes('another', receipt), key, signed)).toBe(false);
    }
  });

  it('refuses what is not of its form', () => {
    const [receipt] = receipts;
    for (const wrong of [
      { sequence: 0 },
      { sequence: 1.5 },
      { id: 'AB'.repeat(16) },
      { at: '2026-01-01T00:00:00Z' },
      { input: 'x' },
      { more: 1 },
    ]) {
      expect(receiptSchema.safeParse({ ...receipt, ...wrong }).success).toBe(false);
    }
    expect(signedReceiptSchema.safeParse({ receipt, signature: '', certificate: '' }).success).toBe(false);
  });
});

describe('the tree of a batch', () => {
  it('has the golden root and paths', () => {
    expect(receiptsRoot(channel, receipts)).toBe(vector.batch.root);
    for (const [index, { path, receipt }] of vector.receipts.entries()) {
      expect(proveReceipt(channel, receipts, index)).toEqual({ index, path });
      expect(isReceiptIn(channel, receipt, vector.batch, { index, path })).toBe(true);
    }
    expect(receiptsRoot(channel, [])).toBe(emptyRoot);
  });

  it('proves each receipt at its own place, whichever are missing, and no other one', () => {
    const [template] = receipts;
    if (template === undefined) throw new Error('the vector has no receipt');
    const presences = fc.array(fc.boolean(), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(presences, fc.integer({ min: 1, max: 1_000 }), fc.nat(), (presence, first, choice) => {
        const numbers = presence.flatMap((there, index) => (there ? [first + index] : []));
        if (numbers.length === 0) return;
        const last = first + presence.length - 1;
        const missing = missingRuns(first, last, numbers);
        const items = numbers.map((sequence) => ({ ...template, sequence }));
        const batch = {
          ...{ endpoint: template.endpoint, first, last, count: numbers.length, root: receiptsRoot(channel, items) },
          ...(missing.length === 0 ? {} : { missing }),
        };
        const window = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T00:05:00.000Z' };
        expect(batchFault({ kind: 'receipts', window, ...batch })).toBeUndefined();
        const index = choice % items.length;
        const item = items[index];
        if (item === undefined) throw new Error('no such item');
        const proof = proveReceipt(channel, items, index);
        expect(isReceiptIn(channel, item, batch, proof)).toBe(true);
        expect(isReceiptIn('another', item, batch, proof)).toBe(false);
        expect(isReceiptIn(channel, { ...item, model: '0'.repeat(64) }, batch, proof)).toBe(false);
        expect(isReceiptIn(channel, { ...item, sequence: item.sequence + 1 }, batch, proof)).toBe(false);
        expect(isReceiptIn(channel, item, { ...batch, endpoint: 'other' }, proof)).toBe(false);
        expect(isReceiptIn(channel, item, batch, { ...proof, index: index + 1 })).toBe(false);
        expect(isReceiptIn(channel, item, batch, { index, path: [...proof.path, 'zz'] })).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the head of an endpoint', () => {
  it('is read from the bytes of this channel alone', () => {
    const id = 'batch:a/b@1';
    const text = `["proofward/batch-head/v1","${channel}","${id}"]`;
    expect(readBatchHead(channel, text)).toBe(id);
    for (const other of [text.replace(',', ', '), text.replace('batch:', 'model:'), 'x', '[]']) {
      expect(readBatchHead(channel, other)).toBeUndefined();
    }
    expect(readBatchHead('another', text)).toBeUndefined();
  });
});
