import type { common } from '@hyperledger/fabric-protos';
import { blockHeader } from '../block/header.js';
import type { ValidatedBlock } from '../validation/block-validator.js';

export interface CommitNotice {
  readonly block: number;
  readonly code: number;
}

/** Tells whoever waits for a transaction or for the next block that it is committed. */
export class CommitNotices {
  private readonly byTransaction = new Map<string, Set<(notice: CommitNotice) => void>>();
  private readonly byBlock = new Set<() => void>();

  /** Fires once; the result stops waiting. */
  onTransaction(id: string, tell: (notice: CommitNotice) => void): () => void {
    const waiting = this.byTransaction.get(id) ?? new Set();
    this.byTransaction.set(id, waiting);
    waiting.add(tell);
    return () => {
      waiting.delete(tell);
      if (waiting.size === 0) this.byTransaction.delete(id);
    };
  }

  onBlock(tell: () => void): () => void {
    this.byBlock.add(tell);
    return () => this.byBlock.delete(tell);
  }

  committed(block: common.Block, { transactions }: ValidatedBlock): void {
    const number = blockHeader(block).getNumber();
    for (const { id, code } of transactions) {
      const waiting = this.byTransaction.get(id);
      if (waiting === undefined) continue;
      this.byTransaction.delete(id);
      for (const tell of waiting) tell({ block: number, code });
    }
    for (const tell of [...this.byBlock]) tell();
  }
}
