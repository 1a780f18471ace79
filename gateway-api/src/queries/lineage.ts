import {
  type Header,
  headerSchema,
  type HeaderOf,
  ProofwardError,
  type RecordType,
  recordTypes,
} from '@proofward/evidence';
import type { Database, Query, Row } from '../database/database.js';

/** `up`: what a record was made from. `down`: what was made from it, or says something about it. */
export const lineageDirections = ['up', 'down'] as const;
export type LineageDirection = (typeof lineageDirections)[number];

export const defaultDepth = 6;
export const maximumDepth = 32;

/** The most of one answer. */
const maximumNodes = 1_000;
const maximumEdges = 5_000;

/** What is said about a record. Upwards it is shown beside each one, and not followed. */
const statements = [
  'grant',
  'plan',
  'attestation',
  'response',
  'incident',
  'dispute',
  'dispute-statement',
  'amendment',
  'sign-off',
  'waiver',
];

/** What an incident or a recall reaches, and the members of their headers that name what they were made from. */
const reached: readonly RecordType[] = ['dataset', 'model', 'release-decision', 'deployment'];
const madeFrom = ['model', 'parents', 'datasets'];

export interface LineageNode {
  header: Header;
  block: number;
  txId: string;
  /** How many references away from the record that was asked for. */
  distance: number;
  /** Of a deployment that an incident or a recall reaches, where its endpoint made receipts while it ran. */
  receipts?: ReceiptRange | undefined;
}

/** The receipts of an endpoint over some time, by the windows of the batches that speak for it. */
export interface ReceiptRange {
  from: string;
  to: string;
  /** The numbers in these windows, both ends included; `last` is before `first` where there was no receipt. */
  first: number;
  last: number;
}

export interface LineageEdge {
  /** The record whose header names the other. */
  from: string;
  to: string;
  relation: string;
  detail: string;
}

export interface Lineage {
  /** Nearest first, the record itself included. */
  nodes: LineageNode[];
  edges: LineageEdge[];
  /** Whether there is more: deeper, or beyond the most of one answer. */
  truncated: boolean;
  height: number;
}

interface EdgeRow extends Row {
  from_id: string;
  to_id: string;
  relation: string;
  detail: string;
}

/**
 * Follows the references from a record, one look into the index for each level. A record is visited once, so a cycle (which
 * the ledger does not have: a reference is to what exists) would end too.
 *
 * @throws ProofwardError RECORD_NOT_FOUND
 */
export function readLineage(
  database: Database,
  id: string,
  direction: LineageDirection,
  depth: number,
): Promise<Lineage> {
  return database.snapshot(async (query) => {
    const walk = await walkFrom(query, new Map([[id, 0]]), direction, depth);
    const { nodes, height } = await readNodes(query, walk.distances);
    if (nodes[0]?.header.id !== id) throw new ProofwardError('RECORD_NOT_FOUND', `there is no ${id}`);
    const shown = new Set(nodes.map(({ header }) => header.id));
    const edges = walk.edges.filter(({ from, to }) => shown.has(from) && shown.has(to));
    return { nodes, edges, truncated: walk.truncated, height };
  });
}

/**
 * What an incident can have reached: its subjects; the versions that they are or were made from, where the cause may lie; and
 * what was made from any of these, runs or was decided on them. The data above are shown and not followed downwards: a
 * recall of them tells what else they are in. What is only said of a record is left out.
 *
 * @throws ProofwardError RECORD_NOT_FOUND
 */
