import {
  canonicalJson,
  ProofwardError,
  proveReceipt,
  type Receipt,
  type ReceiptProof,
  type SignedReceipt,
} from '@proofward/evidence';
import { type Database, prepared, type Query, type Row } from '../database/database.js';

/** A receipt as it is stored, with the batch that it was put into. */
export interface StoredReceipt {
  signed: SignedReceipt;
  batch: string | undefined;
}

/** What a look-up found. */
export interface FoundReceipts {
  /** By their times. */
  receipts: StoredReceipt[];
  /** Whether there are more than one look-up shows. */
  truncated: boolean;
}

/** What became of a receipt that was handed in. */
export type Taken = 'stored' | 'known' | ProofwardError;

interface ReceiptRow extends Row {
  signed: string;
  batch: string | null;
}

/** The most that one look-up shows. */
const mostFound = 100;
/** How far two clocks may be apart, as for all records, in milliseconds. */
const clockTolerance = 15 * 60_000;

const receiptBy = (column: string) =>
  prepared(
    `select r.signed, case when b.recorded then r.batch end as batch
     from receipts r
     -- Planned by itself: joined, it becomes a read of the whole table where nothing is known of that yet.
     left join lateral (select recorded from receipt_batches where id = r.batch offset 0) b on true
     where r.${column} = $1 order by r.at, r.sequence limit ${mostFound + 1}`,
  );
const receiptsBy = { id: receiptBy('id'), output: receiptBy('output'), reference: receiptBy('reference') };

/** The site's receipts. They are nowhere else, so these tables are not made anew from the blocks as the others are. */
export class ReceiptStore {
  constructor(
    private readonly database: Database,
    private readonly channel: string,
  ) {}

  /**
   * Stores receipts; those that are there already are left. All or none.
   *
   * @returns how many were new
   * @throws ProofwardError SEQUENCE_REPEATED, RECEIPT_AHEAD
   */
  add(receipts: readonly SignedReceipt[]): Promise<number> {
    return this.taking(receipts, (outcomes) => {
      for (const [index, outcome] of outcomes.entries()) {
        if (!(outcome instanceof ProofwardError)) continue;
        const { code, message, pointer = '' } = outcome;
        throw new ProofwardError(code, message, { pointer: `/receipts/${index}${pointer}` });
      }
      return outcomes.filter((outcome) => outcome === 'stored').length;
    });
  }

  /** Stores those that can be, and says of each what became of it, in their order; a refusal points into the receipt. */
  addEach(receipts: readonly SignedReceipt[]): Promise<Taken[]> {
    return this.taking(receipts, (outcomes) => outcomes);
  }

  async find(id: string, query: Query = this.database.query): Promise<StoredReceipt | undefined> {
    return (await this.select('id', id, query)).receipts[0];
  }

  findByOutput(commitment: string, query: Query = this.database.query): Promise<FoundReceipts> {
    return this.select('output', commitment, query);
  }

  findByReference(reference: string, query: Query = this.database.query): Promise<FoundReceipts> {
    return this.select('reference', reference, query);
  }

  /** Where a receipt stands in its batch, by the numbers of the batch. */
  async prove(id: string, batch: string, query: Query = this.database.query): Promise<ReceiptProof> {
    const rows = await query<{ signed: string }>('select signed from receipts where batch = $1 order by sequence', [
      batch,
    ]);
    const receipts = rows.map(({ signed }) => receiptOf(signed));
    return proveReceipt(
      this.channel,
      receipts,
      receipts.findIndex((receipt) => receipt.id === id),
    );
  }

  private taking<T>(receipts: readonly SignedReceipt[], conclude: (outcomes: Taken[]) => T): Promise<T> {
    return this.database.transaction(async (query) => {
      // Not while one of its batches is settled: a number must not come in that is just declared missing.
      const endpoints = [...new Set(receipts.map(({ receipt }) => receipt.endpoint))].sort();
      for (const endpoint of endpoints) await lockEndpoint(query, endpoint);
      const outcomes: Taken[] = [];
      for (const signed of receipts) outcomes.push(await this.take(query, signed));
      return conclude(outcomes);
    });
  }

  /**
   * One from the future would hold all later numbers back until then. One from the past is taken, however old: what an
   * outage held back has to be recordable.
   */
  private async take(query: Query, signed: SignedReceipt): Promise<Taken> {
    const { id, endpoint, sequence, at, output, reference } = signed.receipt;
    const refuse = (code: 'SEQUENCE_REPEATED' | 'RECEIPT_AHEAD', message: string, field: string) =>
      new ProofwardError(code, message, { pointer: `/receipt/${field}` });
    const [existing] = await query<{ signed: string }>('select signed from receipts where id = $1', [id]);
    if (existing !== undefined && canonicalJson(receiptOf(existing.signed)) === canonicalJson(signed.receipt))
      return 'known';
    const now = Date.now();
    if (Date.parse(at) > now + clockTolerance) {
      const clock = new Date(now).toISOString();
      return refuse('RECEIPT_AHEAD', `made at ${at}, and it is ${clock}; set the serving process’s clock`, 'at');
    }
    const [spoken] = await query(
      'select 1 from receipt_batches where endpoint = $1 and last >= $2 order by last desc limit 1',
      [endpoint, sequence],
    );
    if (spoken !== undefined)
      return refuse('SEQUENCE_REPEATED', `${sequence} is in a batch already, or declared missing`, 'sequence');
    const inserted = await query(
      `insert into receipts (id, endpoint, sequence, at, output, reference, signed) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict do nothing returning 1`,
      [id, endpoint, sequence, at, output, reference ?? null, JSON.stringify(signed)],
    );
    if (inserted.length > 0) return 'stored';
    return refuse('SEQUENCE_REPEATED', `another receipt has the number ${sequence}, or the id`, 'sequence');
  }

  private async select(column: 'id' | 'output' | 'reference', value: string, query: Query): Promise<FoundReceipts> {
    // One more than is shown tells whether there are others.
    const rows = await query<ReceiptRow>(receiptsBy[column], [value]);
    const receipts = rows.slice(0, mostFound).map(({ signed, batch }) => ({
      signed: JSON.parse(signed) as SignedReceipt,
      batch: batch ?? undefined,
    }));
    return { receipts, truncated: rows.length > mostFound };
  }
}

/** Until the transaction's end nobody else takes receipts of this endpoint in, or settles its batches. */
export async function lockEndpoint(query: Query, endpoint: string): Promise<void> {
  await query('select pg_advisory_xact_lock(hashtext($1))', [`receipts ${endpoint}`]);
}

/** It was parsed when it came in. */
export function receiptOf(signed: string): Receipt {
  return (JSON.parse(signed) as SignedReceipt).receipt;
}
