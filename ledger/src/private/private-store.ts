import type { Snapshot } from 'classic-level';
import { diskFault } from '../errors.js';
import { sha256 } from '../encoding/digest.js';
import { blockBytes, positionBytes, readPosition } from '../encoding/numbers.js';
import type { Version } from '../encoding/version.js';
import { decodeState, encodeState, type StateValue, StateScan, type Store } from '../state/public-state.js';
import { openStore, point } from '../state/store.js';

export type Change =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

const SEPARATOR = Buffer.from([0]);
const SAVEPOINT = Buffer.from('!savepoint');
const REWRITE_DUE = Buffer.from('!rewrite');
const FIRST = Buffer.from('!');
const LAST = Buffer.from('~');
const REWRITE_DELAY_MS = 1000;

/** Collection of a namespace, as one word that cannot be mistaken for another pair. */
export function scope(namespace: string, collection: string): string {
  return `${namespace}\u0000${collection}`;
}

function keyed(kind: string, scoped: string, ...rest: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(`${kind}${scoped}`), SEPARATOR, ...rest]);
}

/** `s…` for the values themselves, so that the same scan reads public and private state. */
export function privateKey(namespace: string, collection: string, key: string): Buffer {
  return keyed('s', scope(namespace, collection), Buffer.from(key));
}

export function writeSetKey(at: Version, namespace: string, collection: string): Buffer {
  return Buffer.concat([
    Buffer.from('w'),
    positionBytes(at.block, at.transaction),
    Buffer.from(scope(namespace, collection)),
  ]);
}

/** From a private key's hash to the write sets that hold its values, so that a purge finds them all. */
export function mentionKey(namespace: string, collection: string, keyHash: Uint8Array, at: Version): Buffer {
  return keyed('i', scope(namespace, collection), keyHash, positionBytes(at.block, at.transaction));
}

export function expiryKey(expiresAt: number, at: Version, namespace: string, collection: string): Buffer {
  return Buffer.concat([
    Buffer.from('x'),
    blockBytes(expiresAt),
    positionBytes(at.block, at.transaction),
    Buffer.from(scope(namespace, collection)),
  ]);
}

export function missingKey(at: Version, namespace: string, collection: string): Buffer {
  return Buffer.concat([
    Buffer.from('m'),
    positionBytes(at.block, at.transaction),
    Buffer.from(scope(namespace, collection)),
  ]);
}

export interface Located {
  readonly at: Version;
  readonly namespace: string;
  readonly collection: string;
}

