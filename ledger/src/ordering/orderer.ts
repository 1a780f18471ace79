import { BatchCutter, type BatchSize } from './batch-cutter.js';

/** Envelopes that may wait for the disk; more than this makes Submit wait. */
const MOST_WAITING = 5000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

export interface OrdererOptions extends BatchSize {
  readonly batchTimeoutMs: number;
}

/** Puts envelopes into one order and hands them over in batches, one batch at a time. */
export class Orderer {
  private readonly cutter: BatchCutter;
  private readonly batches: Uint8Array[][] = [];
  private readonly full: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private waiting = 0;
  private waitingBytes = 0;
  private closed = false;

  constructor(
    private readonly options: OrdererOptions,
    private readonly commit: (envelopes: readonly Uint8Array[]) => Promise<void>,
    private readonly failed: (cause: unknown) => void,
  ) {
    this.cutter = new BatchCutter(options);
  }

  /** Returns when the envelope, of that size to the batch cutter, has its place; false when the ledger is stopping. */
  async submit(envelope: Uint8Array, size = envelope.length): Promise<boolean> {
    while (!this.closed && (this.waiting >= MOST_WAITING || this.waitingBytes >= MOST_WAITING_BYTES)) {
      await new Promise<void>((resolve) => this.full.push(resolve));
    }
    if (this.closed) return false;
    this.waiting++;
    this.waitingBytes += envelope.length;
    this.batches.push(...this.cutter.add(envelope, size));
    if (!this.cutter.hasPending) this.stopTimer();
    else
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.batches.push(this.cutter.cut());
        this.work();
      }, this.options.batchTimeoutMs);
    this.work();
    return true;
  }

  /** Commits what was accepted, then stops. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopTimer();
    this.releaseWaiting();
    if (this.cutter.hasPending) this.batches.push(this.cutter.cut());
    this.work();
    await this.working;
  }

  private work(): void {
    this.working ??= this.drain().finally(() => {
      this.working = undefined;
    });
  }

  private async drain(): Promise<void> {
    for (let batch = this.batches.shift(); batch !== undefined; batch = this.batches.shift()) {
      if (batch.length === 0) continue;
      try {
        await this.commit(batch);
      } catch (cause) {
        this.closed = true;
        this.batches.length = 0;
        this.failed(cause);
        return;
      }
      this.waiting -= batch.length;
      this.waitingBytes -= batch.reduce((sum, envelope) => sum + envelope.length, 0);
      this.releaseWaiting();
    }
  }

  private releaseWaiting(): void {
    for (const release of this.full.splice(0)) release();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
