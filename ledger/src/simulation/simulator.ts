import type { Snapshot } from 'classic-level';
import { ledger } from '@hyperledger/fabric-protos';
import type { Definitions } from '../definition/chaincode.js';
import { definitionKeys, LIFECYCLE, sequenceKey } from '../definition/lifecycle-key.js';
import { sha256 } from '../encoding/digest.js';
import { sameVersion, showVersion } from '../encoding/version.js';
import type { PrivateStore } from '../private/private-store.js';
import { metadataEntries } from '../state/metadata.js';
import type { PublicState, StateScan } from '../state/public-state.js';
import { RangeScan } from './range-scan.js';
import { type Simulated, WriteRecorder } from './write-recorder.js';

type MetadataEntry = ledger.rwset.kvrwset.KVMetadataEntry;
const NOTHING = Buffer.alloc(0);

export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/** What a transaction touched, for choosing its endorsers. */
export interface Touched {
  /** namespace -> collection ('' is public) -> key -> metadata at the time of the write. */
  readonly writes: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Buffer>>>;
  readonly privateReads: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Runs one transaction on one peer's view of the state at one height, and records what it read and wrote. */
export class Simulator {
  private readonly recorder = new WriteRecorder();
  private readonly scans: RangeScan[] = [];
  private readonly writes = new Map<string, Map<string, Map<string, Buffer>>>();
  private readonly privateReads = new Map<string, Set<string>>();
  /** The chaincodes of which the whole definition was read. */
  private readonly knownCollections = new Set<string>();
  private written = false;
  private queriedPrivate = false;
  private queriedPages = false;
  private done = false;

  constructor(
    private readonly transactionId: string,
    private readonly state: PublicState,
    private readonly privateStore: PrivateStore,
    private readonly privateSnapshot: Snapshot,
    private readonly definitions: Definitions,
    private readonly release: () => Promise<void>,
  ) {}

  /** Records which definition of a chaincode the transaction relies on. */
  readDefinition(chaincode: string): void {
    this.recorder.read(LIFECYCLE, sequenceKey(chaincode), this.definitions.versionOf(chaincode));
  }

  /** Records that the transaction relies on which collections a chaincode has. */
  readCollections(chaincode: string): void {
    if (this.knownCollections.has(chaincode)) return;
    this.knownCollections.add(chaincode);
    const version = this.definitions.versionOf(chaincode);
    for (const key of definitionKeys(chaincode)) this.recorder.read(LIFECYCLE, key, version);
  }

  async getState(namespace: string, key: string): Promise<Buffer> {
    this.requireOpen();
    const found = await this.state.get(namespace, key);
    this.recorder.read(namespace, key, found?.version);
    return found?.value ?? NOTHING;
  }

  async getStateMetadata(namespace: string, key: string): Promise<MetadataEntry[]> {
    this.requireOpen();
    const found = await this.state.get(namespace, key);
    this.recorder.read(namespace, key, found?.version);
    return metadataEntries(found?.metadata ?? NOTHING);
  }

  async putState(namespace: string, key: string, value: Uint8Array): Promise<void> {
    this.beforeWrite();
    this.recorder.write(namespace, key, value);
    await this.noteWrite(namespace, '', key);
  }

  async putStateMetadata(namespace: string, key: string, entries: MetadataEntry[]): Promise<void> {
    this.beforeWrite();
    this.recorder.writeMetadata(namespace, key, entries);
    await this.noteWrite(namespace, '', key);
  }

  scan(namespace: string, start: string, end: string): RangeScan {
    this.requireOpen();
    return this.openScan(namespace, start, end);
  }

  scanPage(namespace: string, start: string, end: string, pageSize: number): RangeScan {
    if (this.written) {
      throw new SimulationError(
        `txid [${this.transactionId}]: unsuppored transaction. Paginated queries are supported only in a read-only transaction`,
      );
    }
    this.queriedPages = true;
    this.requireOpen();
    return this.openScan(namespace, start, end, pageSize);
  }

  async getPrivateData(namespace: string, collection: string, key: string): Promise<Buffer> {
    this.requireCollection(namespace, collection);
    this.requireOpen();
    const value = await this.privateStore.get(namespace, collection, key, this.privateSnapshot);
    const hash = await this.state.getHash(namespace, collection, sha256(key));
    if (!sameVersion(hash?.version, value?.version)) {
      throw new SimulationError(
        `private data matching public hash version is not available. Public hash version = ${showVersion(hash?.version)}, Private data version = ${showVersion(value?.version)}`,
      );
    }
    this.recorder.readHash(namespace, collection, key, value?.version);
    this.notePrivateRead(namespace, collection);
    return value?.value ?? NOTHING;
  }

