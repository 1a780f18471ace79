import { ledger } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import type { Version } from '../encoding/version.js';

const { rwset } = ledger;
const { kvrwset } = ledger.rwset;
type VersionMessage = ledger.rwset.kvrwset.Version;

export interface CollectionHashes {
  readonly name: string;
  readonly hashed: ledger.rwset.kvrwset.HashedRWSet;
  /** Hash of the private write set; empty when the transaction only read. */
  readonly writeSetHash: Uint8Array;
}

export interface NamespaceReadWrites {
  readonly namespace: string;
  readonly public: ledger.rwset.kvrwset.KVRWSet;
  readonly collections: readonly CollectionHashes[];
}

export function decodeReadWrites(bytes: Uint8Array): NamespaceReadWrites[] {
  return decode(rwset.TxReadWriteSet, bytes, 'TxReadWriteSet')
    .getNsRwsetList()
    .map((ns) => ({
      namespace: ns.getNamespace(),
      public: decode(kvrwset.KVRWSet, ns.getRwset_asU8(), 'KVRWSet'),
      collections: ns.getCollectionHashedRwsetList().map((collection) => ({
        name: collection.getCollectionName(),
        hashed: decode(kvrwset.HashedRWSet, collection.getHashedRwset_asU8(), 'HashedRWSet'),
        writeSetHash: collection.getPvtRwsetHash_asU8(),
      })),
    }));
}

/** As in Fabric, a namespace is written when its keys, its keys' metadata, or either of a collection are. */
export function writes(ns: NamespaceReadWrites): boolean {
  return (
    ns.public.getWritesList().length > 0 ||
    ns.public.getMetadataWritesList().length > 0 ||
    ns.collections.some(
      ({ hashed }) => hashed.getHashedWritesList().length > 0 || hashed.getMetadataWritesList().length > 0,
    )
  );
}

export function isDelete(write: ledger.rwset.kvrwset.KVWrite): boolean {
  return write.getIsDelete() || write.getValue_asU8().length === 0;
}

export function isHashDelete(write: ledger.rwset.kvrwset.KVWriteHash): boolean {
  return write.getIsDelete() || write.getValueHash_asU8().length === 0;
}

export function versionMessage(version: Version | undefined): VersionMessage | undefined {
  if (version === undefined) return undefined;
  const message = new kvrwset.Version();
  message.setBlockNum(version.block);
  message.setTxNum(version.transaction);
  return message;
}

export function versionOf(message: VersionMessage | undefined): Version | undefined {
  return message === undefined ? undefined : { block: message.getBlockNum(), transaction: message.getTxNum() };
}
