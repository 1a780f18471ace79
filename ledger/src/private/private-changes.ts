import { ledger } from '@hyperledger/fabric-protos';
import { sameBytes, sha256 } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';
import { sameVersion, type Version } from '../encoding/version.js';
import type { Definitions } from '../definition/chaincode.js';
import { isDelete } from '../simulation/read-write-set.js';
import type { ValidatedBlock } from '../validation/block-validator.js';
import {
  type Change,
  expiryKey,
  type Located,
  mentionKey,
  missingKey,
  privateKey,
  privateState,
  type PrivateStore,
  writeSetKey,
} from './private-store.js';

const { KVRWSet } = ledger.rwset.kvrwset;
type WriteSet = ledger.rwset.kvrwset.KVRWSet;

/** A write set that an organisation is entitled to, and has. */
export interface HeldWriteSet extends Located {
  readonly content: Uint8Array;
  readonly valid: boolean;
}

const NOTHING = Buffer.alloc(0);

/** To be on disk before the block is: else a block could be committed whose private data nobody has. */
export function keepWriteSets(
  held: readonly HeldWriteSet[],
  missing: readonly Located[],
  definitions: Definitions,
): Change[] {
  const changes: Change[] = [];
  for (const { at, namespace, collection, content } of held) {
    changes.push({ type: 'put', key: writeSetKey(at, namespace, collection), value: Buffer.from(content) });
    const blockToLive = definitions.collection(namespace, collection)?.blockToLive ?? 0;
    if (blockToLive > 0)
      changes.push({
        type: 'put',
        key: expiryKey(at.block + blockToLive + 1, at, namespace, collection),
        value: NOTHING,
      });
    for (const key of keysOf(decode(KVRWSet, content, 'KVRWSet')))
      changes.push({ type: 'put', key: mentionKey(namespace, collection, sha256(key), at), value: NOTHING });
  }
  for (const { at, namespace, collection } of missing)
    changes.push({ type: 'put', key: missingKey(at, namespace, collection), value: NOTHING });
  return changes;
}

/**
 * Takes back what was kept for blocks that then never came on disk: the next block of that number is another one, and must
 * not find in its place what was written for this one.
 *
 * @param height how many blocks there are
 */
export async function forgetUncommitted(store: PrivateStore, height: number): Promise<void> {
  const { held, missing } = await store.keptFrom(height);
  if (held.length === 0 && missing.length === 0) return;
  const keys = await store.expiriesFrom(height);
  for (const { at, namespace, collection, content } of held) {
    keys.push(writeSetKey(at, namespace, collection));
    for (const key of keysOf(decode(KVRWSet, content, 'KVRWSet')))
      keys.push(mentionKey(namespace, collection, sha256(key), at));
  }
  for (const { at, namespace, collection } of missing) keys.push(missingKey(at, namespace, collection));
  await store.write(
    keys.map((key) => ({ type: 'del', key })),
    true,
  );
}

/** What a block changes in an organisation's private state. Reads the store as it was before the block. */
export class PrivateChanges {
  /** By store key, as Latin-1: the last write of the block wins. */
  private readonly state = new Map<string, { value: Uint8Array | undefined; version: Version }>();
  private readonly rewritten = new Map<string, WriteSet | undefined>();
  private readonly dropped: Buffer[] = [];
  /** Whether values were purged, so that the files which still hold them have to be rewritten. */
  purged = false;

  constructor(
    private readonly store: PrivateStore,
    private readonly block: number,
    private readonly validated: ValidatedBlock,
  ) {}

  async collect(held: readonly HeldWriteSet[]): Promise<Change[]> {
    for (const writeSet of held) {
      if (!writeSet.valid) continue;
      const { namespace, collection, at } = writeSet;
      const content = decode(KVRWSet, writeSet.content, 'KVRWSet');
      for (const write of content.getWritesList()) {
        this.state.set(privateKey(namespace, collection, write.getKey()).toString('latin1'), {
          value: isDelete(write) ? undefined : write.getValue_asU8(),
          version: at,
        });
      }
    }
    for (const writeSet of held) if (writeSet.valid) await this.renewVersions(writeSet);
    await this.purge();
    await this.expire();
    return this.changes();
  }

