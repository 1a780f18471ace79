import {
  type BatchPublic,
  canonicalJson,
  missingRuns,
  ProofwardError,
  proveReceipt,
  receiptsRoot,
  type Receipt,
  type ReceiptProof,
  type SignedReceipt,
} from '@proofward/evidence';
import { createHash } from 'node:crypto';
import type { Database, Query, Row } from '../database/database.js';

/** A batch that is to be recorded: its id and public fields, which follow from what is stored. */
export interface PlannedBatch {
  id: string;
  fields: BatchPublic;
}

/** A receipt as it is stored, with the batch that it was put into. */
export interface StoredReceipt {
  signed: SignedReceipt;
  batch: string | undefined;
}

interface ReceiptRow extends Row {
  signed: string;
  batch: string | null;
}
interface PlanRow extends Row {
  id: string;
  fields: string;
}

/** The most receipts of one batch. */
const mostOfBatch = 10_000;
/** The most that one look-up shows. */
const mostFound = 100;

/** How receipts become batches, in milliseconds. */
export interface Batching {
  window: number;
  /** How long a number that is left out is waited for, before it is declared missing. */
  patience: number;
}

/**
 * The site's receipts. They are nowhere else, so these tables are not made anew from the blocks as the others are. Which receipts
 * are in a batch is settled before the batch is submitted, in one database transaction: after a crash in between, the same
 * batch is submitted again under the same id.
 */
export class ReceiptStore {
  constructor(
    private readonly database: Database,
    private readonly channel: string,
    private readonly site: string,
  ) {}

  /**
   * Stores receipts; those that are there already are left. All or none.
   *
   * @returns how many were new
   * @throws ProofwardError SEQUENCE_REPEATED
   */
  add(receipts: readonly SignedReceipt[]): Promise<number> {
    return this.database.transaction(async (query) => {
      // Not while one of its batches is settled: a number must not come in that is just declared missing.
      const endpoints = [...new Set(receipts.map(({ receipt }) => receipt.endpoint))].sort();
      for (const endpoint of endpoints) await lock(query, endpoint);
      let stored = 0;
      for (const [index, signed] of receipts.entries()) if (await this.addOne(query, signed, index)) stored++;
      return stored;
    });
  }

  async find(id: string): Promise<StoredReceipt | undefined> {
    return (await this.select('id = $1', [id]))[0];
  }

  findByOutput(commitment: string): Promise<StoredReceipt[]> {
    return this.select('output = $1', [commitment]);
  }

  findByReference(reference: string): Promise<StoredReceipt[]> {
    return this.select('reference = $1', [reference]);
  }

  /** Where a receipt stands in its batch, by the numbers of the batch. */
  async prove(id: string, batch: string): Promise<ReceiptProof> {
    const rows = await this.database.query<{ signed: string }>(
      'select signed from receipts where batch = $1 order by sequence',
      [batch],
    );
    const receipts = rows.map(({ signed }) => receiptOf(signed));
    return proveReceipt(
      this.channel,
      receipts,
      receipts.findIndex((receipt) => receipt.id === id),
    );
  }

  async endpoints(): Promise<string[]> {
    // One look into the index for each endpoint, however many receipts it has.
    const rows = await this.database.query<{ endpoint: string | null }>(
      `with recursive e as (
         (select min(endpoint) as endpoint from receipts)
         union all select (select min(endpoint) from receipts where endpoint > e.endpoint) from e where e.endpoint is not null
       ) select endpoint from e where endpoint is not null`,
    );
    return rows.flatMap(({ endpoint }) => endpoint ?? []);
  }

  /** The batch that is settled and not recorded yet, or else the next one, if its window is over. */
  next(endpoint: string, now: number, batching: Batching): Promise<PlannedBatch | undefined> {
    return this.database.transaction(async (query) => {
      // One at a time: another gateway process on the same database would settle the same receipts.
      await lock(query, endpoint);
      const [open] = await query<PlanRow>(
        'select id, fields from receipt_batches where endpoint = $1 and not recorded order by first, window_to limit 1',
        [endpoint],
      );
      if (open !== undefined) return planned(open);
      const [last] = await query<PlanRow>(
        'select id, fields from receipt_batches where endpoint = $1 order by window_to desc limit 1',
        [endpoint],
      );
      const batch = await this.plan(query, endpoint, last && planned(last), now, batching);
      if (batch === undefined) return undefined;
      const { id, fields } = batch;
      await query(
        `insert into receipt_batches (id, endpoint, first, last, window_to, fields) values ($1, $2, $3, $4, $5, $6)`,
        [id, endpoint, fields.first, fields.last, fields.window.to, canonicalJson(fields)],
      );
      await query('update receipts set batch = $1 where endpoint = $2 and sequence between $3 and $4', [
        id,
        endpoint,
        fields.first,
        fields.last,
      ]);
      return batch;
    });
  }

