import type { Version } from '../encoding/version.js';
import { isDelete, isHashDelete, type NamespaceReadWrites } from '../simulation/read-write-set.js';
import { serializeMetadata } from '../state/metadata.js';
import type { PublicState } from '../state/public-state.js';
import type { Update, Updates } from './updates.js';

/** What one transaction does to one key: its value, its metadata, or both. */
interface Effect {
  deleted: boolean;
  value: Buffer | undefined;
  metadata: Buffer | 'removed' | undefined;
}

interface Target {
  readonly namespace: string;
  readonly collection: string;
  /** The key, or a private key's hash as Latin-1. */
  readonly key: string;
}

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
  if (effect.deleted) return { value: undefined, metadata: NOTHING, version };
  if (effect.value !== undefined && effect.metadata !== undefined) {
    return { value: effect.value, metadata: effect.metadata === 'removed' ? NOTHING : effect.metadata, version };
  }
  const pending =
    target.collection === ''
      ? updates.getPublic(target.namespace, target.key)
      : updates.getHash(target.namespace, target.collection, target.key);
  const committed = async (): ReturnType<PublicState['get']> =>
    target.collection === ''
      ? state.get(target.namespace, target.key)
      : state.getHash(target.namespace, target.collection, Buffer.from(target.key, 'latin1'));
  const latest = pending ?? (await committed());
  if (effect.value !== undefined) return { value: effect.value, metadata: latest?.metadata ?? NOTHING, version };
  // Metadata of a key that does not exist has no effect. Where the block itself has deleted the key, Fabric's peers panic.
  if (latest?.value === undefined) return undefined;
  return {
    value: latest.value,
    metadata: effect.metadata === 'removed' || effect.metadata === undefined ? NOTHING : effect.metadata,
    version,
  };
}

function effectsOf(namespaces: readonly NamespaceReadWrites[]): Map<Target, Effect> {
  const effects = new Map<string, [Target, Effect]>();
  const effectOn = (namespace: string, collection: string, key: string): Effect => {
    const id = JSON.stringify([namespace, collection, key]);
    let found = effects.get(id);
    if (found === undefined)
      effects.set(
        id,
        (found = [
          { namespace, collection, key },
          { deleted: false, value: undefined, metadata: undefined },
        ]),
      );
    return found[1];
  };
  for (const ns of namespaces) {
    for (const write of ns.public.getWritesList()) {
      const effect = effectOn(ns.namespace, '', write.getKey());
      if (isDelete(write)) effect.deleted = true;
      else effect.value = Buffer.from(write.getValue_asU8());
    }
    for (const write of ns.public.getMetadataWritesList()) {
      const entries = write.getEntriesList();
      effectOn(ns.namespace, '', write.getKey()).metadata =
        entries.length === 0 ? 'removed' : Buffer.from(serializeMetadata(entries));
    }
    for (const { name, hashed } of ns.collections) {
      for (const write of hashed.getHashedWritesList()) {
        const effect = effectOn(ns.namespace, name, Buffer.from(write.getKeyHash_asU8()).toString('latin1'));
        if (isHashDelete(write)) effect.deleted = true;
        else effect.value = Buffer.from(write.getValueHash_asU8());
      }
      for (const write of hashed.getMetadataWritesList()) {
        const entries = write.getEntriesList();
        effectOn(ns.namespace, name, Buffer.from(write.getKeyHash_asU8()).toString('latin1')).metadata =
          entries.length === 0 ? 'removed' : Buffer.from(serializeMetadata(entries));
      }
    }
  }
  return new Map(effects.values());
}
