import {
  type BatchPublic,
  batchPublicSchema,
  canonicalJson,
  type ErrorCode,
  missingRuns,
  type Receipt,
  receiptsRoot,
} from '@proofward/evidence';
import { createHash } from 'node:crypto';
import type { Database, Query, Row } from '../database/database.js';
import { lockEndpoint, receiptOf } from './store.js';
import { Windows } from './window.js';

/** A batch that is to be recorded: its id and public fields, which follow from what is stored. */
export interface SettledBatch {
  id: string;
  fields: BatchPublic;
}

/** How receipts become batches, in milliseconds. */
export interface Batching {
  window: number;
  /** How long a number that is left out is waited for, before it is declared missing. */
  patience: number;
}

/** Why a batch waits, or was refused. */
export interface Reason {
  code: ErrorCode;
  message: string;
}

/** A batch, in short. */
export interface BatchOutline {
  batch: string;
  window: BatchPublic['window'];
  first: number;
  last: number;
  count: number;
}

export interface EndpointStatus {
  endpoint: string;
  /** The highest number that has come in. */
  newest: number;
  /** Receipts that are in no recorded batch yet. */
  waiting: number;
  /** Receipts whose number the ledger has given to another one. */
  leftOut: number;
  recorded?: BatchOutline;
  pending?: BatchOutline & { since: string; reason?: Reason };
  /** The newest first. */
  refused: (BatchOutline & { at: string; reason: Reason })[];
}

interface BatchRow extends Row {
  id: string;
  fields: string;
}
interface LooseRow extends Row {
  sequence: number;
  at: string;
  overdue: boolean;
  signed: string;
}

/** The most receipts, and runs of missing numbers, of one batch. */
const mostOfBatch = 10_000;
const mostRuns = 1_000;
/** The most refused batches of an endpoint that are shown. */
const mostRefused = 20;
const isoFormat = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/**
 * Which receipts are in which batch. That is settled before the batch is submitted, in one database transaction: after a crash
 * in between, the same batch is submitted again under the same id.
 */
export class ReceiptBatches {
  private readonly windows: Windows;

  constructor(
    private readonly database: Database,
    private readonly channel: string,
    private readonly site: string,
    private readonly batching: Batching,
  ) {
    this.windows = new Windows(batching.window);
  }

  /** Those that have made a receipt. */
  async endpoints(query: Query = this.database.query): Promise<string[]> {
    // One look into the index for each endpoint, however many receipts it has.
    const rows = await query<{ endpoint: string | null }>(
      `with recursive e as (
         (select min(endpoint) as endpoint from receipts)
         union all select (select min(endpoint) from receipts where endpoint > e.endpoint) from e where e.endpoint is not null
       ) select endpoint from e where endpoint is not null`,
    );
    return rows.flatMap(({ endpoint }) => endpoint ?? []);
  }

