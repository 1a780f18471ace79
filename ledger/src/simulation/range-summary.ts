import { ledger } from '@hyperledger/fabric-protos';
import { sha256 } from '../encoding/digest.js';

const { QueryReads, QueryReadsMerkleSummary } = ledger.rwset.kvrwset;
type Read = ledger.rwset.kvrwset.KVRead;
type MerkleSummary = ledger.rwset.kvrwset.QueryReadsMerkleSummary;

/** Fabric's limit: a range of more reads than this is summarised as a tree of hashes. */
export const MAX_DEGREE = 50;

/**
 * What a range scan returned, for the check at commit that nothing has been added or taken away: the reads themselves,
 * or, when there are many, the hashes of one level of a tree over them.
 */
export class RangeSummary {
  private pending: Read[] = [];
  private readonly levels = new Map<number, Buffer[]>();
  private top = 1;

  constructor(private readonly maxDegree: number = MAX_DEGREE) {}

  add(read: Read): void {
    this.pending.push(read);
    if (this.pending.length > this.maxDegree) this.hashPending();
  }

  finish(): { reads: Read[] } | { hashes: MerkleSummary } {
    if (this.isEmpty()) return { reads: this.pending };
    if (this.pending.length > 0) this.hashPending();
    this.complete();
    return { hashes: this.current() };
  }

  current(): MerkleSummary {
    const summary = new QueryReadsMerkleSummary();
    summary.setMaxDegree(this.maxDegree);
    summary.setMaxLevel(this.top);
    summary.setMaxLevelHashesList(this.levels.get(this.top) ?? []);
    return summary;
  }

  private isEmpty(): boolean {
    return this.top === 1 && (this.levels.get(1)?.length ?? 0) === 0;
  }

  private hashPending(): void {
    const reads = new QueryReads();
    reads.setKvReadsList(this.pending);
    this.pending = [];
    this.push(1, sha256(reads.serializeBinary()));
    for (let level = 1; (this.levels.get(level)?.length ?? 0) > this.maxDegree; level++) this.raise(level);
  }

  private raise(level: number): void {
    const hashes = this.levels.get(level) ?? [];
    this.levels.delete(level);
    this.push(level + 1, sha256(...hashes));
    this.top = Math.max(this.top, level + 1);
  }

  private push(level: number, hash: Buffer): void {
    const hashes = this.levels.get(level);
    if (hashes === undefined) this.levels.set(level, [hash]);
    else hashes.push(hash);
  }

  private complete(): void {
    for (let level = 1; level < this.top; level++) {
      const hashes = this.levels.get(level) ?? [];
      const [only] = hashes;
      if (only === undefined) continue;
      this.levels.delete(level);
      this.push(level + 1, hashes.length === 1 ? only : sha256(...hashes));
    }
    if ((this.levels.get(this.top)?.length ?? 0) > this.maxDegree) this.raise(this.top);
  }
}
