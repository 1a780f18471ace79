import { ledger } from '@hyperledger/fabric-protos';
import { sha256 } from '../encoding/digest.js';
import { sortedByKey } from '../encoding/utf8-order.js';
import type { Version } from '../encoding/version.js';
import { versionMessage } from './read-write-set.js';

const { rwset } = ledger;
const { kvrwset } = ledger.rwset;
type KV = typeof ledger.rwset.kvrwset;
type Entry = InstanceType<KV['KVMetadataEntry']>;

interface CollectionRecord {
  readonly reads: Map<string, InstanceType<KV['KVReadHash']>>;
  readonly hashedWrites: Map<string, InstanceType<KV['KVWriteHash']>>;
  readonly hashedMetadata: Map<string, InstanceType<KV['KVMetadataWriteHash']>>;
  readonly writes: Map<string, InstanceType<KV['KVWrite']>>;
  readonly metadata: Map<string, InstanceType<KV['KVMetadataWrite']>>;
}

interface NamespaceRecord {
  readonly reads: Map<string, InstanceType<KV['KVRead']>>;
  readonly writes: Map<string, InstanceType<KV['KVWrite']>>;
  readonly metadata: Map<string, InstanceType<KV['KVMetadataWrite']>>;
  readonly ranges: Map<string, InstanceType<KV['RangeQueryInfo']>>;
  readonly collections: Map<string, CollectionRecord>;
}

export interface Simulated {
  readonly publicBytes: Uint8Array;
  /** Undefined when nothing private was written. */
  readonly privateSets: ledger.rwset.TxPvtReadWriteSet | undefined;
  readonly namespaces: readonly string[];
}

/** Collects what a transaction reads and writes, and puts it in the one order that all endorsers agree on. */
export class WriteRecorder {
  private readonly namespaces = new Map<string, NamespaceRecord>();

  read(namespace: string, key: string, version: Version | undefined): void {
    this.namespace(namespace).reads.set(key, readOf(key, version));
  }

  write(namespace: string, key: string, value: Uint8Array): void {
    this.namespace(namespace).writes.set(key, writeOf(key, value));
  }

  writeMetadata(namespace: string, key: string, entries: Entry[]): void {
    const message = new kvrwset.KVMetadataWrite();
    message.setKey(key);
    message.setEntriesList(entries);
    this.namespace(namespace).metadata.set(key, message);
  }

  range(namespace: string, info: InstanceType<KV['RangeQueryInfo']>): void {
    const key = JSON.stringify([info.getStartKey(), info.getEndKey(), info.getItrExhausted()]);
    const { ranges } = this.namespace(namespace);
    if (!ranges.has(key)) ranges.set(key, info);
  }

  readHash(namespace: string, collection: string, key: string, version: Version | undefined): void {
    const message = new kvrwset.KVReadHash();
    message.setKeyHash(sha256(key));
    message.setVersion(versionMessage(version));
    this.collection(namespace, collection).reads.set(key, message);
  }

  writePrivate(namespace: string, collection: string, key: string, value: Uint8Array, purge = false): void {
    const record = this.collection(namespace, collection);
    record.writes.set(key, writeOf(key, value));
    const message = new kvrwset.KVWriteHash();
    message.setKeyHash(sha256(key));
    if (value.length === 0) message.setIsDelete(true);
    else message.setValueHash(sha256(value));
    if (purge) message.setIsPurge(true);
    record.hashedWrites.set(key, message);
  }

  writePrivateMetadata(namespace: string, collection: string, key: string, entries: Entry[]): void {
    const record = this.collection(namespace, collection);
    // The private side names the key only: its members renew the value's version when nothing but metadata changes.
    const named = new kvrwset.KVMetadataWrite();
    named.setKey(key);
    record.metadata.set(key, named);
    const message = new kvrwset.KVMetadataWriteHash();
    message.setKeyHash(sha256(key));
    message.setEntriesList(entries);
    record.hashedMetadata.set(key, message);
  }

