import type { Header, PrivateRecord } from '@proofward/evidence';
import { type Prepared, prepared, type Query, type Row } from '../database/database.js';
import type { Past } from './past.js';
import { type ClockMark, clockMark, type PrivatePart, type StoredRecord } from './records.js';

/** A revision of a header, and the transaction that wrote it. */
export interface ToldRevision {
  header: Header;
  block: number;
  txId: string;
  clock: ClockMark | undefined;
  /** By the network's clock. */
  knownAt: string;
}

/** A record with all that became of it, so that it can be shown as it stood at any time. */
export interface Story {
  id: string;
  /** Its place in the order of creation. */
  ordinal: number;
  /** From the first on. */
  revisions: ToldRevision[];
  privatePart: PrivatePart;
}

/** The projection has parsed headers and private records, and stores nothing else. */
interface StoryRow extends Row {
  id: string;
  ordinal: number;
  private_erased: boolean;
  private_record: string | null;
  revisions: [block: number, txId: string, clock: ClockMark | null, knownAt: string, header: Header][];
}

/**
 * Reads the stories of the records whose ids a subquery gives, in the order of their creation; those whose header was deleted
 * have none. One statement for all of them: a trace shows some twenty records.
 *
 * @param ids SQL with placeholders
 */
export function storiesOf(ids: string): Prepared {
  return prepared(
    `select r.id, r.ordinal, r.private_erased, p.record as private_record, v.revisions
     from projection h cross join unnest(array(${ids})) found (id)
     -- Planned by itself: joined, it becomes a read of the whole table where nothing is known of that yet.
     cross join lateral (select * from records where id = found.id and not deleted offset 0) r
     cross join lateral (
       select json_agg(json_build_array(block, tx_id, clock, known_at, header) order by revision) as revisions
       from (select w.block, w.tx_id, w.known_at, w.header, w.revision, ${clockMark('w')} from revisions w where w.id = r.id) w
     ) v
     left join lateral (
       select record from private_records where id = r.id and commitment = r.commitment limit 1
     ) p on true
     order by r.ordinal`,
  );
}

/**
 * @param stories made by `storiesOf`
 * @param values of its placeholders
 */
export async function readStories(query: Query, stories: Prepared, values: readonly unknown[]): Promise<Story[]> {
  const rows = await query<StoryRow>(stories, values);
  return rows.map(({ id, ordinal, private_erased, private_record, revisions }) => ({
    id,
    ordinal,
    revisions: revisions.map(([block, txId, clock, knownAt, header]) => ({
      header,
      block,
      txId,
      clock: clock ?? undefined,
      knownAt,
    })),
    privatePart:
      private_record === null ? (private_erased ? 'erased' : 'missing') : (JSON.parse(private_record) as PrivateRecord),
  }));
}

/**
 * A record as it stood: its last revision that had happened and was recorded by then; undefined where there was none. The same
 * as `addPast` has it for lists.
 */
export function stoodAt({ revisions, privatePart }: Story, { asOf, knownAt }: Past): StoredRecord | undefined {
  const found = revisions.findLast(
    ({ header: { effectiveAt }, knownAt: known }) =>
      (asOf === undefined || effectiveAt <= asOf) && (knownAt === undefined || known <= knownAt),
  );
  return found && { ...found, privatePart };
}
