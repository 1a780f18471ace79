import { bytesToHex, hexToBytes } from '../bytes.js';
import { inclusionPath, merkleRoot, verifyInclusion } from '../log/merkle.js';
import type { BatchPublic, SequenceRun } from '../records/batch.js';
import { type Receipt, receiptLeaf } from './receipt.js';

/** Where a receipt stands in its batch. */
export interface ReceiptProof {
  /** From 0, among the items that are not missing. */
  index: number;
  /** Sibling hashes from the leaf up, in hex. */
  path: string[];
}

/** The root over receipts in the order of their numbers, in hex. */
export function receiptsRoot(channel: string, receipts: readonly Receipt[]): string {
  return bytesToHex(merkleRoot(receipts.map((receipt) => receiptLeaf(channel, receipt))));
}

/** @throws RangeError where the batch has no such item */
export function proveReceipt(channel: string, receipts: readonly Receipt[], index: number): ReceiptProof {
  const leaves = receipts.map((receipt) => receiptLeaf(channel, receipt));
  return { index, path: inclusionPath(leaves, index).map(bytesToHex) };
}

/** The runs of numbers from `first` to `last` that are not among `present`, which is in order. */
export function missingRuns(first: number, last: number, present: readonly number[]): SequenceRun[] {
  const runs: SequenceRun[] = [];
  let next = first;
  for (const number of present) {
    if (number > next) runs.push({ first: next, last: number - 1 });
    next = number + 1;
  }
  if (next <= last) runs.push({ first: next, last });
  return runs;
}

/** Whether a receipt is in a batch, at the place that its number has there. All of it is attacker-controlled. */
export function isReceiptIn(
  channel: string,
  receipt: Receipt,
  batch: Pick<BatchPublic, 'endpoint' | 'first' | 'last' | 'count' | 'missing' | 'root'>,
  { index, path }: ReceiptProof,
): boolean {
  const { sequence, endpoint } = receipt;
  if (endpoint !== batch.endpoint || sequence < batch.first || sequence > batch.last) return false;
  let place = sequence - batch.first;
  for (const { first, last } of batch.missing ?? []) {
    if (sequence >= first && sequence <= last) return false;
    if (last < sequence) place -= last - first + 1;
  }
  if (place !== index || path.some((hash) => !/^[0-9a-f]{64}$/.test(hash))) return false;
  const root = hexToBytes(batch.root);
  return verifyInclusion(receiptLeaf(channel, receipt), index, batch.count, path.map(hexToBytes), root);
}
