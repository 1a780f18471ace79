import type { Conditions } from './filters.js';

/** The moments of which a reader wants the records, both inclusive. */
export interface Past {
  /** As the records stood then, by when things happened. */
  asOf: string | undefined;
  /** As far as it was recorded by then, by the network's clock: a transaction's own time is its client's claim. */
  knownAt: string | undefined;
}

/** The table that is read as `r`: the records as they are, or every revision of them. */
export function sourceOf(past: Past): string {
  if (past.asOf === undefined && past.knownAt === undefined) return 'records';
  return `(select v.id, v.type, v.owner, v.ordinal, v.commitment, v.recorded_at, v.known_at, v.is_behind,
    v.effective_at, v.block, v.tx_id, v.header,
    v.revision, c.deleted, c.private_erased from revisions v join records c on c.id = v.id)`;
}

/**
 * Of each record the last revision that had happened and was recorded: a revision builds on the one before it, so a later
 * one counts even where it claims an earlier time.
 */
export function addPast(past: Past, conditions: Conditions): void {
  const times = [
    ['effective_at', past.asOf],
    ['known_at', past.knownAt],
  ].filter((time): time is [string, string] => time[1] !== undefined);
  if (times.length === 0) return;
  conditions.add(
    times.map(([, moment]) => moment),
    (...at) => {
      const holds = (table: string) =>
        times.map(([column], index) => `${table}.${column} <= ${at[index] ?? ''}::text`).join(' and ');
      return `${holds('r')} and not exists (
        select 1 from revisions l where l.id = r.id and l.revision > r.revision and ${holds('l')})`;
    },
  );
}
