import { setTimeout as delay } from 'node:timers/promises';
import type { ReceiptsApi } from '../client.js';
import { ProblemError } from '../problem.js';
import type { ReceiptJournal } from './journal.js';

/** How long is waited, in milliseconds. */
export interface Pauses {
  /** Between two looks for new receipts; 1 000 by default. */
  idle?: number | undefined;
  /** After the first failure, doubled with each further one; 1 000 by default. */
  first?: number | undefined;
  /** 60 000 by default. */
  longest?: number | undefined;
}

/** The most of one request. */
const mostReceipts = 500;

/**
 * Hands a journal in, in the order of the numbers: first the gateway's answer, then the cursor, so that after a crash a batch
 * is handed in twice and never left out. A refusal holds all that follows back, since a gap is worse than a wait.
 */
export class Forwarder {
  private readonly stopped = new AbortController();
  private readonly idle: number;
  private readonly first: number;
  private readonly longest: number;
  private running: Promise<void> | undefined;

  constructor(
    private readonly journal: ReceiptJournal,
    private readonly receipts: Pick<ReceiptsApi, 'add'>,
    private readonly onProblem: (error: unknown) => void,
    { idle = 1_000, first = 1_000, longest = 60_000 }: Pauses = {},
  ) {
    this.idle = idle;
    this.first = first;
    this.longest = longest;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Does not wait until all is handed in; the next start goes on. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      let pause = this.idle;
      try {
        if (await this.forward()) pause = 0;
        failures = 0;
      } catch (error) {
        this.onProblem(error);
        const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) * 1_000 : 0;
        pause = Math.min(this.longest, Math.max(asked, this.first * 2 ** Math.min(failures, 16)));
        failures += 1;
      }
      await delay(pause, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  /** @returns whether there was anything */
  private async forward(): Promise<boolean> {
    const from = this.journal.cursor.place;
    const { receipts, next } = await this.journal.read(from, mostReceipts);
    if (receipts.length === 0) return false;
    await this.receipts.add(receipts);
    await this.journal.cursor.move(next);
    return true;
  }
}