  /**
   * A transaction that sets only a private key's metadata gives its hash a new version; the value that belongs to the
   * hash gets it too, or it would be taken for a stale one.
   */
  private async renewVersions({ namespace, collection, content }: HeldWriteSet): Promise<void> {
    for (const { key } of decode(KVRWSet, content, 'KVRWSet')
      .getMetadataWritesList()
      .map((write) => ({ key: write.getKey() }))) {
      const hashed = this.validated.updates.getHash(namespace, collection, sha256(key).toString('latin1'));
      if (hashed?.value === undefined) continue;
      const id = privateKey(namespace, collection, key).toString('latin1');
      const latest = this.state.get(id) ?? (await this.store.get(namespace, collection, key));
      if (latest?.value === undefined || sameVersion(latest.version, hashed.version)) continue;
      if (sameBytes(sha256(latest.value), hashed.value))
        this.state.set(id, { value: latest.value, version: hashed.version });
    }
  }

  /** A purge takes a key out of the state and out of every write set that ever held it. */
  private async purge(): Promise<void> {
    for (const { index, code, readWrites } of this.validated.transactions) {
      if (code !== 0) continue;
      const purgedAt = { block: this.block, transaction: index };
      for (const ns of readWrites) {
        for (const { name, hashed } of ns.collections) {
          for (const write of hashed.getHashedWritesList()) {
            if (write.getIsPurge())
              await this.purgeKey(ns.namespace, name, Buffer.from(write.getKeyHash_asU8()), purgedAt);
          }
        }
      }
    }
  }

  private async purgeKey(namespace: string, collection: string, keyHash: Buffer, purgedAt: Version): Promise<void> {
    for (const at of await this.store.mentions(namespace, collection, keyHash)) {
      if (after(at, purgedAt)) continue;
      const writeSet = await this.writeSetAt({ at, namespace, collection });
      this.dropped.push(mentionKey(namespace, collection, keyHash, at));
      if (writeSet === undefined) continue;
      const names = keysOf(writeSet).filter((key) => sha256(key).equals(keyHash));
      writeSet.setWritesList(writeSet.getWritesList().filter((write) => !names.includes(write.getKey())));
      writeSet.setMetadataWritesList(
        writeSet.getMetadataWritesList().filter((write) => !names.includes(write.getKey())),
      );
      this.rewritten.set(writeSetKey(at, namespace, collection).toString('latin1'), writeSet);
      for (const key of names) {
        const id = privateKey(namespace, collection, key).toString('latin1');
        const pending = this.state.get(id);
        if (pending === undefined || !after(pending.version, purgedAt))
          this.state.set(id, { value: undefined, version: purgedAt });
      }
      this.purged = true;
    }
  }

  private async expire(): Promise<void> {
    for (const { key: entry, located } of await this.store.expiringBy(this.block)) {
      const { at, namespace, collection } = located;
      this.dropped.push(entry);
      const writeSet = await this.writeSetAt(located);
      this.rewritten.set(writeSetKey(at, namespace, collection).toString('latin1'), undefined);
      if (writeSet === undefined) continue;
      for (const key of keysOf(writeSet)) {
        this.dropped.push(mentionKey(namespace, collection, sha256(key), at));
        const id = privateKey(namespace, collection, key).toString('latin1');
        if (this.state.has(id)) continue;
        const stored = await this.store.get(namespace, collection, key);
        if (stored !== undefined && sameVersion(stored.version, at))
          this.state.set(id, { value: undefined, version: at });
      }
      this.purged = true;
    }
  }

  private async writeSetAt(located: Located): Promise<WriteSet | undefined> {
    const id = writeSetKey(located.at, located.namespace, located.collection).toString('latin1');
    if (this.rewritten.has(id)) return this.rewritten.get(id);
    const bytes = await this.store.writeSet(located);
    return bytes === undefined ? undefined : decode(KVRWSet, bytes, 'KVRWSet');
  }

  private changes(): Change[] {
    const changes: Change[] = [];
    for (const [id, { value, version }] of this.state) {
      const key = Buffer.from(id, 'latin1');
      changes.push(
        value === undefined ? { type: 'del', key } : { type: 'put', key, value: privateState(value, version) },
      );
    }
    for (const [id, writeSet] of this.rewritten) {
      const key = Buffer.from(id, 'latin1');
      changes.push(
        writeSet === undefined
          ? { type: 'del', key }
          : { type: 'put', key, value: Buffer.from(writeSet.serializeBinary()) },
      );
    }
    for (const key of this.dropped) changes.push({ type: 'del', key });
    return changes;
  }
}

function keysOf(writeSet: WriteSet): string[] {
  return [
    ...new Set([
      ...writeSet.getWritesList().map((write) => write.getKey()),
      ...writeSet.getMetadataWritesList().map((write) => write.getKey()),
    ]),
  ];
}

function after(a: Version, b: Version): boolean {
  return a.block > b.block || (a.block === b.block && a.transaction > b.transaction);
}
