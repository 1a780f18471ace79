import { join } from 'node:path';
import { common } from '@hyperledger/fabric-protos';
import type { Snapshot } from 'classic-level';
import { BlockFile, type Frame } from '../block/block-file.js';
import { blockHeader, headerHash } from '../block/header.js';
import { decode } from '../encoding/message.js';
import { blockBytes, readPosition } from '../encoding/numbers.js';
import type { Version } from '../encoding/version.js';
import { diskFault, LedgerFault } from '../errors.js';
import type { Change } from '../private/private-store.js';
import type { Definitions } from '../definition/chaincode.js';
import type { ValidatedBlock } from '../validation/block-validator.js';
import { PublicState, type Store } from './public-state.js';
import { historyPrefix, transactionKey } from './index-keys.js';
import { openStore, point } from './store.js';
import { stateChanges } from './state-changes.js';

export interface Located {
  readonly block: number;
  readonly index: number;
  readonly code: number;
}

interface Savepoint {
  readonly block: number;
  readonly end: number;
  readonly commitHash: string;
}

const SAVEPOINT = Buffer.from('!savepoint');
const FRAME_HEAD = 8;

/** The blocks of the channel, and the state and indexes that follow from them. */
export class ChannelStore {
  private savepoint: Savepoint = { block: -1, end: 0, commitHash: '' };
  private tip: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly folder: string,
    private readonly store: Store,
    private readonly file: BlockFile,
  ) {}

  static async open(folder: string): Promise<ChannelStore> {
    const store = await openStore(join(folder, 'state'));
    const file = await BlockFile.open(join(folder, 'blocks'));
    const channel = new ChannelStore(folder, store, file);
    await channel.readSavepoint();
    return channel;
  }

  /** How many blocks there are, the genesis block included. */
  get height(): number {
    return this.savepoint.block + 1;
  }

  get tipHash(): Buffer {
    return this.tip;
  }

  get commitHash(): Buffer {
    return Buffer.from(this.savepoint.commitHash, 'hex');
  }

  view(snapshot?: Snapshot): PublicState {
    return new PublicState(this.store, snapshot);
  }

  snapshot(): Snapshot {
    return this.store.snapshot();
  }

  async block(number: number): Promise<common.Block | undefined> {
    const offset = await point(this.store, offsetKey(number));
    if (offset === undefined) return undefined;
    return decode(common.Block, await this.file.read(offset.readUIntBE(0, 6)), `block ${number}`);
  }

  async blockNumberByHash(hash: Uint8Array): Promise<number | undefined> {
    const number = await point(this.store, Buffer.concat([Buffer.from('b'), hash]));
    return number?.readUIntBE(0, 6);
  }

  async transaction(id: string): Promise<Located | undefined> {
    const bytes = await point(this.store, transactionKey(id));
    if (bytes === undefined) return undefined;
    const at = readPosition(bytes, 0);
    return { block: at.block, index: at.transaction, code: bytes.readUInt8(10) };
  }

  /** Where a key was written, newest first. */
  history(namespace: string, key: string): AsyncIterator<Version> {
    const gte = historyPrefix(namespace, key);
    const keys = this.store.keys({ gte, lt: Buffer.concat([gte, Buffer.alloc(11, 0xff)]), reverse: true });
    return (async function* () {
      for await (const found of keys) yield readPosition(found, found.length - 10);
    })();
  }

  async changesOf(block: number, validated: ValidatedBlock, definitions: Definitions): Promise<Change[]> {
    return stateChanges(block, validated, definitions, this.store);
  }

  /** Returns when the block is on disk; its state is applied after that. */
  async append(content: Buffer): Promise<number> {
    return this.file.append(content);
  }

  /** Blocks that are on disk and whose state is not yet applied. */
  recover(): AsyncGenerator<Frame> {
    return this.file.recover(this.savepoint.block < 0 ? this.file.start : this.savepoint.end);
  }

  async apply(
    changes: readonly Change[],
    block: common.Block,
    frame: { offset: number; length: number },
    commitHash: Uint8Array,
  ): Promise<void> {
    const header = blockHeader(block);
    const hash = headerHash(header);
    const next: Savepoint = {
      block: header.getNumber(),
      end: frame.offset + FRAME_HEAD + frame.length,
      commitHash: Buffer.from(commitHash).toString('hex'),
    };
    const offset = Buffer.alloc(6);
    offset.writeUIntBE(frame.offset, 0, 6);
    try {
      // Not synced: the block is, and from it the state is made again.
      await this.store.batch(
        [
          ...changes,
          { type: 'put', key: offsetKey(next.block), value: offset },
          { type: 'put', key: Buffer.concat([Buffer.from('b'), hash]), value: blockBytes(next.block) },
          { type: 'put', key: SAVEPOINT, value: Buffer.from(JSON.stringify(next)) },
        ],
        { sync: false },
      );
    } catch (cause) {
      throw diskFault(join(this.folder, 'state'), cause);
    }
    this.savepoint = next;
    this.tip = hash;
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.file.close();
  }

  private async readSavepoint(): Promise<void> {
    const bytes = await point(this.store, SAVEPOINT);
    if (bytes === undefined) return;
    this.savepoint = JSON.parse(bytes.toString()) as Savepoint;
    const last = await this.block(this.savepoint.block);
    if (last === undefined) {
      throw new LedgerFault(
        'DATA_TORN',
        `${this.folder} has state of block ${this.savepoint.block} but not the block`,
        'restore the data folder from a copy, or start with an empty one',
      );
    }
    this.tip = headerHash(blockHeader(last));
  }
}

function offsetKey(block: number): Buffer {
  return Buffer.concat([Buffer.from('o'), blockBytes(block)]);
}
