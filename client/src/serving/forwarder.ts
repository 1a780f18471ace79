import { setTimeout as delay } from 'node:timers/promises';
import type { ReceiptsApi } from '../client.js';
import { ProblemError } from '../problem.js';
import { ReceiptSetAsideError } from './errors.js';
import type { ReceiptJournal } from './journal.js';
import { isForGood, refusedIndex, setAside } from './set-aside.js';

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

/** How much of what was handed in stays in the journal, in bytes, before it is shortened. */
const keptBytes = 1 << 20;

/**
 * Hands a journal in, in the order of the numbers: first the gateway's answer, then the cursor, so that after a crash a batch
 * is handed in twice and never left out. A refusal holds all that follows back, since a gap is worse than a wait; only what
 * can never be handed in is set aside, into a file beside the journal.
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
    private readonly now: () => Date = () => new Date(),
    private readonly kept = keptBytes,
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
    const { journal } = this;
    const entries = await journal.read(journal.cursor.place, mostReceipts);
    const last = entries.at(-1);
    if (last === undefined) return false;
    try {
      await this.receipts.add(entries.map(({ signed }) => signed));
      await journal.cursor.move(last.next);
    } catch (error) {
      const index = refusedIndex(error);
      const refused = index === undefined ? undefined : entries[index];
      // Those before it are not held back.
      const before = entries.slice(0, index).at(-1);
      if (refused === undefined) throw error;
      if (before !== undefined) {
        await this.receipts.add(entries.slice(0, index).map(({ signed }) => signed));
        await journal.cursor.move(before.next);
      }
      const now = this.now();
      if (!(error instanceof ProblemError) || !isForGood(error, refused.signed, now.getTime())) throw error;
      // First kept, then passed over.
      const path = `${journal.path}.refused`;
      await setAside(path, refused.signed, error, now);
      await journal.cursor.move(refused.next);
      this.onProblem(new ReceiptSetAsideError(path, refused.signed.receipt.sequence, { cause: error }));
    }
    await journal.shorten(this.kept);
    return true;
  }
}
