import type { CommittedBlock } from './block.js';

/** Blocks between the stream and the database: what arrives while a batch is written makes the next batch. */
export class BlockQueue {
  private blocks: CommittedBlock[] = [];
  private closed = false;
  private wakeReader: (() => void) | undefined;
  private wakeWriter: (() => void) | undefined;

  constructor(private readonly capacity: number) {}

  /** Resolves when there is room again, so that a slow database slows the stream down. */
  async put(block: CommittedBlock): Promise<void> {
    this.blocks.push(block);
    this.wakeReader?.();
    if (this.blocks.length < this.capacity || this.closed) return;
    await new Promise<void>((resolve) => {
      this.wakeWriter = resolve;
    });
  }

  /** All blocks that are there, at least one; none after `close`. */
  async take(): Promise<CommittedBlock[]> {
    if (this.blocks.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
    const taken = this.closed ? [] : this.blocks;
    this.blocks = [];
    this.wakeWriter?.();
    return taken;
  }

  close(): void {
    this.closed = true;
    this.wakeReader?.();
    this.wakeWriter?.();
  }
}
