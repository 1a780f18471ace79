import { type Header, headerSchema, privateRecordSchema, type PrivateRecord } from '@proofward/evidence';
import type { Database } from '../database/database.js';
import type { Page } from './page.js';

/** A record as the read model has it. */
export interface StoredRecord {
  header: Header;
  block: number;
  txId: string;
  /** Undefined where the organisation does not hold it. */
  privateRecord: PrivateRecord | undefined;
}

export interface StoredRevision {
  header: Header;
  block: number;
  txId: string;
}

/** An answer and the number of blocks that it was true at. */
export interface AtHeight<T> {
  value: T;
  height: number;
}

interface RecordRow extends Record<string, unknown> {
  height: number;
  id: string;
  header: unknown;
  block: number;
  tx_id: string;
  ordinal: number;
  effective_at: Date;
  private_record: string | null;
}

/** What the join gives where nothing was found. */
interface NoRow extends Record<string, unknown> {
  height: number;
  id: null;
}

const columns = 'r.id, r.header, r.block, r.tx_id, r.ordinal, r.effective_at, p.record as private_record';
const tables = 'records r left join private_records p on p.commitment = r.commitment';

/** Reads the projected records. Rows and height come from one statement, so they belong together. */
export class Records {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<AtHeight<StoredRecord | undefined>> {
    const { rows, height } = await this.select(`select ${columns} from ${tables} where r.id = $1 and not r.deleted`, [
      id,
    ]);
    const [row] = rows;
    return { value: row && storedRecord(row), height };
  }

  async list(page: Page): Promise<AtHeight<{ records: StoredRecord[]; next: string | undefined }>> {
    const { conditions, orderBy, limit } = page;
    // One more than asked for tells whether there is another page.
    const { rows, height } = await this.select(
      `select ${columns} from ${tables} where ${conditions.sql} order by ${orderBy} limit ${limit + 1}`,
      conditions.values,
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last !== undefined ? page.cursorAfter(last) : undefined;
    return { value: { records: shown.map(storedRecord), next }, height };
  }

  async history(id: string): Promise<AtHeight<StoredRevision[]>> {
    const { rows, height } = await this.select(
      `select v.id, v.header, v.block, v.tx_id, 0 as ordinal, now() as effective_at, null as private_record
       from revisions v where v.id = $1 order by v.revision desc`,
      [id],
    );
    return {
      value: rows.map(({ header, block, tx_id }) => ({ header: headerSchema.parse(header), block, txId: tx_id })),
      height,
    };
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

  private async select(text: string, values: readonly unknown[]): Promise<{ rows: RecordRow[]; height: number }> {
    const rows = await this.database.query<RecordRow | NoRow>(
      `select h.next_block as height, x.* from projection h left join lateral (${text}) x on true`,
      values,
    );
    return { rows: rows.filter((row) => row.id !== null), height: rows[0]?.height ?? 0 };
  }
}

function storedRecord({ header, block, tx_id, private_record }: RecordRow): StoredRecord {
  return {
    header: headerSchema.parse(header),
    block,
    txId: tx_id,
    privateRecord: private_record === null ? undefined : privateRecordSchema.parse(JSON.parse(private_record)),
  };
}
