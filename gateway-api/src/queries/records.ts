import { type Header, type HeaderOf, headerSchema, type PrivateRecord, type RecordType } from '@proofward/evidence';
import type { Database, Query, Row } from '../database/database.js';
import { Limiter } from '../ledger/limiter.js';
import { Conditions } from './filters.js';
import type { Page } from './page.js';
import { addPast, type Past, sourceOf } from './past.js';

/**
 * A private part as the organisation has it: `missing` where it never held one or it has not arrived, `erased` where it
 * was purged from the ledger.
 */
export type PrivatePart = PrivateRecord | 'missing' | 'erased';

/**
 * What the network's clock says against the time that a revision's transaction claims: it is older than what was on the
 * ledger before it, or later than what others have claimed since.
 */
export const clockMarks = ['behind', 'ahead'] as const;
export type ClockMark = (typeof clockMarks)[number];

/** A record as the read model has it. */
export interface StoredRecord {
  header: Header;
  block: number;
  txId: string;
  clock: ClockMark | undefined;
  privatePart: PrivatePart;
}

/** A record that stands beside another one, because it says something of it that readers of that one must see. */
export interface Beside {
  id: string;
  type: RecordType;
  status: string;
  recordedAt: string;
}

/** An amendment of a record that is read, with its private part. */
export type StoredAmendment = StoredRecord & { header: HeaderOf<'amendment'> };

/** What is shown beside each record that it is said of. */
const besideTypes: readonly RecordType[] = ['response', 'incident', 'dispute', 'dispute-statement'];
const mostBeside = 100;

export interface StoredRevision {
  header: Header;
  block: number;
  txId: string;
  clock: ClockMark | undefined;
  /** Why, where the organisation holds the note of it. */
  reasonCode: string | undefined;
}

/** An answer and the number of blocks that it was true at. */
export interface AtHeight<T> {
  value: T;
  height: number;
}

interface FoundRow extends Row {
  height: number;
  id: string;
  header: unknown;
  block: number;
  tx_id: string;
  clock: ClockMark | null;
}

interface RecordRow extends FoundRow {
  ordinal: number;
  effective_at: string;
  private_record: string | null;
  private_erased: boolean;
}

/** A row of a page, which knows how many were found. */
interface PageRow extends RecordRow {
  found: number;
}

interface RevisionRow extends FoundRow {
  reason_code: string | null;
}

/** What the join gives where nothing was found. */
interface NoRow extends Row {
  height: number;
  id: null;
}

const now: Past = { asOf: undefined, knownAt: undefined };

/** A column, of a table beside the projection `h`. Nobody is found to be ahead by the word of one other organisation. */
export const clockMark = (of: string) => `case when ${of}.is_behind then 'behind'
  when ${of}.recorded_at > h.ahead_from and (select count(*) from organization_clocks c
    where c.block > ${of}.block and c.msp_id <> ${of}.header->>'author') >= 2 then 'ahead' end as clock`;
const columns = `r.id, r.header, r.block, r.tx_id, r.ordinal, r.effective_at, r.private_erased, ${clockMark('r')},
  p.record as private_record`;
/** One look into the index for each record that is shown; a join is planned as a read of the whole table. */
const privateParts = `left join lateral (
  select record from private_records where id = r.id and commitment = r.commitment limit 1
) p on true`;

/** A page ends earlier than its limit where its private parts have more bytes than this. */
const largestPage = 8 * 1024 * 1024;

/** Whole lists that are read at a time: each holds one of the pool's connections. */
const concurrentWalks = 4;
/** Whoever reads nothing of a list for so long does not get the rest. */
const walkIdleMs = 30_000;

/** A whole list of one state of the read model. */
export interface Walk {
  height: number;
  /** Reads more of that state. */
  query: Query;
  /** One page after the other. */
  pages: AsyncGenerator<StoredRecord[]>;
  close(): Promise<void>;
}

/** Reads the projected records. Rows and height come from one statement, so they belong together. */
export class Records {
  private readonly walks = new Limiter(concurrentWalks, 'lists');

  constructor(private readonly database: Database) {}

  async find(
    id: string,
    past: Past = now,
    query: Query = this.database.query,
  ): Promise<AtHeight<(StoredRecord & { beside: Beside[]; amendments: StoredAmendment[] }) | undefined>> {
    const conditions = new Conditions();
    conditions.add([id], (at) => `r.id = ${at} and not r.deleted`);
    addPast(past, conditions);
    const source = sourceOf(past);
    const saying = new Conditions(conditions.values);
    saying.add(
      [id, besideTypes],
      (to, types) =>
        `r.id in (select from_id from record_references where to_id = ${to} and from_type = any(${types}::text[]))`,
    );
    saying.add([], () => 'not r.deleted');
    addPast(past, saying);
    const amending = new Conditions(conditions.values);
    amending.add(
      [id],
      (to) =>
        `r.id in (select from_id from record_references where to_id = ${to} and from_type = 'amendment' and relation = 'record')`,
    );
    amending.add([], () => 'not r.deleted');
    addPast(past, amending);
    const { value, height } = await this.select<RecordRow & { beside: Beside[]; amendments: RecordRow[] }>(
      `select ${columns}, (
         select coalesce(json_agg(b), '[]') from (
           select r.id, r.type, r.header->>'status' as status, r.recorded_at as "recordedAt"
           from ${source} r where ${saying.sql} order by r.ordinal desc limit ${mostBeside}
         ) b
       ) as beside, (
         select coalesce(json_agg(a), '[]') from (
           select ${columns} from (
             select r.* from ${source} r where ${amending.sql} order by r.ordinal desc limit ${mostBeside}
           ) r ${privateParts} order by r.ordinal desc
         ) a
       ) as amendments
       from ${source} r ${privateParts} where ${conditions.sql}`,
      conditions.values,
      query,
    );
    const [row] = value;
    return {
      value: row && {
        ...storedRecord(row),
        beside: row.beside,
        amendments: row.amendments.map((found) => storedRecord(found) as StoredAmendment),
      },
      height,
    };
  }