export function readBlastRadius(database: Database, id: string, depth: number): Promise<Lineage> {
  return database.snapshot(async (query) => {
    const [row] = await query<{ header: unknown }>('select header from records where id = $1 and not deleted', [id]);
    if (row === undefined) throw new ProofwardError('RECORD_NOT_FOUND', `there is no ${id}`);
    const { subjects } = headerSchema.parse(row.header) as HeaderOf<'incident'>;
    const own = new Map(subjects.map((subject) => [subject, 0]));
    const above = await walkFrom(query, own, 'up', depth, true);
    const versions = [...above.distances].filter(([one]) => own.has(one) || one.startsWith('model:'));
    const below = await walkFrom(query, new Map(versions), 'down', depth, true);
    return readReached(query, {
      distances: new Map([...below.distances, ...above.distances]),
      // Each once: a version above is found again on the way down from what is above it.
      edges: [...new Map([...above.edges, ...below.edges].map((edge) => [JSON.stringify(edge), edge])).values()],
      truncated: above.truncated || below.truncated,
    });
  });
}

/**
 * What has to be looked at when a dataset or model turns out to be bad: every version that was made from it, every decision on
 * those, and every deployment of them.
 *
 * @throws ProofwardError RECORD_NOT_FOUND
 */
export function readRecall(database: Database, id: string, depth: number): Promise<Lineage> {
  return database.snapshot(async (query) => {
    const found = await readReached(query, await walkFrom(query, new Map([[id, 0]]), 'down', depth, true));
    if (found.nodes[0]?.header.id !== id) throw new ProofwardError('RECORD_NOT_FOUND', `there is no ${id}`);
    return found;
  });
}

async function readReached(query: Query, walk: Walk): Promise<Lineage> {
  const { nodes, height } = await readNodes(query, walk.distances);
  const receipts = await readReceiptRanges(
    query,
    nodes.flatMap(({ header }) => (header.type === 'deployment' ? [header.id] : [])),
  );
  return {
    nodes: nodes.map((node) => ({ ...node, receipts: receipts.get(node.header.id) })),
    edges: walk.edges,
    truncated: walk.truncated,
    height,
  };
}

interface RangeRow extends Row {
  id: string;
  first_batch: { window: { from: string }; first: number } | null;
  last_batch: { window: { to: string }; last: number } | null;
}

/**
 * The first and the last batch that speak for each deployment's time. A batch's own time is the end of its window, and an
 * endpoint's windows follow each other, so each is a look into the index by time.
 */
async function readReceiptRanges(query: Query, deployments: readonly string[]): Promise<Map<string, ReceiptRange>> {
  const ofEndpoint = `b.type = 'batch' and b.owner = d.owner and not b.deleted
    and sought(b.header) @> jsonb_build_object('endpoint', d.header->>'endpoint')`;
  const from = `(d.header->>'from') collate "C"`;
  const to = `(d.header->>'to') collate "C"`;
  const rows = await query<RangeRow>(
    `select d.id, (
         select b.header from records b where ${ofEndpoint} and b.effective_at > ${from} order by b.effective_at limit 1
       ) as first_batch, coalesce((
         select b.header from records b where ${ofEndpoint} and b.effective_at >= ${to} order by b.effective_at limit 1
       ), (
         select b.header from records b where ${ofEndpoint} and (${to} is null or b.effective_at < ${to})
         order by b.effective_at desc limit 1
       )) as last_batch
     from records d where d.id = any($1)`,
    [deployments],
  );
  return new Map(
    rows.flatMap(({ id, first_batch: first, last_batch: last }): [string, ReceiptRange][] => {
      if (first === null || last === null || first.window.from >= last.window.to) return [];
      return [[id, { from: first.window.from, to: last.window.to, first: first.first, last: last.last }]];
    }),
  );
}

/** What a walk along the references came to. */
interface Walk {
  distances: ReadonlyMap<string, number>;
  edges: LineageEdge[];
  truncated: boolean;
}

/**
 * @param starts the records to begin with, and how far away each is already
 * @param isReach whether only what an incident or a recall reaches is followed
 */
