import { common, ledger } from '@hyperledger/fabric-protos';
import { envelopesOf } from '../block/header.js';
import type { Channel } from '../channel.js';
import { hex, sha256 } from '../encoding/digest.js';
import { decode } from '../encoding/message.js';
import { sameVersion } from '../encoding/version.js';
import type { Log } from '../log.js';
import { decodeReadWrites, isDelete, isHashDelete } from '../simulation/read-write-set.js';
import { openTransaction } from '../validation/transaction.js';
import { type Holder, mayHold } from './holder.js';
import { keepWriteSets } from './private-changes.js';
import { type Change, type Located, missingKey, privateKey, privateState } from './private-store.js';

const { KVRWSet } = ledger.rwset.kvrwset;
type WriteSet = ledger.rwset.kvrwset.KVRWSet;
const AT_ONCE = 1000;

/** Gives members the private data that could not be had when its block was committed and that another member has now. */
export async function reconcile(holders: readonly Holder[], channel: Channel, log: Log): Promise<void> {
  for (const holder of holders) {
    for (const located of await holder.store.missing(AT_ONCE)) {
      const content = await fromOthers(holder, holders, located, channel);
      if (content === undefined) continue;
      await holder.store.write(await changesFor(holder, located, content, channel), true);
      log.info(
        { mspId: holder.mspId, block: located.at.block, collection: located.collection },
        'missing private data was found',
      );
    }
  }
}

async function fromOthers(
  holder: Holder,
  holders: readonly Holder[],
  located: Located,
  channel: Channel,
): Promise<Buffer | undefined> {
  const collection = channel.definitions.collection(located.namespace, located.collection);
  if (collection === undefined) return undefined;
  for (const other of holders) {
    if (other === holder || !other.isUp() || !mayHold(other, collection, channel.policies)) continue;
    const content = await other.store.writeSet(located);
    if (content !== undefined && (await wasCommitted(content, located, channel))) return content;
  }
  return undefined;
}

/** Every value must have the hash that the block names: what another member gives is not believed. */
async function wasCommitted(
  content: Uint8Array,
  { at, namespace, collection }: Located,
  channel: Channel,
): Promise<boolean> {
  const block = await channel.store.block(at.block);
  const envelope = block === undefined ? undefined : envelopesOf(block)[at.transaction];
  if (envelope === undefined) return false;
  const { action } = openTransaction(decode(common.Envelope, envelope, 'Envelope'));
  const hashes = new Map<string, string>();
  for (const ns of decodeReadWrites(action.getResults_asU8())) {
    if (ns.namespace !== namespace) continue;
    for (const { name, hashed } of ns.collections) {
      if (name !== collection) continue;
      for (const write of hashed.getHashedWritesList())
        hashes.set(hex(write.getKeyHash_asU8()), isHashDelete(write) ? '' : hex(write.getValueHash_asU8()));
    }
  }
  return writesOf(content).every(
    (write) => hashes.get(hex(sha256(write.getKey()))) === (isDelete(write) ? '' : hex(sha256(write.getValue_asU8()))),
  );
}

async function changesFor(holder: Holder, located: Located, content: Buffer, channel: Channel): Promise<Change[]> {
  const { at, namespace, collection } = located;
  const changes = keepWriteSets([{ ...located, content, valid: true }], [], channel.definitions);
  for (const write of writesOf(content)) {
    const hash = await channel.store.view().getHash(namespace, collection, sha256(write.getKey()));
    const known = await holder.store.get(namespace, collection, write.getKey());
    if (isDelete(write)) {
      // Only if nothing newer was written: then the key is gone for everybody.
      if (hash === undefined && known !== undefined)
        changes.push({ type: 'del', key: privateKey(namespace, collection, write.getKey()) });
    } else if (hash !== undefined && sameVersion(hash.version, at)) {
      changes.push({
        type: 'put',
        key: privateKey(namespace, collection, write.getKey()),
        value: privateState(write.getValue_asU8(), at),
      });
    }
  }
  changes.push({ type: 'del', key: missingKey(at, namespace, collection) });
  return changes;
}

function writesOf(content: Uint8Array): ReturnType<WriteSet['getWritesList']> {
  return decode(KVRWSet, content, 'KVRWSet').getWritesList();
}
