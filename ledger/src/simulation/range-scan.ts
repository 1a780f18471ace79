import { ledger } from '@hyperledger/fabric-protos';
import type { StateEntry, StateScan } from '../state/public-state.js';
import { RangeSummary } from './range-summary.js';
import { readOf } from './write-recorder.js';

const { QueryReads, RangeQueryInfo } = ledger.rwset.kvrwset;
type Info = ledger.rwset.kvrwset.RangeQueryInfo;

/** A range that a transaction reads. It claims no more of the range than what the chaincode asked for. */
export class RangeScan {
  private readonly summary = new RangeSummary();
  private endKey = '';
  private exhausted = false;
  private returned = 0;

  constructor(
    readonly namespace: string,
    private readonly startKey: string,
    private readonly wantedEnd: string,
    private readonly scan: StateScan,
    private readonly pageSize: number,
  ) {}

  async next(): Promise<StateEntry | undefined> {
    const entry = this.pageSize > 0 && this.returned >= this.pageSize ? undefined : await this.scan.next();
    if (entry === undefined) {
      this.exhausted = true;
      this.endKey = this.wantedEnd;
      return undefined;
    }
    this.returned++;
    this.summary.add(readOf(entry.key, entry.state.version));
    this.endKey = entry.key;
    return entry;
  }

  /** The key with which the next page begins; empty at the end. */
  async bookmark(): Promise<string> {
    const next = await this.scan.next();
    await this.close();
    return next?.key ?? '';
  }

  info(): Info {
    const info = new RangeQueryInfo();
    info.setStartKey(this.startKey);
    info.setEndKey(this.endKey);
    info.setItrExhausted(this.exhausted);
    const result = this.summary.finish();
    if ('hashes' in result) {
      info.setReadsMerkleHashes(result.hashes);
    } else if (result.reads.length > 0) {
      const reads = new QueryReads();
      reads.setKvReadsList(result.reads);
      info.setRawReads(reads);
    }
    return info;
  }

  async close(): Promise<void> {
    await this.scan.close();
  }
}
