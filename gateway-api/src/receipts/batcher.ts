import { type ErrorCode, ProofwardError } from '@proofward/evidence';
import type { Logger } from 'pino';
import { reasonOf } from '../failure.js';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import type { Registrar } from '../ledger/registrar.js';
import { Loop } from '../loop.js';
import type { ReceiptBatches, SettledBatch } from './batches.js';

/** Refusals of who submits, not of what: they end when somebody enrols the identity again or approves the role. */
const ofTheCaller: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_A_MEMBER', 'UNKNOWN_ORGANIZATION'];
/** Refusals that say that the ledger has another last batch than this database. The read model may not have it yet. */
const ofTheHead: readonly ErrorCode[] = [
  ...(['RECORD_EXISTS', 'BATCH_OUT_OF_ORDER', 'SEQUENCE_REPEATED', 'SEQUENCE_GAP', 'REFERENCE_NOT_FOUND'] as const),
];
/** How long such a refusal may come from an endorser that is behind, or be of a batch that the read model will show. */
const headPatience = 60_000;

/** Records batches for the windows of every endpoint that has ever made a receipt, of silent ones while it is deployed. */
export class Batcher {
  private readonly loop = new Loop((signal) => this.round(signal));
  /** Since when the ledger names another last batch, by the id of the batch that it refused. */
  private readonly contested = new Map<string, number>();

  constructor(
    private readonly batches: ReceiptBatches,
    private readonly registrar: Registrar,
    private readonly identity: () => LedgerIdentity,
    private readonly log: Logger,
  ) {}

  run(): Promise<void> {
    return this.loop.run();
  }

  stop(): void {
    this.loop.stop();
  }

  private async round(signal: AbortSignal): Promise<void> {
    // Without a database there is nothing to do; the follower has said so.
    const endpoints = await this.batches.endpoints().catch(() => []);
    for (const endpoint of endpoints) {
      await this.recordAll(endpoint, signal).catch((error: unknown) => {
        const isUnavailable = error instanceof ProofwardError && error.status >= 500;
        this.log[isUnavailable ? 'debug' : 'error']({ endpoint, reason: reasonOf(error) }, 'batches of receipts wait');
      });
    }
  }

  /** All windows of an endpoint that are over. */
  private async recordAll(endpoint: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = await this.batches.settle(endpoint, Date.now());
      if (batch === undefined) return;
      try {
        await this.record(batch);
      } catch (error) {
        if (!(error instanceof ProofwardError)) throw error;
        if (!(await this.refused(batch, error))) return;
      }
    }
  }

  /** A batch that is settled stays so, and is submitted again after any failure. */
  private async record({ id, fields }: SettledBatch): Promise<void> {
    await this.registrar.create(this.identity(), {
      type: 'batch',
      id,
      publicFields: fields,
      privateFields: undefined,
      effectiveAt: fields.window.to,
    });
    await this.batches.recorded(id);
    this.contested.delete(id);
  }

  /** @returns whether the refusal is for good, so that the next batch can be settled */
  private async refused(batch: SettledBatch, error: ProofwardError): Promise<boolean> {
    const { id, fields } = batch;
    const told = { batch: id, endpoint: fields.endpoint, code: error.code, reason: error.message };
    if (error.status < 500 && !ofTheCaller.includes(error.code)) {
      const since = this.contested.get(id) ?? Date.now();
      this.contested.set(id, since);
      const isCertain = !ofTheHead.includes(error.code) || Date.now() - since > headPatience;
      if (await this.batches.refuse(batch, error, isCertain)) {
        this.contested.delete(id);
        this.log.error(told, 'a batch of receipts was refused for good; its receipts go into the next one');
        return true;
      }
    }
    if (await this.batches.waits(id, error)) this.log.warn(told, 'a batch of receipts waits');
    return false;
  }
}
