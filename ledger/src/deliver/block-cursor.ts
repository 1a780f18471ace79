import type { common } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';

/** Reads block after block, and waits for those that are not there yet. */
export class BlockCursor {
  constructor(
    private readonly channel: Channel,
    private number: number,
  ) {}

  get at(): number {
    return this.number;
  }

  /** Undefined when `cancelled` fires first. */
  async next(cancelled: AbortSignal): Promise<common.Block | undefined> {
    while (!cancelled.aborted) {
      if (this.number < this.channel.store.height) {
        const block = await this.channel.store.block(this.number);
        if (block !== undefined) {
          this.number++;
          return block;
        }
      }
      await this.nextCommit(cancelled);
    }
    return undefined;
  }

  private async nextCommit(cancelled: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stop();
        cancelled.removeEventListener('abort', done);
        resolve();
      };
      const stop = this.channel.notices.onBlock(done);
      cancelled.addEventListener('abort', done);
      if (cancelled.aborted || this.number < this.channel.store.height) done();
    });
  }
}
