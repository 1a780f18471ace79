import { ProofwardError } from '@proofward/evidence';
import pg from 'pg';
import type { Logger } from 'pino';
import { isError } from '../failure.js';
import { migrations } from './migrations.js';

// Block numbers and counts stay below 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** Any number; all Proofward processes agree on it, so that only one migrates a database at a time. */
const migrationLock = 7_262_316;

export type Row = Record<string, unknown>;

/** A statement that each connection plans once, and not each time that it is asked. */
export interface Prepared {
  name: string;
  text: string;
}
export type Query = <R extends Row>(statement: string | Prepared, values?: readonly unknown[]) => Promise<R[]>;

const statements = new Map<string, Prepared>();

/** For texts that no request has a part in: each connection keeps every one that it has seen. */
export function prepared(text: string): Prepared {
  const known = statements.get(text);
  if (known !== undefined) return known;
  const statement = { name: `proofward_${statements.size + 1}`, text };
  statements.set(text, statement);
  return statement;
}

/** The read model's PostgreSQL. It may be down: reads then say so, and it comes back by itself. */
export class Database {
  private readonly pool: pg.Pool;
  private migrated = false;

  constructor(url: string, log: Logger) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: 12,
      connectionTimeoutMillis: 3_000,
      idleTimeoutMillis: 30_000,
      statement_timeout: 15_000,
      types,
    });
    this.pool.on('error', (error) => {
      log.warn({ reason: error.message }, 'a connection to the database was lost');
    });
  }

  /** @throws ProofwardError READ_MODEL_UNAVAILABLE */
  readonly query: Query = async <R extends Row>(statement: string | Prepared, values: readonly unknown[] = []) => {
    try {
      const { rows } = await this.pool.query<R>(configOf(statement, values));
      return rows;
    } catch (error) {
      throw asUnavailable(error);
    }
  };

  /** Runs the work in one transaction. */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const { query, release } = await this.checkOut();
    try {
      await query('begin');
      const result = await work(query);
      await query('commit');
      release();
      return result;
    } catch (error) {
      await query('rollback').then(
        () => {
          release();
        },
        () => {
          release(new Error('rollback failed'));
        },
      );
      throw error;
    }
  }

  /** Reads in one transaction that sees one state of the database. */
  async snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const { query, close } = await this.openSnapshot();
    try {
      return await work(query);
    } finally {
      // What was read is no other for its end, so nobody waits for that.
      void close();
    }
  }

  /**
   * One state of the database for reads that last as long as somebody reads what was read, until it is closed.
   *
   * @param idleMs after so long between two reads the database ends it, and the next read fails
   */
  async openSnapshot(idleMs?: number): Promise<{ query: Query; close: () => Promise<void> }> {
    const { query, release } = await this.checkOut();
    const close = () =>
      query('rollback').then(
        () => {
          release();
        },
        () => {
          release(new Error('rollback failed'));
        },
      );
    try {
      await query('begin isolation level repeatable read, read only');
      if (idleMs !== undefined) await query(`set local idle_in_transaction_session_timeout = ${idleMs}`);
      return { query, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** A connection of one's own, until it is released; with an error it is not used again. */
  private async checkOut(): Promise<{ query: Query; release: (error?: Error) => void }> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw asUnavailable(error);
    });
    let broken: Error | undefined;
    // Between checkout and release an error of the connection is ours to hear.
    const onError = (error: Error) => {
      broken = error;
    };
    client.on('error', onError);
    return {
      query: async <R extends Row>(statement: string | Prepared, values: readonly unknown[] = []) => {
        try {
          return (await client.query<R>(configOf(statement, values))).rows;
        } catch (error) {
          throw asUnavailable(error);
        }
      },
      release: (error) => {
        client.off('error', onError);
        client.release(broken ?? error);
      },
    };
  }

  /** Brings the schema to this version. */
  async migrate(): Promise<void> {
    if (this.migrated) return;
    await this.transaction(async (query) => {
      // An index over many records takes longer than a query may.
      await query('set local statement_timeout = 0');
      await query('select pg_advisory_xact_lock($1)', [migrationLock]);
      await query('create table if not exists schema_version (version integer primary key)');
      const [row] = await query<{ version: number | null }>('select max(version) as version from schema_version');
      const version = row?.version ?? 0;
      if (version > migrations.length) throw new Error(`the database has schema ${version}, newer than this gateway`);
      for (let next = version; next < migrations.length; next++) {
        await query(migrations[next] ?? '');
        await query('insert into schema_version values ($1)', [next + 1]);
      }
    });
    this.migrated = true;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

function configOf(statement: string | Prepared, values: readonly unknown[]): pg.QueryConfig {
  return { ...(typeof statement === 'string' ? { text: statement } : statement), values: [...values] };
}

/** SQLSTATE classes: connection, resources, operator intervention, crash; and a schema that is not there yet. */
const unavailable = /^(08|53|57|58|XX)|^(42P01|3D000|25006)$/;

function asUnavailable(error: unknown): unknown {
  if (error instanceof ProofwardError || !isError(error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const isServerError = error instanceof pg.DatabaseError;
  if (isServerError && (code === undefined || !unavailable.test(code))) return error;
  return new ProofwardError('READ_MODEL_UNAVAILABLE', 'the database of the read model does not answer', {
    cause: error,
  });
}