async function walkFrom(
  query: Query,
  starts: ReadonlyMap<string, number>,
  direction: LineageDirection,
  depth: number,
  isReach = false,
): Promise<Walk> {
  const distances = new Map(starts);
  const edges = new Map<string, LineageEdge>();
  // Set inside the functions below, where TypeScript does not see it.
  let truncated = false as boolean;
  /** Takes the edges of a level, and returns the records that are new. */
  const take = (rows: readonly EdgeRow[], end: 'from_id' | 'to_id', distance: number): string[] => {
    const fresh: string[] = [];
    for (const row of rows) {
      if (!distances.has(row[end])) {
        if (distances.size >= maximumNodes) {
          truncated = true;
          continue;
        }
        distances.set(row[end], distance);
        fresh.push(row[end]);
      }
      const { from_id: from, to_id: to, relation, detail } = row;
      const key = JSON.stringify([from, to, relation, detail]);
      if (edges.has(key)) continue;
      if (edges.size >= maximumEdges) truncated = true;
      else edges.set(key, { from, to, relation, detail });
    }
    return fresh;
  };
  const read = async (condition: string, ids: readonly string[], ...more: unknown[]): Promise<EdgeRow[]> => {
    const limit = maximumEdges + 1;
    const rows = await query<EdgeRow>(
      // One look into the index for each: for many at once it becomes a read of the whole table where nothing is known of that.
      `select f.* from unnest($1::text[]) level (id) cross join lateral (
         select from_id, to_id, relation, detail from record_references where ${condition} limit ${limit}
       ) f limit ${limit}`,
      [[...ids].sort(), ...more],
    );
    if (rows.length === limit) truncated = true;
    return rows;
  };

  const startsAt = (distance: number) => [...starts].filter(([, at]) => at === distance).map(([id]) => id);
  const farthest = Math.max(...starts.values());
  const types = isReach ? reached : recordTypes;
  let level = startsAt(0);
  for (let distance = 1; distance <= depth && (level.length > 0 || distance <= farthest); distance++) {
    if (direction === 'down') {
      level = take(
        await read('to_id = level.id and from_type = any($2) order by from_type, from_id', level, types),
        'from_id',
        distance,
      );
    } else if (isReach) {
      level = take(
        await read('from_id = level.id and relation = any($2) order by to_id', level, madeFrom),
        'to_id',
        distance,
      );
    } else {
      const said = await read(
        'to_id = level.id and from_type = any($2) order by from_type, from_id',
        level,
        statements,
      );
      level = take(await read('from_id = level.id order by to_id', level), 'to_id', distance);
      take(said, 'from_id', distance);
    }
    level.push(...startsAt(distance));
  }
  if (level.length > 0 && !truncated) {
    const [end, other, kind, kinds] =
      direction === 'down'
        ? ['to_id', 'from_id', 'from_type', types]
        : isReach
          ? ['from_id', 'to_id', 'relation', madeFrom]
          : ['from_id', 'to_id', 'from_type', recordTypes];
    const deeper = await query(
      `select 1 from unnest($1::text[]) level (id) cross join lateral (
         select 1 from record_references
         where ${end} = level.id and not ${other} = any($2) and ${kind} = any($3) limit 1
       ) f limit 1`,
      [level, [...distances.keys()], kinds],
    );
    truncated = deeper.length > 0;
  }
  return { distances, edges: [...edges.values()], truncated };
}

async function readNodes(query: Query, distances: ReadonlyMap<string, number>) {
  const [cursor] = await query<{ next_block: number }>('select next_block from projection');
  const rows = await query<{ id: string; header: unknown; block: number; tx_id: string }>(
    `select r.* from unnest($1::text[]) found (id) cross join lateral (
       select id, header, block, tx_id, ordinal from records where id = found.id and not deleted offset 0
     ) r order by r.ordinal`,
    [[...distances.keys()]],
  );
  const nodes = rows.map(({ id, header, block, tx_id }) => ({
    header: headerSchema.parse(header),
    block,
    txId: tx_id,
    distance: distances.get(id) ?? 0,
  }));
  // The sort keeps the order of creation among those that are equally far.
  return { nodes: nodes.sort((a, b) => a.distance - b.distance), height: cursor?.next_block ?? 0 };
}
