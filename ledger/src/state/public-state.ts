import type { ClassicLevel, Snapshot } from 'classic-level';
import { readPosition, positionBytes } from '../encoding/numbers.js';
import type { Version } from '../encoding/version.js';
import { point } from './store.js';

export type Store = ClassicLevel<Buffer, Buffer>;

export interface StateValue {
  readonly version: Version;
  readonly value: Buffer;
  readonly metadata: Buffer;
}

export interface StateEntry {
  readonly key: string;
  readonly state: StateValue;
}

const END = Buffer.from([0]);
const AFTER = Buffer.from([1]);

/** `s` + namespace + 0 + key; namespaces have no zero byte, keys may. */
export function stateKey(namespace: string, key: string): Buffer {
  return Buffer.concat([Buffer.from(`s${namespace}`), END, Buffer.from(key)]);
}

/** `h` + namespace + 0 + collection + 0 + hash of the key. */
export function hashKey(namespace: string, collection: string, keyHash: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`h${namespace}`), END, Buffer.from(collection), END, keyHash]);
}

export function encodeState({ version, value, metadata }: StateValue): Buffer {
  const head = Buffer.alloc(14);
  positionBytes(version.block, version.transaction).copy(head);
  head.writeUInt32BE(metadata.length, 10);
  return Buffer.concat([head, metadata, value]);
}

export function decodeState(bytes: Buffer): StateValue {
  const metadataEnd = 14 + bytes.readUInt32BE(10);
  return {
    version: readPosition(bytes, 0),
    metadata: bytes.subarray(14, metadataEnd),
    value: bytes.subarray(metadataEnd),
  };
}

/** The public state and the hashes of private state, at one height or as last committed. */
export class PublicState {
  constructor(
    private readonly store: Store,
    private readonly snapshot?: Snapshot,
  ) {}

  async get(namespace: string, key: string): Promise<StateValue | undefined> {
    return this.read(stateKey(namespace, key));
  }

  async getHash(namespace: string, collection: string, keyHash: Uint8Array): Promise<StateValue | undefined> {
    return this.read(hashKey(namespace, collection, keyHash));
  }

  /** Keys from `start` (inclusive) to `end` (exclusive unless said otherwise); an empty `end` is the namespace's end. */
  range(namespace: string, start: string, end: string, includeEnd = false): StateScan {
    const gte = stateKey(namespace, start);
    const limit = end === '' ? Buffer.concat([Buffer.from(`s${namespace}`), AFTER]) : stateKey(namespace, end);
    return new StateScan(
      this.store,
      namespace,
      { gte, ...(includeEnd && end !== '' ? { lte: limit } : { lt: limit }) },
      this.snapshot,
    );
  }

  private async read(key: Buffer): Promise<StateValue | undefined> {
    const bytes = await point(this.store, key, this.snapshot);
    return bytes === undefined ? undefined : decodeState(bytes);
  }
}

type Bounds = { gte: Buffer; lt?: Buffer; lte?: Buffer };

/** A range of states, read in pieces. */
export class StateScan {
  private readonly iterator;
  private readonly prefix: number;
  private ahead: [Buffer, Buffer][] = [];
  private done = false;

  constructor(store: Store, namespace: string, bounds: Bounds, snapshot: Snapshot | undefined) {
    this.prefix = Buffer.byteLength(namespace) + 2;
    this.iterator = store.iterator({ ...bounds, ...(snapshot === undefined ? {} : { snapshot }) });
  }

  async next(): Promise<StateEntry | undefined> {
    if (this.ahead.length === 0 && !this.done) {
      this.ahead = await this.iterator.nextv(100);
      if (this.ahead.length === 0) await this.close();
    }
    const entry = this.ahead.shift();
    if (entry === undefined) return undefined;
    return { key: entry[0].subarray(this.prefix).toString('utf8'), state: decodeState(entry[1]) };
  }

  async close(): Promise<void> {
    if (this.done) return;
    this.done = true;
    await this.iterator.close();
  }
}
