import { type CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import { ledger, peer } from '@hyperledger/fabric-protos';
import { ProofwardError } from '@proofward/evidence';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { reasonOf } from '../failure.js';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import type { LedgerConnection } from '../ledger/connection.js';
import { readBlock, type CommittedBlock } from './block.js';
import { BlockQueue } from './block-queue.js';
import { chainHeight } from './chain-info.js';
import type { Height } from './height.js';
import { ledgerTarget, type LedgerTarget } from './genesis.js';
import { ChainMismatch, type Cursor, type ReadModel } from './read-model.js';

/**
 * - `connecting`: no blocks are coming.
 * - `catching-up`: the peer had more blocks than the read model when the stream began.
 * - `following`: the read model has all blocks that the peer had then, and what came since.
 * - `behind`: the peer has fewer blocks than the read model; it was restored from an older state, or joined anew.
 * - `forked`: the peer's chain is not the one that was projected, though its genesis is; a person has to look.
 */
export type FollowerState = 'connecting' | 'catching-up' | 'following' | 'behind' | 'forked';

/** How long a peer may take to hand out the genesis block. */
const genesisPatience = 5_000;
const behindPause = 1_000;
const maximumBatch = 200;
const longestPause = 5_000;

/** Follows the own peer's blocks into the read model, and begins again after every failure. */
export class Follower {
  private readonly stopped = new AbortController();
  private stream: CloseableAsyncIterable<peer.BlockAndPrivateData> | undefined;
  private current: FollowerState = 'connecting';
  private reason = '';
  private told: LedgerTarget | undefined;

  constructor(
    private readonly connection: LedgerConnection,
    private readonly identity: () => LedgerIdentity,
    private readonly chaincode: string,
    private readonly ownMspId: string,
    private readonly readModel: ReadModel,
    private readonly height: Height,
    private readonly log: Logger,
  ) {}

  get state(): FollowerState {
    return this.current;
  }

  /** What the channel's genesis says of the ledger; undefined until a peer has handed it out. */
  get target(): LedgerTarget | undefined {
    return this.told;
  }

  /**
   * Whether what was projected may be shown. It may not be where the peer says something else.
   *
   * @throws ProofwardError READ_MODEL_UNAVAILABLE
   */
  requireUndisputed(): void {
    if (this.current !== 'forked') return;
    throw new ProofwardError(
      'READ_MODEL_UNAVAILABLE',
      `the peer's chain is not the one that the records were read from (${this.reason}); nothing is shown until somebody has looked`,
    );
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    for (let failures = 0; !this.stopped.signal.aborted;) {
      const before = this.height.value;
      try {
        await this.follow();
      } catch (error) {
        if (this.isStopped()) return;
        failures = this.height.value > before ? 1 : failures + 1;
        this.report(error);
      }
      const used = this.connection.inUse;
      if (failures > 2) this.connection.moveFrom(used);
      const pause = Math.min(longestPause, 100 * 2 ** failures);
      await delay(pause, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.stopped.abort();
    this.stream?.close();
  }

  private isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  private async follow(): Promise<void> {
    const known = await this.readModel.open();
    this.height.reached(known.nextBlock);
    const cursor = await this.anchor(known);
    this.height.reached(cursor.nextBlock);
    const target = await this.heightAbove(cursor);
    if (target === undefined) return;
    // Beginning with the last block that is known shows at once whether the chain is the same.
    const startBlock = BigInt(Math.max(0, cursor.nextBlock - 1));
    const stream = await this.network().getBlockAndPrivateDataEvents({ startBlock });
    this.stream = stream;
    const queue = new BlockQueue(maximumBatch);
    const writing = this.write(queue, target).finally(() => {
      queue.close();
      stream.close();
    });
    // It is awaited below, when the stream has ended for it.
    writing.catch(() => undefined);
    try {
      for await (const event of stream) {
        const block = readEvent(event, this.chaincode);
        if (block.number >= cursor.nextBlock) {
          // While the database is at work on the blocks before it.
          await this.readModel.prepare(block);
          await queue.put(block);
        } else {
          this.check(block, cursor);
          this.advance(target);
        }
      }
      throw new Error('the peer ended the block stream');
    } finally {
      stream.close();
      queue.close();
      // A failure to write is the cause; the end of the stream only follows from it.
      await writing;
    }
  }

  /** The peer's height, once it has at least the blocks of the read model; undefined when stopped before. */
  private async heightAbove(cursor: Cursor): Promise<number | undefined> {
    while (!this.isStopped()) {
      const height = await chainHeight(this.network(), this.ownMspId);
      if (height >= cursor.nextBlock) return height;
      this.enter('behind', `the peer has ${height} blocks, the read model ${cursor.nextBlock}`);
      await delay(behindPause, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
    return undefined;
  }

  private advance(target: number): void {
    if (this.height.value >= target) this.enter('following', '');
    else this.enter('catching-up', `the peer has ${target} blocks`);
  }

  private async write(queue: BlockQueue, target: number): Promise<void> {
    for (let batch = await queue.take(); batch.length > 0; batch = await queue.take()) {
      await this.readModel.append(batch);
      this.height.reached((batch.at(-1)?.number ?? -1) + 1);
      this.advance(target);
    }
  }

  /** Makes sure that the cursor is one of this channel; of another genesis nothing is kept. */
  private async anchor(cursor: Cursor): Promise<Cursor> {
    const genesis = await this.genesis();
    if (cursor.genesis === genesis) return cursor;
    if (cursor.genesis !== null) {
      this.log.warn({ was: cursor.genesis, is: genesis }, 'the channel was made anew; the read model is built again');
    }
    await this.readModel.reset(genesis);
    return { genesis, nextBlock: 0, lastHash: null };
  }

  private async genesis(): Promise<string> {
    const blocks = await this.network().getBlockEvents({ startBlock: 0n });
    const overdue = setTimeout(() => {
      blocks.close();
    }, genesisPatience);
    try {
      for await (const block of blocks) {
        this.learn(ledgerTarget(block));
        return readBlock(block, new Map(), this.chaincode).hash;
      }
      throw new Error('the peer gave no genesis block');
    } finally {
      clearTimeout(overdue);
      blocks.close();
    }
  }

  private learn(target: LedgerTarget): void {
    if (target === this.told) return;
    this.told = target;
    if (target === 'embedded') this.log.warn('the ledger is the embedded one: one process, not a consortium');
  }

  private check(block: CommittedBlock, cursor: Cursor): void {
    if (block.hash !== cursor.lastHash) {
      throw new ChainMismatch(`block ${block.number} of the peer is not the one in the read model`);
    }
  }

  private network() {
    return this.connection.session(this.identity()).network;
  }

  private report(error: unknown): void {
    if (error instanceof ChainMismatch) this.enter('forked', error.message);
    else this.enter('connecting', reasonOf(error));
  }

  private enter(state: FollowerState, reason: string): void {
    // A fork ends when blocks follow again, not when the peer cannot be asked about it.
    if (this.current === 'forked' && (state === 'connecting' || state === 'behind')) return;
    if (state === this.current && reason === this.reason) return;
    this.current = state;
    this.reason = reason;
    const blockHeight = this.height.value;
    if (state === 'following') this.log.info({ blockHeight }, 'following the blocks of the peer');
    else if (state === 'catching-up') this.log.info({ blockHeight, reason }, 'catching up with the peer');
    else this.log[state === 'forked' ? 'error' : 'warn']({ state, reason }, 'not following the blocks of the peer');
  }
}

function readEvent(event: peer.BlockAndPrivateData, chaincode: string): CommittedBlock {
  const block = event.getBlock();
  if (block === undefined) throw new Error('the peer sent an event without a block');
  const privateData = new Map<number, ledger.rwset.TxPvtReadWriteSet>();
  event.getPrivateDataMapMap().forEach((sets, index) => privateData.set(index, sets));
  return readBlock(block, privateData, chaincode);
}