  /** The batch that is settled and not recorded yet, or else the next one, if its window is over. */
  settle(endpoint: string, now: number): Promise<SettledBatch | undefined> {
    return this.database.transaction(async (query) => {
      // One at a time: another gateway process on the same database would settle the same receipts.
      await lockEndpoint(query, endpoint);
      const [open] = await query<BatchRow>(
        'select id, fields from receipt_batches where endpoint = $1 and not recorded order by first, window_to limit 1',
        [endpoint],
      );
      if (open !== undefined) return settled(open);
      const batch = await this.plan(query, endpoint, await this.last(query, endpoint), now);
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
    await this.database.query('update receipt_batches set recorded = true, reason = null where id = $1', [id]);
  }

  /** How far each endpoint's receipts and batches are, for who runs the site. */
  status(): Promise<EndpointStatus[]> {
    return this.database.snapshot(async (query) => {
      const all: EndpointStatus[] = [];
      for (const endpoint of await this.endpoints(query)) all.push(await this.statusOf(query, endpoint));
      return all;
    });
  }

  /** Notes why a batch is not recorded yet. @returns whether that is news */
  async waits(id: string, { code, message }: Reason): Promise<boolean> {
    const rows = await this.database.query(
      'update receipt_batches set reason = $2 where id = $1 and reason is distinct from $2 returning 1',
      [id, canonicalJson({ code, message })],
    );
    return rows.length > 0;
  }

  /**
   * A batch that will never be recorded is kept apart, with the reason. Its receipts are free for the next one, which follows
   * what the ledger has: batches of this endpoint that this database does not know are taken over from the read model.
   *
   * @param evenIfAlone also where the read model has no such batch, which may be because it is behind
   * @returns whether it was done
   */
  refuse({ id, fields }: SettledBatch, { code, message }: Reason, evenIfAlone: boolean): Promise<boolean> {
    const { endpoint } = fields;
    return this.database.transaction(async (query) => {
      await lockEndpoint(query, endpoint);
      const known = await this.last(query, endpoint, true);
      const unknown = await this.onLedger(query, endpoint, known?.fields.window.to ?? '');
      if (unknown.length === 0 && !evenIfAlone) return false;
      const taken = await query('delete from receipt_batches where id = $1 and not recorded returning 1', [id]);
      // Another process was faster.
      if (taken.length === 0) return true;
      await query('update receipts set batch = null where batch = $1', [id]);
      await query('insert into refused_batches (id, endpoint, window_to, fields, reason) values ($1, $2, $3, $4, $5)', [
        ...[id, endpoint, fields.window.to, canonicalJson(fields)],
        canonicalJson({ code, message }),
      ]);
      for (const batch of unknown) await this.takeOver(query, batch);
      return true;
    });
  }

  private async statusOf(query: Query, endpoint: string): Promise<EndpointStatus> {
    const last = await this.last(query, endpoint, true);
    const [open] = await query<BatchRow & { reason: string | null; since: string }>(
      `select id, fields, reason, to_char(settled_at at time zone 'utc', '${isoFormat}') as since
       from receipt_batches where endpoint = $1 and not recorded`,
      [endpoint],
    );
    const [counts] = await query<{ newest: number | null; loose: number; left_out: number }>(
      `select (select max(sequence) from receipts where endpoint = $1) as newest,
         count(*) filter (where sequence > $2) as loose, count(*) filter (where sequence <= $2) as left_out
       from receipts where endpoint = $1 and batch is null`,
      [endpoint, last?.fields.last ?? 0],
    );
    const refused = await query<{ id: string; fields: string; reason: string; at: string }>(
      `select id, fields, reason, to_char(refused_at at time zone 'utc', '${isoFormat}') as at
       from refused_batches where endpoint = $1 order by refused_at desc limit ${mostRefused}`,
      [endpoint],
    );
    return {
      endpoint,
      newest: counts?.newest ?? 0,
      waiting: (counts?.loose ?? 0) + (open === undefined ? 0 : settled(open).fields.count),
      leftOut: counts?.left_out ?? 0,
      ...(last === undefined ? {} : { recorded: outline(last) }),
      ...(open === undefined
        ? {}
        : {
            pending: {
              ...outline(settled(open)),
              since: open.since,
              ...(open.reason === null ? {} : { reason: JSON.parse(open.reason) as Reason }),
            },
          }),
      refused: refused.map((row) => ({
        ...outline(settled(row)),
        at: row.at,
        reason: JSON.parse(row.reason) as Reason,
      })),
    };
  }

  private async last(query: Query, endpoint: string, recorded = false): Promise<SettledBatch | undefined> {
    const [row] = await query<BatchRow>(
      `select id, fields from receipt_batches where endpoint = $1 and (recorded or not $2)
       order by window_to desc limit 1`,
      [endpoint, recorded],
    );
    return row && settled(row);
  }

  /** The batches of an endpoint that end after a time, by the ledger. */
  private async onLedger(query: Query, endpoint: string, after: string): Promise<SettledBatch[]> {
    const rows = await query<{ id: string; header: Record<string, unknown> }>(
      `select id, header from records where type = 'batch' and owner = $1 and effective_at > $2 and not deleted
         and sought(header) @> jsonb_build_object('endpoint', $3::text) order by effective_at`,
      [this.site, after, endpoint],
    );
    const names = Object.keys(batchPublicSchema.shape);
    return rows.map(({ id, header }) => ({
      id,
      fields: batchPublicSchema.parse(
        Object.fromEntries(Object.entries(header).filter(([name]) => names.includes(name))),
      ),
    }));
  }

  /** A batch that another one recorded has those of our receipts that are under its root, and where it has others, none. */
  private async takeOver(query: Query, { id, fields }: SettledBatch): Promise<void> {
    const { endpoint, first, last, window, count, root } = fields;
    await query(
      `insert into receipt_batches (id, endpoint, first, last, window_to, fields, recorded)
       values ($1, $2, $3, $4, $5, $6, true)`,
      [id, endpoint, first, last, window.to, canonicalJson(fields)],
    );
    const rows = await query<{ signed: string }>(
      'select signed from receipts where endpoint = $1 and sequence between $2 and $3 order by sequence limit $4',
      [endpoint, first, last, count + 1],
    );
    const ours = rows.map(({ signed }) => receiptOf(signed));
    if (ours.length !== count || receiptsRoot(this.channel, ours) !== root) return;
    await query('update receipts set batch = $1 where endpoint = $2 and sequence between $3 and $4', [
      ...[id, endpoint, first, last],
    ]);
  }

  private async plan(
    query: Query,
    endpoint: string,
    last: SettledBatch | undefined,
    now: number,
  ): Promise<SettledBatch | undefined> {
    const first = (last?.fields.last ?? 0) + 1;
    const from = last === undefined ? await this.firstWindow(query, endpoint, now) : Date.parse(last.fields.window.to);
    // What was refused for one window is not submitted again as it was, but with what the next one adds.
    const refused = await this.lastRefused(query, endpoint);
    const end = this.windows.end(Math.max(from, refused));
    if (end > now) return undefined;
    const { items, isCut } = await this.itemsOf(query, endpoint, first, new Date(end).toISOString());
    const cut = 1 + items.reduce((latest, { at }) => Math.max(latest, Date.parse(at)), from);
    const to =
      items.length === 0
        ? await this.silence(query, endpoint, { first, from, end, now })
        : isCut && cut > refused
          ? cut
          : end;
    if (to === undefined) return undefined;
    const expected = (items.at(-1)?.sequence ?? first - 1) + 1;
    const missing = missingRuns(
      first,
      expected - 1,
      items.map(({ sequence }) => sequence),
    );
    const fields: BatchPublic = {
      endpoint,
      kind: 'receipts',
      window: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      first,
      last: expected - 1,
      count: items.length,
      ...(missing.length === 0 ? {} : { missing }),
      root: receiptsRoot(this.channel, items),
      ...(last === undefined ? {} : { previous: last.id }),
    };
    return { id: this.idOf(fields), fields };
  }

  /**
   * The receipts of a window, in the order of their numbers. What comes after a number that is left out waits for it, and
   * what happened later is of a later window.
   *
   * @returns isCut: there are more than a batch has
   */
  private async itemsOf(
    query: Query,
    endpoint: string,
    first: number,
    end: string,
  ): Promise<{ items: Receipt[]; isCut: boolean }> {
    const rows = await query<LooseRow>(
      `select sequence, at, received_at <= now() - $3 * interval '1 millisecond' as overdue, signed from receipts
       where endpoint = $1 and sequence >= $2 order by sequence limit ${mostOfBatch + 1}`,
      [endpoint, first, this.batching.patience],
    );
    const items: Receipt[] = [];
    let expected = first;
    let runs = 0;
    for (const { sequence, at, overdue, signed } of rows) {
      const isAfterGap = sequence > expected;
      if (at >= end || (isAfterGap && !overdue)) break;
      if (isAfterGap) runs += 1;
      if (items.length === mostOfBatch || runs > mostRuns) return { items, isCut: true };
      items.push(receiptOf(signed));
      expected = sequence + 1;
    }
    return { items, isCut: false };
  }

  private async silence(
    query: Query,
    endpoint: string,
    { first, from, end, now }: { first: number; from: number; end: number; now: number },
  ): Promise<number | undefined> {
    const [next] = await query<{ at: string | null }>(
      'select min(at) as at from receipts where endpoint = $1 and at >= $2 and sequence >= $3',
      [endpoint, new Date(end).toISOString(), first],
    );
    const runs = await query<{ from: string; to: string | null }>(
      `select header->>'from' as from, header->>'to' as to from records
       where type = 'deployment' and owner = $1 and not deleted and sought(header) @> jsonb_build_object('endpoint', $2::text)`,
      [this.site, endpoint],
    );
    const to = this.windows.silence(
      from,
      now,
      runs.map((run) => ({ from: Date.parse(run.from), to: run.to === null ? Infinity : Date.parse(run.to) })),
      next?.at == null ? Infinity : Date.parse(next.at),
    );
    return to === undefined ? undefined : Math.max(to, end);
  }

  private async firstWindow(query: Query, endpoint: string, now: number): Promise<number> {
    const [earliest] = await query<{ at: string }>('select at from receipts where endpoint = $1 order by at limit 1', [
      endpoint,
    ]);
    return this.windows.first(Date.parse(earliest?.at ?? ''), now);
  }

  private async lastRefused(query: Query, endpoint: string): Promise<number> {
    const [row] = await query<{ to: string | null }>(
      'select max(window_to) as to from refused_batches where endpoint = $1',
      [endpoint],
    );
    return row?.to == null ? -Infinity : Date.parse(row.to);
  }

  /** The same window of an endpoint has one id, whoever asks and however often. */
  private idOf({ endpoint, window }: BatchPublic): string {
    const name = createHash('sha256').update(canonicalJson([this.channel, this.site, endpoint, window.to]));
    return `batch:${this.site}/${name.digest('hex').slice(0, 32)}@1`;
  }
}

function settled({ id, fields }: BatchRow): SettledBatch {
  return { id, fields: JSON.parse(fields) as BatchPublic };
}

function outline({ id, fields: { window, first, last, count } }: SettledBatch): BatchOutline {
  return { batch: id, window, first, last, count };
}
