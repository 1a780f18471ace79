import { randomBytes } from 'node:crypto';
import { ledger } from '@hyperledger/fabric-protos';
import { blockBytes } from '../encoding/numbers.js';
import { decode } from '../encoding/message.js';
import { sameBytes, sha256 } from '../encoding/digest.js';
import type { Change, PrivateStore } from './private-store.js';

const { TxPvtReadWriteSet } = ledger.rwset;
type WriteSets = ledger.rwset.TxPvtReadWriteSet;

/** Write sets of transactions that were endorsed and may never be committed are dropped after this many blocks. */
export const RETENTION = 1000;

/** What an endorser keeps of private data between endorsement and commit. */
export class TransientStore {
  constructor(private readonly store: PrivateStore) {}

  async keep(transactionId: string, height: number, writeSets: Uint8Array): Promise<void> {
    const id = randomBytes(8);
    await this.store.write(
      [
        { type: 'put', key: entryKey(transactionId, id), value: Buffer.from(writeSets) },
        { type: 'put', key: heightKey(height, transactionId, id), value: Buffer.alloc(0) },
      ],
      false,
    );
  }

  /** The write set of a collection whose hash the block names; an endorser may have kept several attempts. */
  async find(
    transactionId: string,
    namespace: string,
    collection: string,
    hash: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    for await (const bytes of this.store.store.values(rangeOf(transactionId))) {
      const found = collectionOf(decode(TxPvtReadWriteSet, bytes, 'TxPvtReadWriteSet'), namespace, collection);
      if (found !== undefined && sameBytes(sha256(found), hash)) return found;
    }
    return undefined;
  }

  async removalOf(transactionIds: readonly string[]): Promise<Change[]> {
    const changes: Change[] = [];
    for (const id of transactionIds) {
      for await (const key of this.store.store.keys(rangeOf(id))) changes.push({ type: 'del', key });
    }
    return changes;
  }

  async removalBelow(height: number): Promise<Change[]> {
    const changes: Change[] = [];
    const lt = Buffer.concat([Buffer.from('u'), blockBytes(Math.max(0, height))]);
    for await (const key of this.store.store.keys({ gte: Buffer.from('u'), lt })) {
      changes.push({ type: 'del', key }, { type: 'del', key: Buffer.concat([Buffer.from('t'), key.subarray(7)]) });
    }
    return changes;
  }
}

function entryKey(transactionId: string, id: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`t${transactionId}\u0000`), id]);
}

function heightKey(height: number, transactionId: string, id: Buffer): Buffer {
  return Buffer.concat([Buffer.from('u'), blockBytes(height), Buffer.from(`${transactionId}\u0000`), id]);
}

function rangeOf(transactionId: string): { gte: Buffer; lt: Buffer } {
  return { gte: Buffer.from(`t${transactionId}\u0000`), lt: Buffer.from(`t${transactionId}\u0001`) };
}

function collectionOf(writeSets: WriteSets, namespace: string, collection: string): Uint8Array | undefined {
  for (const ns of writeSets.getNsPvtRwsetList()) {
    if (ns.getNamespace() !== namespace) continue;
    const found = ns.getCollectionPvtRwsetList().find((candidate) => candidate.getCollectionName() === collection);
    if (found !== undefined) return found.getRwset_asU8();
  }
  return undefined;
}
