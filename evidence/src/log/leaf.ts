import { canonicalBytes } from '../canonical.js';
import type { Header } from '../records/header.js';

/** Where a header was written: block number, index of the transaction in it, and the transaction's id. */
export interface LedgerPosition {
  block: number;
  transaction: number;
  txId: string;
}

/**
 * The leaf data of the verifiable log: one for each public header that a valid transaction wrote, in block, transaction
 * and write order. Every organisation derives the same bytes from the same blocks.
 */
export function logLeafData(channel: string, position: LedgerPosition, header: Header): Uint8Array {
  const { block, transaction, txId } = position;
  return canonicalBytes(['proofward/log-leaf/v1', channel, block, transaction, txId, header]);
}