/** One organisation's private data. Nobody else's store is ever opened for it. */
export class PrivateStore {
  private rewriting: NodeJS.Timeout | undefined;
  private rewritten: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    readonly store: Store,
    private readonly failed: (cause: unknown) => void,
  ) {}

  /** `failed` is told of a write that failed: what is written to the database after that could be lost with it. */
  static async open(path: string, failed: (cause: unknown) => void): Promise<PrivateStore> {
    return new PrivateStore(path, await openStore(path), failed);
  }

  snapshot(): Snapshot {
    return this.store.snapshot();
  }

  async get(namespace: string, collection: string, key: string, snapshot?: Snapshot): Promise<StateValue | undefined> {
    const bytes = await point(this.store, privateKey(namespace, collection, key), snapshot);
    return bytes === undefined ? undefined : decodeState(bytes);
  }

  range(namespace: string, collection: string, start: string, end: string, snapshot: Snapshot): StateScan {
    const scoped = scope(namespace, collection);
    const lt =
      end === ''
        ? Buffer.concat([Buffer.from(`s${scoped}`), Buffer.from([1])])
        : privateKey(namespace, collection, end);
    return new StateScan(this.store, scoped, { gte: privateKey(namespace, collection, start), lt }, snapshot);
  }

  async writeSet({ at, namespace, collection }: Located): Promise<Buffer | undefined> {
    return point(this.store, writeSetKey(at, namespace, collection));
  }

  /** Every write set of a block that this organisation holds. */
  async writeSetsOf(block: number): Promise<(Located & { readonly content: Buffer })[]> {
    const gte = positionsFrom('w', block).gte;
    const lt = positionsFrom('w', block + 1).gte;
    const found: (Located & { content: Buffer })[] = [];
    for await (const [key, content] of this.store.iterator({ gte, lt })) found.push({ ...located(key, 1), content });
    return found;
  }

  /** The versions at which a key hash was written here, oldest first. */
  async mentions(namespace: string, collection: string, keyHash: Uint8Array): Promise<Version[]> {
    const gte = keyed('i', scope(namespace, collection), keyHash);
    const lt = Buffer.concat([gte, Buffer.alloc(11, 0xff)]);
    const found: Version[] = [];
    for await (const key of this.store.keys({ gte, lt })) found.push(readPosition(key, key.length - 10));
    return found;
  }

  async expiringBy(block: number): Promise<{ key: Buffer; located: Located }[]> {
    const found: { key: Buffer; located: Located }[] = [];
    const lt = Buffer.concat([Buffer.from('x'), blockBytes(block + 1)]);
    for await (const key of this.store.keys({ gte: Buffer.from('x'), lt }))
      found.push({ key, located: located(key, 7) });
    return found;
  }

  async missing(limit: number): Promise<Located[]> {
    const found: Located[] = [];
    for await (const key of this.store.keys({ gte: Buffer.from('m'), lt: Buffer.from('n'), limit }))
      found.push(located(key, 1));
    return found;
  }

  /** What is kept, or noted as missing, for `block` and later ones. */
  async keptFrom(block: number): Promise<{ held: (Located & { readonly content: Buffer })[]; missing: Located[] }> {
    const held: (Located & { content: Buffer })[] = [];
    const missing: Located[] = [];
    for await (const [key, content] of this.store.iterator(positionsFrom('w', block)))
      held.push({ ...located(key, 1), content });
    for await (const key of this.store.keys(positionsFrom('m', block))) missing.push(located(key, 1));
    return { held, missing };
  }

  /** The keys of all entries that say when a write set of `block` or a later one expires. */
  async expiriesFrom(block: number): Promise<Buffer[]> {
    const found: Buffer[] = [];
    for await (const key of this.store.keys({ gte: Buffer.from('x'), lt: Buffer.from('y') }))
      if (located(key, 7).at.block >= block) found.push(key);
    return found;
  }

  async savepoint(): Promise<number> {
    const bytes = await point(this.store, SAVEPOINT);
    return bytes === undefined ? -1 : bytes.readUIntBE(0, 6);
  }

  /** Survives a killed process. After a failed machine the blocks are applied again from the savepoint on. */
  async apply(changes: readonly Change[], block: number, purged = false): Promise<void> {
    const marks: Change[] = [{ type: 'put', key: SAVEPOINT, value: blockBytes(block) }];
    if (purged) marks.push({ type: 'put', key: REWRITE_DUE, value: Buffer.alloc(0) });
    await this.write([...changes, ...marks], false);
  }

  async write(changes: readonly Change[], sync: boolean): Promise<void> {
    if (changes.length === 0) return;
    await this.written(async () => this.store.batch([...changes], { sync }));
  }

  private async written(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      const fault = diskFault(this.path, cause);
      this.failed(fault);
      throw fault;
    }
  }

  /** Whether the ledger stopped between a purge and the rewriting of its files. */
  async isRewriteDue(): Promise<boolean> {
    return (await point(this.store, REWRITE_DUE)) !== undefined;
  }

  /**
   * Purged values must not linger in files that LevelDB has not rewritten yet. Rewriting costs, so a series of purges
   * is followed by one.
   */
  rewriteSoon(failed: (cause: unknown) => void): void {
    this.rewriting ??= setTimeout(() => {
      this.rewriting = undefined;
      this.rewritten = this.rewrite().catch(failed);
    }, REWRITE_DELAY_MS);
  }

  /**
   * LevelDB leaves a file alone that no other file overlaps, with all that was deleted in it. So what is in memory goes
   * to a file first, and then one that spans everything is merged with it.
   */
  private async rewrite(): Promise<void> {
    await this.written(async () => {
      await this.store.compactRange(FIRST, LAST);
      await this.store.batch([
        { type: 'put', key: FIRST, value: Buffer.alloc(0) },
        { type: 'put', key: LAST, value: Buffer.alloc(0) },
      ]);
      await this.store.compactRange(FIRST, LAST);
      await this.store.del(REWRITE_DUE);
    });
  }

  async close(): Promise<void> {
    const due = this.rewriting !== undefined;
    clearTimeout(this.rewriting);
    try {
      await (due ? this.rewrite() : this.rewritten);
    } finally {
      await this.store.close();
    }
  }
}

function positionsFrom(kind: 'w' | 'm', block: number): { gte: Buffer; lt: Buffer } {
  const prefix = Buffer.from(kind);
  return { gte: Buffer.concat([prefix, blockBytes(block)]), lt: Buffer.concat([prefix, Buffer.alloc(7, 0xff)]) };
}

function located(key: Buffer, start: number): Located {
  const [namespace = '', collection = ''] = key
    .subarray(start + 10)
    .toString('utf8')
    .split('\u0000');
  return { at: readPosition(key, start), namespace, collection };
}

export function privateState(value: Uint8Array, version: Version): Buffer {
  return encodeState({ version, value: Buffer.from(value), metadata: Buffer.alloc(0) });
}

export function keyHashOf(key: string): Buffer {
  return sha256(key);
}
