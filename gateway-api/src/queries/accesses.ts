import { callerRoles, digestSchema, idSchema, recordTypes, timeSchema } from '@proofward/evidence';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Database, Row } from '../database/database.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { Conditions, momentSchema } from './filters.js';
import { one } from './page.js';

const nameSchema = z.string().min(1).max(256);

/** The filters of the access log: AND across names, OR on repeats. */
export const accessFilters = {
  record: { description: 'The id of a record; may be repeated.', schema: idSchema(...recordTypes) },
  caller: { description: 'The API key, as whoami names it; may be repeated.', schema: nameSchema },
  role: { description: 'May be repeated.', schema: z.enum(callerRoles) },
  operation: { description: 'The operation of the API, such as getModel; may be repeated.', schema: nameSchema },
} as const;
export const accessTimes = {
  from: { description: 'From this moment on (a day is its beginning, UTC).', schema: momentSchema },
  to: { description: 'Before this moment.', schema: momentSchema },
} as const;

/** That a caller was shown a record's private part, or something of it. */
export interface Access {
  at: string;
  caller: string;
  identity: string;
  role: string;
  operation: string;
  record: string;
}

interface AccessRow extends Access, Row {
  id: number;
}

/**
 * A page of the access log, newest first.
 *
 * @throws ProofwardError INVALID_FIELD, INVALID_CURSOR
 */
export async function readAccesses(
  database: Database,
  query: URLSearchParams,
  limit: number,
  cursor: string | undefined,
): Promise<{ accesses: Access[]; next: string | undefined }> {
  const conditions = new Conditions();
  const asked: unknown[] = [];
  for (const [name, { schema }] of Object.entries(accessFilters)) {
    const texts = query.getAll(name);
    if (texts.length === 0) continue;
    const values = texts.map((text) => one(new URLSearchParams({ [name]: text }), name, schema));
    conditions.add([values], (at) => `${name} = any(${at}::text[])`);
    asked.push([name, texts]);
  }
  for (const [name, { schema }] of Object.entries(accessTimes)) {
    const moment = one(query, name, schema);
    if (moment === undefined) continue;
    conditions.add([moment], (at) => `at ${name === 'from' ? '>=' : '<'} ${at}::text`);
    asked.push([name, moment]);
  }
  // A cursor belongs to one list.
  const list = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
  if (cursor !== undefined) {
    const place = decodeCursor(cursor, z.tuple([digestSchema.and(z.literal(list)), timeSchema, z.int().min(0)]));
    conditions.add(place.slice(1), (at, id) => `(at, id) < (${at}::text, ${id}::bigint)`);
  }
  conditions.add([], () => 'true');
  const rows = await database.query<AccessRow>(
    `select id, at, caller, identity, role, operation, record from access_log
     where ${conditions.sql} order by at desc, id desc limit ${limit + 1}`,
    conditions.values,
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    accesses: shown.map(({ at, caller, identity, role, operation, record }) => ({
      at,
      caller,
      identity,
      role,
      operation,
      record,
    })),
    next: last && encodeCursor([list, last.at, last.id]),
  };
}
