import { type Header, headerSchema, ProofwardError } from '@proofward/evidence';
import { z } from 'zod';
import type { Database, Row } from '../database/database.js';
import { decodeCursor, encodeCursor } from './cursor.js';

/** A revision of a header, in the order of the ledger. */
export interface Change {
  header: Header;
  block: number;
  txId: string;
  /** The feed's place after this change. */
  cursor: string;
}

interface ChangeRow extends Row {
  genesis: string | null;
  height: number;
  block: number | null;
  position: number;
  tx_id: string;
  header: unknown;
}

/** A channel that was made anew has other blocks, so a place names its channel too. */
const cursorSchema = z.tuple([z.string().max(16), z.int().min(-1), z.int().min(-1)]);
const channelOf = (genesis: string | null) => (genesis ?? '').slice(0, 16);

/**
 * The revisions after a place, oldest first. A place is one of the chain, so it stays what it was when the read model is
 * built again.
 *
 * @throws ProofwardError INVALID_CURSOR
 */
export async function readFeed(
  database: Database,
  after: string | undefined,
  limit: number,
): Promise<{ changes: Change[]; height: number }> {
  const [channel, block, position] = after === undefined ? [undefined, -1, -1] : decodeCursor(after, cursorSchema);
  const rows = await database.query<ChangeRow>(
    `select p.genesis, p.next_block as height, x.* from projection p left join lateral (
       select block, position, tx_id, header from revisions
       where (block, position) > ($1::bigint, $2::integer) order by block, position limit $3
     ) x on true`,
    [block, position, limit],
  );
  const current = channelOf(rows[0]?.genesis ?? null);
  if (channel !== undefined && channel !== current) {
    throw new ProofwardError('INVALID_CURSOR', 'the cursor is one of another channel; begin without one');
  }
  const changes = rows.flatMap((row) =>
    row.block === null
      ? []
      : [
          {
            header: headerSchema.parse(row.header),
            block: row.block,
            txId: row.tx_id,
            cursor: encodeCursor([current, row.block, row.position]),
          },
        ],
  );
  return { changes, height: rows[0]?.height ?? 0 };
}