  async list(
    page: Page,
    query: Query = this.database.query,
  ): Promise<AtHeight<{ records: StoredRecord[]; next: string | undefined }>> {
    const { source, conditions, orderBy, limit } = page;
    // One more than asked for tells whether there is another page.
    const { value, height } = await this.select<PageRow>(
      `select * from (
         select ${columns}, count(*) over () as found,
           sum(octet_length(p.record)) over (order by ${orderBy} rows between unbounded preceding and 1 preceding) as before
         from (select * from ${source} r where ${conditions.sql} order by ${orderBy} limit ${limit + 1}) r ${privateParts}
         order by ${orderBy}
       ) page where coalesce(before, 0) <= ${largestPage}`,
      conditions.values,
      query,
    );
    const shown = value.slice(0, limit);
    const last = shown.at(-1);
    const next = last !== undefined && last.found > shown.length ? page.cursorAfter(last) : undefined;
    return { value: { records: shown.map(storedRecord), next }, height };
  }

  /**
   * A list from its first page to its last, page after page as they are asked for, all of one state of the read model.
   *
   * @throws ProofwardError BUSY, READ_MODEL_UNAVAILABLE
   */
  async walk(pageAfter: (cursor: string | undefined) => Page): Promise<Walk> {
    const leave = this.walks.enter();
    const snapshot = await this.database.openSnapshot(walkIdleMs).catch((error: unknown) => {
      leave();
      throw error;
    });
    const close = async () => {
      await snapshot.close();
      leave();
    };
    const read = (cursor?: string) => this.list(pageAfter(cursor), snapshot.query);
    try {
      const { value: first, height } = await read();
      const pages = async function* () {
        yield first.records;
        for (let { next } = first; next !== undefined;) {
          const { value } = await read(next);
          yield value.records;
          ({ next } = value);
        }
      };
      return { height, query: snapshot.query, pages: pages(), close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  async history(id: string, query: Query = this.database.query): Promise<AtHeight<StoredRevision[]>> {
    const { value, height } = await this.select<RevisionRow>(
      `select v.id, v.header, v.block, v.tx_id, n.reason_code, ${clockMark('v')}
       from revisions v left join transition_notes n on n.id = v.id and n.revision = v.revision
       where v.id = $1 order by v.revision desc`,
      [id],
      query,
    );
    const revisions = value.map(({ header, block, tx_id, clock, reason_code }) => ({
      header: headerSchema.parse(header),
      block,
      txId: tx_id,
      clock: clock ?? undefined,
      reasonCode: reason_code ?? undefined,
    }));
    return { value: revisions, height };
  }

  async transaction(txId: string): Promise<{ block: number; code: number } | undefined> {
    const [row] = await this.database.query<{ block: number; code: number }>(
      'select block, code from transactions where tx_id = $1',
      [txId],
    );
    return row;
  }

  /** What the projection has counted, for readyz. */
  async counts(): Promise<{ records: number; missingPrivate: number; ignoredWrites: number }> {
    const [row] = await this.database.query<{ records: number; missing: number; ignored: number }>(
      `select created_records as records, ignored_writes as ignored,
       (select count(*) from missing_private) as missing from projection`,
    );
    return { records: row?.records ?? 0, missingPrivate: row?.missing ?? 0, ignoredWrites: row?.ignored ?? 0 };
  }

  private async select<R extends FoundRow>(
    text: string,
    values: readonly unknown[],
    query: Query = this.database.query,
  ): Promise<AtHeight<R[]>> {
    const rows = await query<R | NoRow>(
      `select h.next_block as height, x.* from projection h left join lateral (${text}) x on true`,
      values,
    );
    return { value: rows.filter((row): row is R => row.id !== null), height: rows[0]?.height ?? 0 };
  }
}

function storedRecord({ header, block, tx_id, clock, private_record, private_erased }: RecordRow): StoredRecord {
  return {
    header: headerSchema.parse(header),
    block,
    txId: tx_id,
    clock: clock ?? undefined,
    // The projection has parsed it, and stores nothing else; a large one takes seconds to parse with its schema.
    privatePart:
      private_record === null ? (private_erased ? 'erased' : 'missing') : (JSON.parse(private_record) as PrivateRecord),
  };
}