  async getPrivateDataMultiple(namespace: string, collection: string, keys: readonly string[]): Promise<Buffer[]> {
    this.requireCollection(namespace, collection);
    this.requireOpen();
    const values: Buffer[] = [];
    for (const key of keys) {
      const found = await this.privateStore.get(namespace, collection, key, this.privateSnapshot);
      this.recorder.readHash(namespace, collection, key, found?.version);
      this.notePrivateRead(namespace, collection);
      values.push(found?.value ?? NOTHING);
    }
    return values;
  }

  async getPrivateDataHash(namespace: string, collection: string, key: string): Promise<Buffer> {
    this.readCollections(namespace);
    // To Fabric the collection without a name is always there, and empty.
    if (collection === '') return NOTHING;
    return (await this.readHash(namespace, collection, key))?.value ?? NOTHING;
  }

  async getPrivateMetadata(namespace: string, collection: string, key: string): Promise<MetadataEntry[]> {
    return metadataEntries((await this.readHash(namespace, collection, key))?.metadata ?? NOTHING);
  }

  async putPrivateData(
    namespace: string,
    collection: string,
    key: string,
    value: Uint8Array,
    purge = false,
  ): Promise<void> {
    this.requireCollection(namespace, collection);
    this.beforeWrite();
    this.recorder.writePrivate(namespace, collection, key, value, purge);
    await this.noteWrite(namespace, collection, key);
  }

  async putPrivateMetadata(
    namespace: string,
    collection: string,
    key: string,
    entries: MetadataEntry[],
  ): Promise<void> {
    this.requireCollection(namespace, collection);
    this.beforeWrite();
    this.recorder.writePrivateMetadata(namespace, collection, key, entries);
    await this.noteWrite(namespace, collection, key);
  }

  scanPrivate(namespace: string, collection: string, start: string, end: string): StateScan {
    if (this.written) {
      throw new SimulationError(
        `txid [${this.transactionId}]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction`,
      );
    }
    this.queriedPrivate = true;
    this.requireCollection(namespace, collection);
    this.requireOpen();
    return this.privateStore.range(namespace, collection, start, end, this.privateSnapshot);
  }

  results(): { simulated: Simulated; touched: Touched } {
    for (const scan of this.scans) this.recorder.range(scan.namespace, scan.info());
    return { simulated: this.recorder.results(), touched: { writes: this.writes, privateReads: this.privateReads } };
  }

  async close(): Promise<void> {
    if (this.done) return;
    this.done = true;
    for (const scan of this.scans) await scan.close();
    await this.release();
  }

  private openScan(namespace: string, start: string, end: string, pageSize = 0): RangeScan {
    const scan = new RangeScan(namespace, start, end, this.state.range(namespace, start, end), pageSize);
    this.scans.push(scan);
    return scan;
  }

  private async readHash(namespace: string, collection: string, key: string): ReturnType<PublicState['getHash']> {
    this.requireCollection(namespace, collection);
    this.requireOpen();
    const found = await this.state.getHash(namespace, collection, sha256(key));
    this.recorder.readHash(namespace, collection, key, found?.version);
    return found;
  }

  private notePrivateRead(namespace: string, collection: string): void {
    const read = this.privateReads.get(namespace);
    if (read === undefined) this.privateReads.set(namespace, new Set([collection]));
    else read.add(collection);
  }

  private async noteWrite(namespace: string, collection: string, key: string): Promise<void> {
    const found =
      collection === ''
        ? await this.state.get(namespace, key)
        : await this.state.getHash(namespace, collection, sha256(key));
    const collections = this.writes.get(namespace) ?? new Map<string, Map<string, Buffer>>();
    const keys = collections.get(collection) ?? new Map<string, Buffer>();
    keys.set(key, found?.metadata ?? NOTHING);
    collections.set(collection, keys);
    this.writes.set(namespace, collections);
  }

  private requireCollection(namespace: string, collection: string): void {
    this.readCollections(namespace);
    this.definitions.requireCollection(namespace, collection);
  }

  private beforeWrite(): void {
    this.requireOpen();
    if (this.queriedPrivate) {
      throw new SimulationError(
        `txid [${this.transactionId}]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not allowed`,
      );
    }
    if (this.queriedPages) {
      throw new SimulationError(
        `txid [${this.transactionId}]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed`,
      );
    }
    this.written = true;
  }

  /** A chaincode that goes on after its time is up must not read from a snapshot that is given back. */
  private requireOpen(): void {
    if (this.done) throw new SimulationError('this instance should not be used after calling Done()');
  }
}
