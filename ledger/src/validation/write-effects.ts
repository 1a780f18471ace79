import type { ledger } from '@hyperledger/fabric-protos';
import type { Version } from '../encoding/version.js';
import { isDelete, isHashDelete, type NamespaceReadWrites } from '../simulation/read-write-set.js';
import { serializeMetadata } from '../state/metadata.js';
import type { PublicState } from '../state/public-state.js';
import type { Update, Updates } from './updates.js';

/**
 * What one transaction does to one key: its value, its metadata, or both. `kinds` is a sum, as in Fabric, of 1 for a value,
 * 2 for metadata, 4 for metadata removed, 8 for a deletion; so a key that is written twice, which no simulation makes, has
 * the effect of something else.
 */
interface Effect {
  kinds: number;
  value: Buffer;
  metadata: Buffer;
}

interface Target {
  readonly namespace: string;
  readonly collection: string;
  /** The key, or a private key's hash as Latin-1. */
  readonly key: string;
}

const VALUE = 1;
const METADATA = 2;
const METADATA_REMOVED = 4;
const DELETION = 8;
const NOTHING = Buffer.alloc(0);

/** Puts a valid transaction's writes into the block's updates, joined with what of a key it leaves as it was. */
export async function applyWrites(
  namespaces: readonly NamespaceReadWrites[],
  version: Version,
  state: PublicState,
  updates: Updates,
): Promise<void> {
  for (const [target, effect] of effectsOf(namespaces)) {
    const update = await joined(target, effect, version, state, updates);
    if (update === undefined) continue;
    if (target.collection === '') updates.setPublic(target.namespace, target.key, update);
    else updates.setHash(target.namespace, target.collection, target.key, update);
  }
}

async function joined(
  target: Target,
  effect: Effect,
  version: Version,
  state: PublicState,
  updates: Updates,
): Promise<Update | undefined> {
  const has = (kind: number): boolean => (effect.kinds & kind) === kind;
  if (has(DELETION)) return { value: undefined, metadata: NOTHING, version };
  if (has(VALUE) && (has(METADATA) || has(METADATA_REMOVED)))
    return { value: effect.value, metadata: effect.metadata, version };
  const pending =
    target.collection === ''
      ? updates.getPublic(target.namespace, target.key)
      : updates.getHash(target.namespace, target.collection, target.key);
  const committed = async (): ReturnType<PublicState['get']> =>
    target.collection === ''
      ? state.get(target.namespace, target.key)
      : state.getHash(target.namespace, target.collection, Buffer.from(target.key, 'latin1'));
  const latest = pending ?? (await committed());
  if (effect.kinds === VALUE) return { value: effect.value, metadata: latest?.metadata ?? NOTHING, version };
  // Metadata of a key that does not exist has no effect. Where the block itself has deleted the key, Fabric's peers panic.
  if (latest?.value === undefined) return undefined;
  return { value: latest.value, metadata: effect.metadata, version };
}

function effectsOf(namespaces: readonly NamespaceReadWrites[]): Map<Target, Effect> {
  const effects = new Map<string, [Target, Effect]>();
  const effectOn = (namespace: string, collection: string, key: string): Effect => {
    const id = JSON.stringify([namespace, collection, key]);
    const found = effects.get(id);
    if (found !== undefined) return found[1];
    const effect: Effect = { kinds: 0, value: NOTHING, metadata: NOTHING };
    effects.set(id, [{ namespace, collection, key }, effect]);
    return effect;
  };
  const write = (effect: Effect, deleted: boolean, value: Uint8Array): void => {
    effect.kinds += deleted ? DELETION : VALUE;
    if (!deleted) effect.value = Buffer.from(value);
  };
  const describe = (effect: Effect, entries: ledger.rwset.kvrwset.KVMetadataEntry[]): void => {
    effect.kinds += entries.length === 0 ? METADATA_REMOVED : METADATA;
    if (entries.length > 0) effect.metadata = Buffer.from(serializeMetadata(entries));
  };
  for (const ns of namespaces) {
    for (const change of ns.public.getWritesList())
      write(effectOn(ns.namespace, '', change.getKey()), isDelete(change), change.getValue_asU8());
    for (const change of ns.public.getMetadataWritesList())
      describe(effectOn(ns.namespace, '', change.getKey()), change.getEntriesList());
    for (const { name, hashed } of ns.collections) {
      const effectOnHash = (keyHash: Uint8Array): Effect =>
        effectOn(ns.namespace, name, Buffer.from(keyHash).toString('latin1'));
      for (const change of hashed.getHashedWritesList())
        write(effectOnHash(change.getKeyHash_asU8()), isHashDelete(change), change.getValueHash_asU8());
      for (const change of hashed.getMetadataWritesList())
        describe(effectOnHash(change.getKeyHash_asU8()), change.getEntriesList());
    }
  }
  return new Map(effects.values());
}
