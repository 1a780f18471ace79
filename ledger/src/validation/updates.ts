import type { Version } from '../encoding/version.js';
import { sortedByKey } from '../encoding/utf8-order.js';

/** What a key becomes; without a value it is gone. */
export interface Update {
  readonly value: Buffer | undefined;
  readonly metadata: Buffer;
  readonly version: Version;
}

type Keys = Map<string, Update>;

/** What the valid transactions of a block change, in the public state and among the hashes of private state. */
export class Updates {
  private readonly publicKeys = new Map<string, Keys>();
  private readonly hashes = new Map<string, Map<string, Keys>>();

  getPublic(namespace: string, key: string): Update | undefined {
    return this.publicKeys.get(namespace)?.get(key);
  }

  /** `keyHash` as Latin-1. */
  getHash(namespace: string, collection: string, keyHash: string): Update | undefined {
    return this.hashes.get(namespace)?.get(collection)?.get(keyHash);
  }

  setPublic(namespace: string, key: string, update: Update): void {
    this.publicNamespace(namespace).set(key, update);
  }

  setHash(namespace: string, collection: string, keyHash: string, update: Update): void {
    let collections = this.hashes.get(namespace);
    if (collections === undefined) this.hashes.set(namespace, (collections = new Map<string, Keys>()));
    let keys = collections.get(collection);
    if (keys === undefined) collections.set(collection, (keys = new Map<string, Update>()));
    keys.set(keyHash, update);
  }

  /** The changed keys of a namespace between two keys, in order. */
  range(namespace: string, includes: (key: string) => boolean): [string, Update][] {
    const keys = this.publicKeys.get(namespace);
    return keys === undefined ? [] : sortedByKey(keys).filter(([key]) => includes(key));
  }

  namespaces(): string[] {
    const names = new Map([...this.publicKeys.keys(), ...this.hashes.keys()].map((name) => [name, true]));
    return sortedByKey(names).map(([name]) => name);
  }

  publicOf(namespace: string): [string, Update][] {
    return sortedByKey(this.publicKeys.get(namespace) ?? new Map<string, Update>());
  }

  collectionsOf(namespace: string): [string, [string, Update][]][] {
    const collections = this.hashes.get(namespace) ?? new Map<string, Keys>();
    return sortedByKey(collections).map(([name, keys]) => [
      name,
      [...keys].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    ]);
  }

  private publicNamespace(namespace: string): Keys {
    let keys = this.publicKeys.get(namespace);
    if (keys === undefined) this.publicKeys.set(namespace, (keys = new Map<string, Update>()));
    return keys;
  }
}