  async recorded(id: string): Promise<void> {
    await this.database.query('update receipt_batches set recorded = true where id = $1', [id]);
  }

  private async plan(
    query: Query,
    endpoint: string,
    last: PlannedBatch | undefined,
    now: number,
    { window, patience }: Batching,
  ): Promise<PlannedBatch | undefined> {
    const first = (last?.fields.last ?? 0) + 1;
    const from = last === undefined ? await firstWindow(query, endpoint, window) : Date.parse(last.fields.window.to);
    const to = (Math.floor(from / window) + 1) * window;
    if (to > now) return undefined;
    const end = new Date(to).toISOString();
    const rows = await query<{ sequence: number; at: string; overdue: boolean; signed: string }>(
      `select sequence, at, received_at <= now() - $3 * interval '1 millisecond' as overdue, signed from receipts
       where endpoint = $1 and sequence >= $2 order by sequence limit ${mostOfBatch}`,
      [endpoint, first, patience],
    );
    const items: { sequence: number; receipt: Receipt }[] = [];
    let expected = first;
    for (const { sequence, at, overdue, signed } of rows) {
      // What comes after a number that is left out waits for it, and what happened later is of a later window.
      if (at >= end || (sequence > expected && !overdue)) break;
      items.push({ sequence, receipt: receiptOf(signed) });
      expected = sequence + 1;
    }
    const numbers = items.map(({ sequence }) => sequence);
    const missing = missingRuns(first, expected - 1, numbers);
    const fields: BatchPublic = {
      endpoint,
      kind: 'receipts',
      window: { from: new Date(from).toISOString(), to: end },
      first,
      last: expected - 1,
      count: items.length,
      ...(missing.length === 0 ? {} : { missing }),
      root: receiptsRoot(
        this.channel,
        items.map(({ receipt }) => receipt),
      ),
      ...(last === undefined ? {} : { previous: last.id }),
    };
    return { id: this.idOf(fields), fields };
  }

  /** The same window of an endpoint has one id, whoever asks and however often. */
  private idOf({ endpoint, window }: BatchPublic): string {
    const name = createHash('sha256').update(canonicalJson([this.channel, this.site, endpoint, window.to]));
    return `batch:${this.site}/${name.digest('hex').slice(0, 32)}@1`;
  }

  private async addOne(query: Query, signed: SignedReceipt, index: number): Promise<boolean> {
    const { id, endpoint, sequence, at, output, reference } = signed.receipt;
    const pointer = `/receipts/${index}/receipt/sequence`;
    const inserted = await query(
      `insert into receipts (id, endpoint, sequence, at, output, reference, signed) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict do nothing returning 1`,
      [id, endpoint, sequence, at, output, reference ?? null, JSON.stringify(signed)],
    );
    if (inserted.length > 0) {
      const [spoken] = await query(
        'select 1 from receipt_batches where endpoint = $1 and last >= $2 order by last desc limit 1',
        [endpoint, sequence],
      );
      if (spoken === undefined) return true;
      throw new ProofwardError('SEQUENCE_REPEATED', `${sequence} is in a batch already, or declared missing`, {
        pointer,
      });
    }
    const [existing] = await query<{ signed: string }>('select signed from receipts where id = $1', [id]);
    if (existing !== undefined && canonicalJson(receiptOf(existing.signed)) === canonicalJson(signed.receipt))
      return false;
    throw new ProofwardError('SEQUENCE_REPEATED', `another receipt has the number ${sequence}, or the id`, { pointer });
  }

  private async select(condition: string, values: unknown[]): Promise<StoredReceipt[]> {
    const rows = await this.database.query<ReceiptRow>(
      `select r.signed, case when b.recorded then r.batch end as batch
       from receipts r left join receipt_batches b on b.id = r.batch
       where r.${condition} order by r.at, r.sequence limit ${mostFound}`,
      values,
    );
    return rows.map(({ signed, batch }) => ({
      signed: JSON.parse(signed) as SignedReceipt,
      batch: batch ?? undefined,
    }));
  }
}

async function lock(query: Query, endpoint: string): Promise<void> {
  await query('select pg_advisory_xact_lock(hashtext($1))', [`receipts ${endpoint}`]);
}

async function firstWindow(query: Query, endpoint: string, window: number): Promise<number> {
  const [earliest] = await query<{ at: string }>('select at from receipts where endpoint = $1 order by at limit 1', [
    endpoint,
  ]);
  return Math.floor(Date.parse(earliest?.at ?? '') / window) * window;
}

function planned({ id, fields }: PlanRow): PlannedBatch {
  return { id, fields: JSON.parse(fields) as BatchPublic };
}

/** It was parsed when it came in. */
function receiptOf(signed: string): Receipt {
  return (JSON.parse(signed) as SignedReceipt).receipt;
}
