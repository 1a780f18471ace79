import { ledger, peer, type common } from '@hyperledger/fabric-protos';
import { blockHeader } from '../block/header.js';
import type { Channel } from '../channel.js';
import type { Identity } from '../identity/identity.js';
import type { PrivateStore } from '../private/private-store.js';

const { CollectionPvtReadWriteSet, NsPvtReadWriteSet, TxPvtReadWriteSet } = ledger.rwset;

/** A block with the private data that this peer has of it now and that the reader may read: of a collection without memberOnlyRead, whoever may read blocks. */
export async function privateBlock(
  block: common.Block,
  channel: Channel,
  store: PrivateStore,
  reader: Identity,
): Promise<peer.BlockAndPrivateData> {
  const message = new peer.BlockAndPrivateData();
  message.setBlock(block);
  const byTransaction = new Map<number, Map<string, ledger.rwset.NsPvtReadWriteSet>>();
  for (const { at, namespace, collection, content } of await store.writeSetsOf(blockHeader(block).getNumber())) {
    const definition = channel.definitions.collection(namespace, collection);
    if (definition === undefined) continue;
    if (definition.memberOnlyRead && !channel.definitions.isMember(definition, reader)) continue;
    const namespaces = byTransaction.get(at.transaction) ?? new Map<string, ledger.rwset.NsPvtReadWriteSet>();
    byTransaction.set(at.transaction, namespaces);
    let ns = namespaces.get(namespace);
    if (ns === undefined) {
      ns = new NsPvtReadWriteSet();
      ns.setNamespace(namespace);
      namespaces.set(namespace, ns);
    }
    const set = new CollectionPvtReadWriteSet();
    set.setCollectionName(collection);
    set.setRwset(content);
    ns.addCollectionPvtRwset(set);
  }
  for (const [transaction, namespaces] of byTransaction) {
    const sets = new TxPvtReadWriteSet();
    sets.setNsPvtRwsetList([...namespaces.values()]);
    message.getPrivateDataMapMap().set(transaction, sets);
  }
  return message;
}
