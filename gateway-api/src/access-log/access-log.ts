import { formatTime, ProofwardError } from '@proofward/evidence';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, prepared, type Query } from '../database/database.js';
import { reasonOf } from '../failure.js';
import type { Caller } from '../identity/authenticator.js';
import { Loop } from '../loop.js';

/** How long a read waits for its entry. */
const patienceMs = 2_000;
/** How often what is too old is looked for, and how much of it one statement deletes. */
const pruneEveryMs = 3_600_000;
const pruneBatch = 10_000;
const dayMs = 86_400_000;

const insertion = prepared(
  `insert into access_log (at, caller, identity, role, operation, record)
   select $1, $2, $3, $4, $5, record from unnest($6::text[]) as r(record)`,
);

/**
 * Who of this organisation was shown which private record. An entry is on the disk before the answer leaves; a read whose
 * entry cannot be written is refused. A refused read may have an entry all the same: too many are no harm, too few are.
 */
export class AccessLog {
  private readonly loop = new Loop(() => this.prune(), pruneEveryMs);

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly retentionDays: number,
    private readonly log: Logger,
  ) {}

  /**
   * Writes what this request has been shown since the last call.
   *
   * @throws ProofwardError ACCESS_LOG_UNAVAILABLE
   */
  async write({ name, identity, role, reads }: Caller, operation: string): Promise<void> {
    const records = [...reads];
    if (records.length === 0) return;
    reads.clear();
    const at = formatTime(Date.now());
    const written = this.database.query(insertion, [at, name, identity, role, operation, records]);
    const waiting = new AbortController();
    try {
      await Promise.race([
        written,
        delay(patienceMs, undefined, { signal: waiting.signal }).then(() => {
          throw new Error(`no answer within ${patienceMs} ms`);
        }),
      ]);
    } catch (cause) {
      // It may still fail after nobody waits for it any more.
      written.catch(() => undefined);
      this.log.error(
        { reason: reasonOf(cause), operation },
        'a read of private records was refused: it cannot be logged',
      );
      throw new ProofwardError('ACCESS_LOG_UNAVAILABLE', 'that this is read cannot be logged, so it is not shown', {
        cause,
      });
    } finally {
      waiting.abort();
    }
  }

  /** Deletes what is too old, from time to time, until it is stopped. */
  run(): Promise<void> {
    return this.loop.run();
  }

  stop(): void {
    this.loop.stop();
  }

  private async prune(): Promise<void> {
    try {
      const before = formatTime(Date.now() - this.retentionDays * dayMs);
      while ((await pruneOnce(this.database.query, before)) === pruneBatch);
    } catch (error) {
      // The table is not there before the first migration, and the database may be down.
      this.log.debug({ reason: reasonOf(error) }, 'entries of the access log stay for now');
    }
  }
}

/** How many entries from before that time were deleted. */
async function pruneOnce(query: Query, before: string): Promise<number> {
  const [row] = await query<{ count: number }>(
    `with gone as (
       delete from access_log where id in (select id from access_log where at < $1 order by at, id limit ${pruneBatch})
       returning 1
     ) select count(*) as count from gone`,
    [before],
  );
  return row?.count ?? 0;
}
