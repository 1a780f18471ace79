import { describe, expect, it } from '@jest/globals';
import { common, peer } from '@hyperledger/fabric-protos';
import { ProofwardError } from '@proofward/evidence';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import type { LedgerConnection } from '../ledger/connection.js';
import { readBlock } from './block.js';
import { Follower } from './follower.js';
import { Height } from './height.js';
import type { Cursor, ReadModel } from './read-model.js';

const captured = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'vectors', 'blocks.json'), 'utf8')) as {
  blocks: string[];
};
const events = captured.blocks.map((text) => peer.BlockAndPrivateData.deserializeBinary(Buffer.from(text, 'base64')));
const hashes = events.map((event) => readBlock(event.getBlock() ?? new common.Block(), new Map(), 'proofward').hash);

/** A peer that has the first blocks, or cannot be reached. */
class CapturedPeer {
  height = events.length;
  reachable = true;
  readonly inUse = 0;
  moveFrom(): void {
    // There is no other one.
  }
  session() {
    if (!this.reachable) throw new Error('the peer cannot be reached');
    const stream = <T>(items: T[]) => {
      let close = (): void => undefined;
      const closed = new Promise<void>((resolve) => (close = resolve));
      return Promise.resolve({
        close,
        async *[Symbol.asyncIterator]() {
          yield* items;
          await closed;
        },
      });
    };
    const info = new common.BlockchainInfo();
    info.setHeight(this.height);
    const network = {
      getName: () => 'proofward',
      getContract: () => ({ evaluate: () => Promise.resolve(info.serializeBinary()) }),
      getBlockEvents: () => stream([events[0]?.getBlock()]),
      getBlockAndPrivateDataEvents: ({ startBlock }: { startBlock: bigint }) =>
        stream(events.slice(Number(startBlock), this.height)),
    };
    return { network };
  }
}

function follow(cursor: Cursor, connection: CapturedPeer) {
  const height = new Height();
  const readModel: Pick<ReadModel, 'open' | 'prepare' | 'append' | 'reset'> = {
    open: () => Promise.resolve({ ...cursor }),
    prepare: () => Promise.resolve(),
    append: (blocks) => {
      cursor.nextBlock += blocks.length;
      cursor.lastHash = blocks.at(-1)?.hash ?? null;
      return Promise.resolve();
    },
    reset: () => Promise.resolve(),
  };
  const follower = new Follower(
    connection as unknown as LedgerConnection,
    () => ({}) as LedgerIdentity,
    'proofward',
    'AuditorAMSP',
    readModel as ReadModel,
    height,
    pino({ level: 'silent' }),
  );
  const running = follower.run();
  return {
    follower,
    height,
    stop: async () => {
      follower.stop();
      await running;
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 8_000) throw new Error('it did not happen');
    await delay(20);
  }
}

describe('the follower', () => {
  const cursorAt = (nextBlock: number, lastHash = hashes[nextBlock - 1] ?? null): Cursor => ({
    genesis: hashes[0] ?? null,
    nextBlock,
    lastHash,
  });

  it('catches up and follows', async () => {
    const { follower, height, stop } = follow(cursorAt(5), new CapturedPeer());
    await until(() => follower.state === 'following');
    expect(height.value).toBe(events.length);
    // The channel was captured on Hyperledger Fabric; a feature asks on both ledgers.
    expect(follower.target).toBe('fabric');
    await stop();
  });

  it('on another chain shows nothing, also while the peer cannot be reached, until the chains agree again', async () => {
    const connection = new CapturedPeer();
    const cursor = cursorAt(5, '0'.repeat(64));
    const { follower, stop } = follow(cursor, connection);
    follower.requireUndisputed();
    await until(() => follower.state === 'forked');
    const refusal = () => {
      try {
        follower.requireUndisputed();
        return undefined;
      } catch (error) {
        return error instanceof ProofwardError ? error.code : 'another error';
      }
    };
    expect(refusal()).toBe('READ_MODEL_UNAVAILABLE');
    connection.reachable = false;
    await delay(1_500);
    expect(refusal()).toBe('READ_MODEL_UNAVAILABLE');
    connection.reachable = true;
    connection.height = 3;
    await delay(1_500);
    expect(refusal()).toBe('READ_MODEL_UNAVAILABLE');
    Object.assign(cursor, cursorAt(5));
    connection.height = events.length;
    await until(() => follower.state === 'following');
    expect(refusal()).toBeUndefined();
    await stop();
  }, 30_000);

  it('gives out what is projected while the peer cannot be reached', async () => {
    const connection = new CapturedPeer();
    connection.reachable = false;
    const { height, follower, stop } = follow(cursorAt(5), connection);
    await until(() => height.value === 5);
    await height.waitFor(4);
    follower.requireUndisputed();
    expect(follower.target).toBeUndefined();
    await stop();
  });
});
