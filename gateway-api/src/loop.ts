import { setTimeout as delay } from 'node:timers/promises';

/** What is done again and again, with a pause in between, until it is stopped. */
export class Loop {
  private readonly stopped = new AbortController();

  /**
   * @param round answers what fails itself; a rejection ends the loop
   * @param pause in milliseconds
   */
  constructor(
    private readonly round: (signal: AbortSignal) => Promise<void>,
    private readonly pause = 1_000,
  ) {}

  async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.round(signal);
      await delay(this.pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The round that is under way comes to its end; `run` resolves after it. */
  stop(): void {
    this.stopped.abort();
  }
}
