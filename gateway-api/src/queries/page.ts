import { canonicalJson, ProofwardError, type RecordType } from '@proofward/evidence';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Conditions, addFilters } from './filters.js';

/**
 * The orders of a list. Each ends in the ordinal, the record's place in the order of creation on the ledger, so a cursor
 * names a place that later records do not move.
 */
const orders = {
  recorded: { column: 'r.ordinal', cast: 'bigint' },
  effective: { column: 'r.effective_at', cast: 'timestamptz' },
  id: { column: 'r.id', cast: 'text' },
} as const;
export const sorts = ['-recorded', 'recorded', '-effective', 'effective', 'id', '-id'] as const;

export const defaultLimit = 50;
export const maximumLimit = 200;

const cursorSchema = z.tuple([
  z.string(),
  z.union([z.int().min(0), z.iso.datetime(), z.string().regex(/^[a-z]+:[a-z0-9./@_-]+$/)]),
  z.int().min(0),
]);

/** One page of a list, as a query asks for it. */
export interface Page {
  conditions: Conditions;
  orderBy: string;
  limit: number;
  /** The cursor after a row. */
  cursorAfter(row: { ordinal: number; effective_at: Date; id: string }): string;
}

/** @throws ProofwardError UNKNOWN_FILTER, INVALID_FIELD, INVALID_CURSOR */
export function readPage(type: RecordType, query: URLSearchParams): Page {
  const sort = one(query, 'sort', z.enum(sorts)) ?? '-recorded';
  const limit = one(
    query,
    'limit',
    z
      .string()
      .regex(/^\d{1,4}$/)
      .transform(Number)
      .pipe(z.int().min(1).max(maximumLimit)),
  );
  const cursor = query.getAll('cursor');
  const filters = new Map<string, string[]>();
  for (const name of new Set(query.keys())) {
    if (!['sort', 'limit', 'cursor', 'minBlock'].includes(name)) filters.set(name, query.getAll(name));
  }

  const conditions = new Conditions();
  conditions.add([type], (at) => `r.type = ${at} and not r.deleted`);
  addFilters(type, filters, conditions);

  const descending = sort.startsWith('-');
  const order = orders[(descending ? sort.slice(1) : sort) as keyof typeof orders];
  const direction = descending ? 'desc' : 'asc';
  // A cursor belongs to one list: another order or filter would make it mean another place.
  const list = digest([type, sort, [...filters]]);
  if (cursor.length > 0) {
    const [, key, ordinal] = readCursor(cursor, list, order.cast);
    conditions.add(
      [key, ordinal],
      (at, next) => `(${order.column}, r.ordinal) ${descending ? '<' : '>'} (${at}::${order.cast}, ${next}::bigint)`,
    );
  }
  return {
    conditions,
    orderBy: `${order.column} ${direction}, r.ordinal ${direction}`,
    limit: limit ?? defaultLimit,
    cursorAfter: (row) => {
      const key =
        order === orders.recorded ? row.ordinal : order === orders.id ? row.id : row.effective_at.toISOString();
      return Buffer.from(JSON.stringify([list, key, row.ordinal])).toString('base64url');
    },
  };
}

/** The only value of a parameter, or undefined where it is absent. */
export function one<T>(query: URLSearchParams, name: string, schema: z.ZodType<T>): T | undefined {
  const [value, ...more] = query.getAll(name);
  if (value === undefined) return undefined;
  const result = schema.safeParse(value);
  if (!result.success || more.length > 0) {
    throw new ProofwardError('INVALID_FIELD', `${name}: ${result.error?.issues[0]?.message ?? 'given more than once'}`);
  }
  return result.data;
}

function readCursor([text, ...more]: string[], list: string, cast: string) {
  const refuse = (): never => {
    throw new ProofwardError('INVALID_CURSOR', 'this list has not given out that cursor');
  };
  if (text === undefined || more.length > 0) return refuse();
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return refuse();
  }
  const parsed = cursorSchema.safeParse(value);
  if (!parsed.success || parsed.data[0] !== list) return refuse();
  if ((typeof parsed.data[1] === 'number') !== (cast === 'bigint')) return refuse();
  if (cast === 'timestamptz' && !z.iso.datetime().safeParse(parsed.data[1]).success) return refuse();
  return parsed.data;
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 16);
}
