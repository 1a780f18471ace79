import { ledger } from '@hyperledger/fabric-protos';
import type { Definitions } from '../definition/chaincode.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import { type Holder, mayHold } from './holder.js';

const { NsPvtReadWriteSet, TxPvtReadWriteSet } = ledger.rwset;

export class DisseminationError extends Error {
  override readonly name = 'DisseminationError';
}

/**
 * Keeps what an endorser simulated with the endorser, and gives it to as many other members of each collection as the
 * collection asks for, so that the data outlives the endorser.
 */
export async function disseminate(
  endorser: Holder,
  holders: readonly Holder[],
  channelName: string,
  transactionId: string,
  height: number,
  writeSets: ledger.rwset.TxPvtReadWriteSet,
  definitions: Definitions,
  channel: ChannelPolicies,
): Promise<void> {
  const copies: { to: Holder; bytes: Uint8Array }[] = [];
  for (const ns of writeSets.getNsPvtRwsetList()) {
    for (const set of ns.getCollectionPvtRwsetList()) {
      const collection = definitions.requireCollection(ns.getNamespace(), set.getCollectionName());
      const others = holders.filter(
        (holder) => holder !== endorser && holder.isUp() && mayHold(holder, collection, channel),
      );
      if (others.length < collection.requiredPeerCount) {
        throw new DisseminationError(
          `failed to distribute private collection, txID ${transactionId}, channel ${channelName}: could not build private data dissemination plan for chaincode ${ns.getNamespace()} and collection ${collection.name}: required to disseminate to at least ${collection.requiredPeerCount} peers, but know of only ${others.length} eligible peers`,
        );
      }
      const bytes = only(ns.getNamespace(), set);
      for (const to of others.slice(0, Math.max(collection.maxPeerCount, collection.requiredPeerCount)))
        copies.push({ to, bytes });
    }
  }
  await endorser.transient.keep(transactionId, height, writeSets.serializeBinary());
  for (const { to, bytes } of copies) await to.transient.keep(transactionId, height, bytes);
}

function only(namespace: string, set: ledger.rwset.CollectionPvtReadWriteSet): Uint8Array {
  const ns = new NsPvtReadWriteSet();
  ns.setNamespace(namespace);
  ns.setCollectionPvtRwsetList([set]);
  const sets = new TxPvtReadWriteSet();
  sets.setNsPvtRwsetList([ns]);
  return sets.serializeBinary();
}
