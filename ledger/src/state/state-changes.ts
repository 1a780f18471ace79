import type { Definitions } from '../definition/chaincode.js';
import { blockBytes, positionBytes, readPosition } from '../encoding/numbers.js';
import { sameVersion } from '../encoding/version.js';
import type { Change } from '../private/private-store.js';
import { historyKey, transactionKey, transactionValue } from './index-keys.js';
import { point } from './store.js';
import { decodeState, encodeState, hashKey, stateKey, type Store } from './public-state.js';
import type { ValidatedBlock } from '../validation/block-validator.js';
import type { Updates } from '../validation/updates.js';

const NOTHING = Buffer.alloc(0);

/** What a validated block writes into the public store: state, hashes, history, and the index of transactions. */
export async function stateChanges(
  block: number,
  { transactions, updates }: ValidatedBlock,
  definitions: Definitions,
  store: Store,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const namespace of updates.namespaces()) {
    for (const [key, { value, metadata, version }] of updates.publicOf(namespace)) {
      changes.push(
        value === undefined
          ? { type: 'del', key: stateKey(namespace, key) }
          : { type: 'put', key: stateKey(namespace, key), value: encodeState({ version, value, metadata }) },
      );
    }
    for (const [collection, keys] of updates.collectionsOf(namespace)) {
      const blockToLive = definitions.collection(namespace, collection)?.blockToLive ?? 0;
      for (const [keyHash, { value, metadata, version }] of keys) {
        const key = hashKey(namespace, collection, Buffer.from(keyHash, 'latin1'));
        changes.push(
          value === undefined
            ? { type: 'del', key }
            : { type: 'put', key, value: encodeState({ version, value, metadata }) },
        );
        // A new version lives anew, also where only the key's policy was set.
        if (value !== undefined && blockToLive > 0)
          changes.push({ type: 'put', key: expiryKey(block + blockToLive + 1, version, key), value: NOTHING });
      }
    }
  }
  const known = new Set<string>();
  for (const { index, id, code, readWrites } of transactions) {
    const at = { block, transaction: index };
    // The first transaction with an id keeps it, as on a peer.
    if (id !== '' && !known.has(id) && (await point(store, transactionKey(id))) === undefined) {
      known.add(id);
      changes.push({ type: 'put', key: transactionKey(id), value: transactionValue(at, code) });
    }
    if (code !== 0) continue;
    for (const ns of readWrites) {
      for (const write of ns.public.getWritesList())
        changes.push({ type: 'put', key: historyKey(ns.namespace, write.getKey(), at), value: NOTHING });
    }
  }
  return [...changes, ...(await expiredHashes(block, updates, store))];
}

function expiryKey(expiresAt: number, at: { block: number; transaction: number }, key: Buffer): Buffer {
  return Buffer.concat([Buffer.from('e'), blockBytes(expiresAt), positionBytes(at.block, at.transaction), key]);
}

/** Hashes whose time is over with this block, unless their key was written again. */
async function expiredHashes(block: number, updates: Updates, store: Store): Promise<Change[]> {
  const changes: Change[] = [];
  const lt = Buffer.concat([Buffer.from('e'), blockBytes(block + 1)]);
  for await (const entry of store.keys({ gte: Buffer.from('e'), lt })) {
    changes.push({ type: 'del', key: entry });
    const key = entry.subarray(17);
    const [namespace = '', collection = ''] = key.subarray(1).toString('utf8').split('\u0000');
    const keyHash = key.subarray(key.length - 32).toString('latin1');
    if (updates.getHash(namespace, collection, keyHash) !== undefined) continue;
    const stored = await point(store, key);
    if (stored !== undefined && sameVersion(decodeState(stored).version, readPosition(entry, 7)))
      changes.push({ type: 'del', key });
  }
  return changes;
}
