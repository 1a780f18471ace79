import { ProofwardError } from '@proofward/evidence';

const patience = 5_000;

/** How far the read model is, for those who want to read at least that much. */
export class Height {
  private nextBlock = 0;
  private readonly waiting = new Set<{ block: number; wake: () => void }>();

  /** The number of blocks that are in the read model. */
  get value(): number {
    return this.nextBlock;
  }

  reached(nextBlock: number): void {
    this.nextBlock = nextBlock;
    for (const waiter of this.waiting) if (waiter.block < nextBlock) waiter.wake();
  }

  /**
   * Resolves when the block is in the read model.
   *
   * @throws ProofwardError READ_MODEL_BEHIND
   */
  async waitFor(block: number): Promise<void> {
    if (!(await this.has(block, patience)))
      throw new ProofwardError('READ_MODEL_BEHIND', `block ${block} is not in the read model yet`);
  }

  /** Resolves when the read model has more than `height` blocks, when `patience` (ms) is over, or when it is called off. */
  async growth(height: number, patience: number, signal: AbortSignal): Promise<void> {
    await this.has(height, patience, signal);
  }

  /** Whether the block is in the read model, or comes in time. */
  private async has(block: number, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    if (block < this.nextBlock) return true;
    if (signal?.aborted === true) return false;
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.waiting.delete(waiter);
        resolve(block < this.nextBlock);
      };
      const waiter = { block, wake };
      const timer = setTimeout(wake, milliseconds);
      signal?.addEventListener('abort', wake);
      this.waiting.add(waiter);
    });
  }
}
