import {
  digestSchema,
  type Header,
  headerSchema,
  idSchema,
  isPrivateHeader,
  ProofwardError,
  recordTypes,
} from '@proofward/evidence';
import { z } from 'zod';
import type { Database, Row } from '../database/database.js';
import { encodeCursor, decodeCursor } from './cursor.js';

/** Where a record has a digest: in the header, or at a JSON pointer into its private part. */
export interface Match {
  in: 'commitment' | 'createdTx' | 'root' | 'private';
  pointer?: string;
}

export interface Found {
  header: Header;
  block: number;
  txId: string;
  matches: Match[];
}

interface FoundRow extends Row {
  height: number;
  id: string | null;
  header: unknown;
  block: number;
  tx_id: string;
  pointers: string[] | null;
}

/** A file may be listed many times in one record; what is shown of that is bounded. */
const maximumPointers = 100;

const cursorSchema = z.tuple([digestSchema, idSchema(...recordTypes)]);

/**
 * The records that have a digest, by their ids. Private parts are looked at where `mayReadPrivate`, and only this
 * organisation's copies are there to be looked at: of any other record the answer is that of a digest nobody has.
 *
 * @throws ProofwardError INVALID_CURSOR
 */
export async function searchDigest(
  database: Database,
  digest: string,
  { mayReadPrivate, limit, cursor }: { mayReadPrivate: boolean; limit: number; cursor: string | undefined },
): Promise<{ found: Found[]; next: string | undefined; height: number }> {
  let after = '';
  if (cursor !== undefined) {
    const [of, id] = decodeCursor(cursor, cursorSchema);
    if (of !== digest) throw new ProofwardError('INVALID_CURSOR', 'the cursor is one of another digest');
    after = id;
  }
  const rows = await database.query<FoundRow>(
    `select h.next_block as height, x.* from projection h left join lateral (
       select r.id, r.header, r.block, r.tx_id, p.pointers from (
         (select id from records where commitment = $1 and id collate "C" > $2)
         union (select id from records where sought(header) @> jsonb_build_object('createdTx', $1::text) and id collate "C" > $2)
         union (select id from records where header->>'root' = $1 and id collate "C" > $2
           order by id collate "C" limit $4)
         union (select id from (
           select distinct id collate "C" as id from private_digests
           where $3 and digest = $1 and id collate "C" > $2 order by 1 limit $4
         ) held)
       ) found
       -- Planned by itself: joined, it becomes a read of the whole table where nothing is known of that yet.
       cross join lateral (select * from records where id = found.id and not deleted offset 0) r
       left join lateral (
         select array_agg(pointer) as pointers from (
           select pointer from private_digests
           where $3 and digest = $1 and id = r.id and commitment = r.commitment limit ${maximumPointers}
         ) shown
       ) p on true
       order by r.id collate "C" limit $4
     ) x on true`,
    [digest, after, mayReadPrivate, limit + 1],
  );
  const all = rows.filter((row): row is FoundRow & { id: string } => row.id !== null);
  const shown = all.slice(0, limit);
  const last = shown.at(-1);
  return {
    found: shown.map(({ header, block, tx_id, pointers }) => {
      const parsed = headerSchema.parse(header);
      const matches: Match[] = (pointers ?? [])
        .map((text) => ({ in: 'private' as const, pointer: JSON.parse(text) as string }))
        .sort((a, b) => (a.pointer < b.pointer ? -1 : 1));
      if (parsed.type === 'batch' && parsed.root === digest) matches.unshift({ in: 'root' });
      if (parsed.createdTx === digest) matches.unshift({ in: 'createdTx' });
      if (isPrivateHeader(parsed) && parsed.commitment === digest) matches.unshift({ in: 'commitment' });
      return { header: parsed, block, txId: tx_id, matches };
    }),
    next: all.length > limit && last !== undefined ? encodeCursor([digest, last.id]) : undefined,
    height: rows[0]?.height ?? 0,
  };
}