  results(): Simulated {
    const privateSets = new rwset.TxPvtReadWriteSet();
    const hashes = new Map<CollectionRecord, Uint8Array>();
    for (const [namespace, record] of sortedByKey(this.namespaces)) {
      const message = new rwset.NsPvtReadWriteSet();
      message.setNamespace(namespace);
      for (const [name, collection] of sortedByKey(record.collections)) {
        if (collection.writes.size === 0 && collection.metadata.size === 0) continue;
        const bytes = privateWriteSet(collection);
        hashes.set(collection, sha256(bytes));
        const entry = new rwset.CollectionPvtReadWriteSet();
        entry.setCollectionName(name);
        entry.setRwset(bytes);
        message.addCollectionPvtRwset(entry);
      }
      if (message.getCollectionPvtRwsetList().length > 0) privateSets.addNsPvtRwset(message);
    }
    const publicSet = new rwset.TxReadWriteSet();
    const sorted = sortedByKey(this.namespaces);
    for (const [namespace, record] of sorted) publicSet.addNsRwset(publicReadWrites(namespace, record, hashes));
    return {
      publicBytes: publicSet.serializeBinary(),
      privateSets: hashes.size === 0 ? undefined : privateSets,
      namespaces: sorted.map(([namespace]) => namespace),
    };
  }

  private namespace(name: string): NamespaceRecord {
    let record = this.namespaces.get(name);
    if (record === undefined) {
      record = { reads: new Map(), writes: new Map(), metadata: new Map(), ranges: new Map(), collections: new Map() };
      this.namespaces.set(name, record);
    }
    return record;
  }

  private collection(namespace: string, name: string): CollectionRecord {
    const { collections } = this.namespace(namespace);
    let record = collections.get(name);
    if (record === undefined) {
      record = {
        reads: new Map(),
        hashedWrites: new Map(),
        hashedMetadata: new Map(),
        writes: new Map(),
        metadata: new Map(),
      };
      collections.set(name, record);
    }
    return record;
  }
}

function publicReadWrites(
  namespace: string,
  record: NamespaceRecord,
  hashes: ReadonlyMap<CollectionRecord, Uint8Array>,
): ledger.rwset.NsReadWriteSet {
  const kv = new kvrwset.KVRWSet();
  kv.setReadsList(inOrder(record.reads));
  kv.setRangeQueriesInfoList([...record.ranges.values()]);
  kv.setWritesList(inOrder(record.writes));
  kv.setMetadataWritesList(inOrder(record.metadata));
  const message = new rwset.NsReadWriteSet();
  message.setNamespace(namespace);
  message.setRwset(kv.serializeBinary());
  for (const [name, collection] of sortedByKey(record.collections)) {
    const hashed = new kvrwset.HashedRWSet();
    hashed.setHashedReadsList(inOrder(collection.reads));
    hashed.setHashedWritesList(inOrder(collection.hashedWrites));
    hashed.setMetadataWritesList(inOrder(collection.hashedMetadata));
    const entry = new rwset.CollectionHashedReadWriteSet();
    entry.setCollectionName(name);
    entry.setHashedRwset(hashed.serializeBinary());
    const hash = hashes.get(collection);
    if (hash !== undefined) entry.setPvtRwsetHash(hash);
    message.addCollectionHashedRwset(entry);
  }
  return message;
}

function privateWriteSet(collection: CollectionRecord): Uint8Array {
  const kv = new kvrwset.KVRWSet();
  kv.setWritesList(inOrder(collection.writes));
  kv.setMetadataWritesList(inOrder(collection.metadata));
  return kv.serializeBinary();
}

function inOrder<T>(entries: ReadonlyMap<string, T>): T[] {
  return sortedByKey(entries).map(([, entry]) => entry);
}

export function readOf(key: string, version: Version | undefined): InstanceType<KV['KVRead']> {
  const message = new kvrwset.KVRead();
  message.setKey(key);
  message.setVersion(versionMessage(version));
  return message;
}

function writeOf(key: string, value: Uint8Array): InstanceType<KV['KVWrite']> {
  const message = new kvrwset.KVWrite();
  message.setKey(key);
  if (value.length === 0) message.setIsDelete(true);
  else message.setValue(value);
  return message;
}
