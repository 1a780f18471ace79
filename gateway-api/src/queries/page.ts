import { canonicalJson, idSchema, ProofwardError, recordTypes, type RecordType, timeSchema } from '@proofward/evidence';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.js';
import { addFilters, Conditions, momentSchema } from './filters.js';
import type { Asker } from './findings.js';
import { addPast, type Past, sourceOf } from './past.js';

/**
 * The orders of a list. Each ends in the ordinal, the record's place in the order of creation on the ledger, so a cursor
 * names a place that later records do not move.
 */
const orders = {
  recorded: { column: 'r.ordinal', cast: 'bigint', key: z.int().min(0) },
  effective: { column: 'r.effective_at', cast: 'text', key: timeSchema },
  id: { column: 'r.id collate "C"', cast: 'text', key: idSchema(...recordTypes) },
} as const;
export const sortSchema = z.enum(['-recorded', 'recorded', '-effective', 'effective', 'id', '-id']);

export const defaultLimit = 50;
const maximumLimit = 200;
export const limitSchema = z.int().min(1).max(maximumLimit);

/** A small number as a query's text has it. */
export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,4}$/, `not a whole number from ${from} to ${to}`)
    .transform(Number)
    .pipe(z.int().min(from).max(to));
export const limitTextSchema = wholeNumber(1, maximumLimit);

/** One page of a list, as a query asks for it. */
export interface Page {
  /** Where the records are read from. */
  source: string;
  conditions: Conditions;
  orderBy: string;
  limit: number;
  /** The cursor after a row. */
  cursorAfter(row: { ordinal: number; effective_at: string; id: string }): string;
}

/** @throws ProofwardError UNKNOWN_FILTER, INVALID_FIELD, INVALID_CURSOR, SCOPE_MISSING */
export function readPage(
  type: RecordType,
  query: URLSearchParams,
  asker: Asker = { mayReadPrivate: false, now: Date.now() },
): Page {
  const sort = one(query, 'sort', sortSchema) ?? '-recorded';
  const limit = one(query, 'limit', limitTextSchema);
  const past = readPast(query);
  const cursor = query.getAll('cursor');
  const filters = new Map<string, string[]>();
  for (const name of new Set(query.keys())) {
    if (!['sort', 'limit', 'cursor', 'minBlock', 'asOf', 'knownAt'].includes(name))
      filters.set(name, query.getAll(name));
  }

  const conditions = new Conditions();
  conditions.add([type], (at) => `r.type = ${at} and not r.deleted`);
  const moment = past.asOf ?? past.knownAt;
  const asking = moment === undefined ? asker : { ...asker, now: Date.parse(moment) };
  addFilters(type, filters, conditions, asking, moment !== undefined);
  addPast(past, conditions);

  const descending = sort.startsWith('-');
  const order = orders[(descending ? sort.slice(1) : sort) as keyof typeof orders];
  const direction = descending ? 'desc' : 'asc';
  // A cursor belongs to one list: another order or filter would make it mean another place.
  const list = digest([type, sort, [...filters], past.asOf ?? null, past.knownAt ?? null]);
  if (cursor.length > 0) {
    const [, key, ordinal] = readCursor(cursor, list, order.key);
    conditions.add(
      [key, ordinal],
      (at, next) => `(${order.column}, r.ordinal) ${descending ? '<' : '>'} (${at}::${order.cast}, ${next}::bigint)`,
    );
  }
  return {
    source: sourceOf(past),
    conditions,
    orderBy: `${order.column} ${direction}, r.ordinal ${direction}`,
    limit: limit ?? defaultLimit,
    cursorAfter: (row) => {
      const key = order === orders.recorded ? row.ordinal : order === orders.id ? row.id : row.effective_at;
      return encodeCursor([list, key, row.ordinal]);
    },
  };
}

/** @throws ProofwardError INVALID_FIELD */
export function readPast(query: URLSearchParams): Past {
  return { asOf: one(query, 'asOf', momentSchema), knownAt: one(query, 'knownAt', momentSchema) };
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

function readCursor([text, ...more]: string[], list: string, key: z.ZodType<string | number>) {
  if (text === undefined || more.length > 0) {
    throw new ProofwardError('INVALID_CURSOR', 'a list has one cursor');
  }
  return decodeCursor(text, z.tuple([z.literal(list), key, z.int().min(0)]));
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 16);
}
