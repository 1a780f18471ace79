import { ProofwardError } from '@proofward/evidence';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { reasonOf } from '../failure.js';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import type { Registrar } from '../ledger/registrar.js';
import type { Batching, ReceiptStore } from './store.js';

const pause = 1_000;

/** Records a batch for every window of every endpoint that has ever made a receipt, silent ones too. */
export class Batcher {
  private readonly stopped = new AbortController();

  constructor(
    private readonly store: ReceiptStore,
    private readonly registrar: Registrar,
    private readonly identity: () => LedgerIdentity,
    private readonly batching: Batching,
    private readonly log: Logger,
  ) {}

  async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const endpoints = await this.store.endpoints().catch(() => []);
      for (const endpoint of endpoints) {
        // A batch that is settled stays so, and is submitted again.
        await this.record(endpoint).catch((error: unknown) => {
          const isUnavailable = error instanceof ProofwardError && error.status >= 500;
          this.log[isUnavailable ? 'debug' : 'error'](
            { endpoint, reason: reasonOf(error) },
            'batches of receipts wait',
          );
        });
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.stopped.abort();
  }

  /** All windows of an endpoint that are over. */
  private async record(endpoint: string): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const batch = await this.store.next(endpoint, Date.now(), this.batching);
      if (batch === undefined) return;
      const { id, fields } = batch;
      await this.registrar.create(this.identity(), {
        type: 'batch',
        id,
        publicFields: fields,
        privateFields: undefined,
        effectiveAt: fields.window.to,
      });
      await this.store.recorded(id);
    }
  }
}
