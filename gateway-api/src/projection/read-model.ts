import {
  clockTolerance,
  formatId,
  formatTime,
  type HeaderOf,
  headerSchema,
  isPrivateHeader,
  NetworkClock,
  parseHeaderKey,
  type PrivateRecord,
  readId,
  type RecordType,
  recordTypes,
  schemaVersionOf,
} from '@proofward/evidence';
import { type Database, prepared, type Query, type Row } from '../database/database.js';
import type { CommittedBlock } from './block.js';
import { type ChangeReader, type Changes, type KnownRecord, lastMoment, type Revision } from './changes.js';
import { digestsIn } from './digests.js';
import { soughtIn } from '../queries/private-filters.js';
import { groundsIn } from './grounds.js';
import { referencesOf } from './references.js';

/** Where the projection is on the chain. */
export interface Cursor {
  genesis: string | null;
  nextBlock: number;
  /** The hash of the block before `nextBlock`. */
  lastHash: string | null;
}

/** A block does not continue the chain that was projected. */
export class ChainMismatch extends Error {
  override readonly name = 'ChainMismatch';
}

/** Schema versions by type. */
type Versions = Partial<Record<RecordType, number>>;

interface ProjectionRow extends Row {
  organization: string;
  channel: string;
  genesis: string | null;
  next_block: number;
  last_hash: string | null;
  schema_versions: Versions;
}

/** The process of an earlier release would pass records over that a later one has stored. */
function requireKnown(filled: Versions): void {
  const later = Object.entries(filled).find(
    ([type, version]) => (recordTypes.find((one) => one === type) ? schemaVersionOf(type as RecordType) : 0) < version,
  );
  if (later === undefined) return;
  const [type, version] = later;
  throw new Error(`the database is of a later release: it has ${type} records of schema version ${version}`);
}

/** The projected tables, as the projection writes them: records and cursor in one database transaction. */
export class ReadModel {
  constructor(
    private readonly database: Database,
    private readonly reader: ChangeReader,
    private readonly owner: { organization: string; channel: string },
  ) {}

  /** Opens the tables. A database that another organisation's gateway uses is refused. */
  async open(): Promise<Cursor> {
    await this.database.migrate();
    const { organization, channel } = this.owner;
    await this.database.query('insert into projection (organization, channel) values ($1, $2) on conflict do nothing', [
      organization,
      channel,
    ]);
    const [row] = await this.database.query<ProjectionRow>(
      'select organization, channel, genesis, next_block, last_hash, schema_versions from projection',
    );
    if (row?.organization !== organization || row.channel !== channel) {
      throw new Error(`the database belongs to ${row?.organization ?? 'nobody'} on ${row?.channel ?? 'no channel'}`);
    }
    if (await this.refill(row)) {
      return { genesis: row.genesis, nextBlock: 0, lastHash: null };
    }
    return { genesis: row.genesis, nextBlock: row.next_block, lastHash: row.last_hash };
  }

  /**
   * Forgets what was filled by a release that did not know a type or schema version that this one knows: it passed such
   * records over.
   *
   * @returns whether there is everything to be read again
   */
  private async refill({ genesis, next_block, schema_versions: filled }: ProjectionRow): Promise<boolean> {
    requireKnown(filled);
    if (recordTypes.every((type) => schemaVersionOf(type) <= (filled[type] ?? 0))) return false;
    const known = Object.fromEntries(recordTypes.map((type) => [type, schemaVersionOf(type)]));
    const isFilled = next_block > 0;
    if (isFilled) await this.reset(genesis);
    await this.database.query('update projection set schema_versions = $1', [JSON.stringify(known)]);
    return isFilled;
  }

  /** Forgets everything: the peer's channel is another one than the one projected. */
  async reset(genesis: string | null): Promise<void> {
    await this.database.transaction(async (query) => {
      await query(
        `truncate records, revisions, record_references, private_records, private_digests,
         release_grounds, missing_private, transition_notes, transactions, organization_clocks`,
      );
      await query(
        `update projection set genesis = $1, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0,
           ahead_from = null`,
        [genesis],
      );
    });
  }

  /** Does what can be done before it is the block's turn to be stored. */
  prepare(block: CommittedBlock): Promise<void> {
    return this.reader.prepare(block);
  }

  /**
   * Stores blocks that follow the cursor. Those before it are passed over: another process of the same gateway, as while one
   * takes over from the other, was faster. That its chain is another one shows in the hash of the last block.
   */
  async append(coming: readonly CommittedBlock[]): Promise<void> {
    await this.database.transaction(async (query) => {
      // Records and cursor are of one transaction, so what a crash of the database takes is read again from the blocks.
      await query('set local synchronous_commit = off');
      const [cursor] = await query<{
        next_block: number;
        last_hash: string | null;
        created_records: number;
        schema_versions: Versions;
      }>(prepared('select next_block, last_hash, created_records, schema_versions from projection for update'));
      if (cursor === undefined) throw new Error('the read model has no cursor');
      requireKnown(cursor.schema_versions);
      const blocks = coming.filter(({ number }) => number >= cursor.next_block);
      const known = coming.find(({ number }) => number === cursor.next_block - 1);
      if (known !== undefined && known.hash !== cursor.last_hash)
        throw new ChainMismatch(`block ${known.number} is not the one that was read`);
      const last = blocks.at(-1);
      if (last === undefined) return;
      requireChain(blocks, cursor.next_block, cursor.last_hash);
      const { records, ordinals } = await knownRecords(query, this.reader.idsIn(blocks));
      const clock = await networkClock(query);
      const changes = this.reader.read(blocks, records, clock);
      const created = await writeChanges(query, changes, ordinals, cursor.created_records);
      await storeClock(query, changes.claims);
      await query(
        prepared(`update projection set next_block = $1, last_hash = $2, created_records = created_records + $3,
         ignored_writes = ignored_writes + $4, ahead_from = $5`),
        [last.number + 1, last.hash, created, changes.ignored, aheadFrom(clock)],
      );
    });
  }
}

async function networkClock(query: Query): Promise<NetworkClock> {
  const rows = await query<{ msp_id: string; claimed: number }>(
    prepared('select msp_id, claimed from organization_clocks'),
  );
  return new NetworkClock(new Map(rows.map(({ msp_id, claimed }) => [msp_id, claimed])));
}

async function storeClock(query: Query, claims: Changes['claims']): Promise<void> {
  if (claims.size === 0) return;
  const rows = [...claims].map(([mspId, { at, block }]) => ({ mspId, at, block }));
  await query(
    prepared(`insert into organization_clocks (msp_id, claimed, block)
     select * from jsonb_to_recordset($1) as c("mspId" text, at bigint, block bigint)
     on conflict (msp_id) do update set claimed = greatest(organization_clocks.claimed, excluded.claimed),
       block = excluded.block`),
    [JSON.stringify(rows)],
  );
}

/** What claims a later time than this is ahead of the network's clock by more than its tolerance. */
function aheadFrom({ now }: NetworkClock): string | null {
  return now === undefined ? null : formatTime(Math.min(now + clockTolerance, lastMoment));
}

function requireChain(blocks: readonly CommittedBlock[], nextBlock: number, lastHash: string | null): void {
  let [number, previous] = [nextBlock, lastHash];
  for (const block of blocks) {
    if (block.number !== number) throw new ChainMismatch(`block ${block.number} came where ${number} follows`);
    if (previous !== null && block.previousHash !== previous) {
      throw new ChainMismatch(`block ${block.number} does not continue the chain that was read`);
    }
    number++;
    previous = block.hash;
  }
}

/** The records as they are before the blocks, and their places in the order of creation. */
async function knownRecords(
  query: Query,
  ids: string[],
): Promise<{ records: Map<string, KnownRecord>; ordinals: Map<string, number> }> {
  const records = new Map<string, KnownRecord>();
  const ordinals = new Map<string, number>();
  if (ids.length === 0) return { records, ordinals };
  const rows = await query<{ id: string; ordinal: number; ledger_key: string; revision: number; deployment: unknown }>(
    prepared(`select id, ordinal, ledger_key, revision, case when type = 'deployment' then header end as deployment
     from records where id = any($1)`),
    [ids],
  );
  for (const { id, ordinal, ledger_key, revision, deployment } of rows) {
    ordinals.set(id, ordinal);
    records.set(id, {
      ledgerKey: storedKey(ledger_key),
      revision,
      deployment: deployment === null ? undefined : (headerSchema.parse(deployment) as HeaderOf<'deployment'>),
    });
  }
  return { records, ordinals };
}

/** PostgreSQL's text has no U+0000, which a header's key has between its parts, and no part has a space. */
const columnOfKey = (key: string) => key.replaceAll('\u0000', ' ');
const storedKey = (column: string) => column.replaceAll(' ', '\u0000');

/**
 * Returns how many records were created.
 *
 * @param ordinals of the records that were there, by their ids; those that are created are added
 */
async function writeChanges(
  query: Query,
  changes: Changes,
  ordinals: Map<string, number>,
  createdBefore: number,
): Promise<number> {
  const latest = new Map<string, Revision>();
  let created = 0;
  for (const revision of changes.revisions) {
    const { header } = revision;
    if (header.revision === 1) ordinals.set(header.id, createdBefore + ++created);
    latest.set(header.id, revision);
  }
  const json = JSON.stringify;
  if (changes.transactions.length > 0) {
    await query(
      prepared(`insert into transactions select * from json_to_recordset($1) as t("txId" text, block bigint, code integer)
       on conflict (tx_id) do update set block = excluded.block, code = excluded.code
         where transactions.code <> 0 and excluded.code = 0`),
      [json(firstOutcomes(changes.transactions))],
    );
  }
  if (changes.revisions.length > 0) {
    // Each header is read once, for the record and for its revision.
    await query(
      prepared(`with came as materialized (
         select * from json_to_recordset($1) as c(id text, revision integer, block bigint, position integer, tx_id text,
           recorded_at text, effective_at text, known_at text, is_behind boolean, header jsonb, type text, owner text,
           ordinal bigint, commitment text, ledger_key text, latest boolean)
       ), stored as (
         insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at,
           known_at, is_behind, block, tx_id, header)
         select id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, known_at, is_behind,
           block, tx_id, header
         from came where latest
         on conflict (id) do update set revision = excluded.revision, recorded_at = excluded.recorded_at,
           effective_at = excluded.effective_at, known_at = excluded.known_at, is_behind = excluded.is_behind,
           block = excluded.block, tx_id = excluded.tx_id, header = excluded.header,
           deleted = false
       )
       insert into revisions (id, revision, block, position, tx_id, recorded_at, effective_at, known_at, is_behind, header,
         type, owner, ordinal, commitment)
       select id, revision, block, position, tx_id, recorded_at, effective_at, known_at, is_behind, header, type, owner,
         ordinal, commitment
       from came`),
      [
        json(
          changes.revisions.map((revision) => ({
            ...revisionRow(revision, ordinals.get(revision.header.id) ?? 0),
            latest: latest.get(revision.header.id) === revision,
          })),
        ),
      ],
    );
    const references = changes.revisions
      .filter(({ header }) => header.revision === 1)
      .flatMap(({ header }) =>
        referencesOf(header).map((reference) => ({ from: header.id, type: header.type, ...reference })),
      );
    if (references.length > 0) {
      await query(
        prepared(`insert into record_references (from_id, to_id, relation, detail, from_type)
         select "from", "to", relation, detail, type from json_to_recordset($1)
           as f("from" text, "to" text, relation text, detail text, type text)`),
        [json(references)],
      );
    }
  }
  if (changes.privateRecords.length > 0) {
    await storePrivate(query, changes.privateRecords);
  }
  if (changes.missing.length > 0) {
    await query(
      prepared(`insert into missing_private (id, commitment, collection, key_hash)
       select id, commitment, collection, "keyHash" from json_to_recordset($1)
         as m(id text, commitment text, collection text, "keyHash" text) on conflict do nothing`),
      [json(changes.missing)],
    );
  }
  if (changes.notes.length > 0) {
    await query(
      prepared(`insert into transition_notes (id, revision, collection, key_hash, reason_code)
       select id, revision, collection, "keyHash", "reasonCode" from json_to_recordset($1)
         as n(id text, revision integer, collection text, "keyHash" text, "reasonCode" text) on conflict do nothing`),
      [json(changes.notes)],
    );
  }
  for (const { collection, keyHash } of changes.gone) {
    for (const table of ['private_records', 'missing_private']) {
      await query(
        `with gone as (delete from ${table} where key_hash = $1 and collection = $2 returning id)
         update records set private_erased = true where id in (select id from gone)`,
        [keyHash, collection],
      );
    }
    for (const table of ['transition_notes', 'release_grounds'])
      await query(`delete from ${table} where key_hash = $1 and collection = $2`, [keyHash, collection]);
  }
  if (changes.deleted.length > 0) {
    await query(prepared('update records set deleted = true where id = any($1) and ledger_key = any($2)'), [
      changes.deleted.flatMap((key) => {
        const named = parseHeaderKey(key);
        return named === undefined ? [] : [formatId(named.id)];
      }),
      changes.deleted.map(columnOfKey),
    ]);
  }
  return created;
}

/** Stores private records that are not there yet, and the digests in them. */
export async function storePrivate(query: Query, rows: readonly Changes['privateRecords'][number][]): Promise<void> {
  const stored = await query<{ id: string; commitment: string }>(
    // Arrays of different lengths are no array of arrays to PostgreSQL, so what lists look for comes as text.
    prepared(`insert into private_records (id, commitment, collection, key_hash, record, claim_differs, sought)
     select id, commitment, collection, key_hash, record, claim_differs, sought::text[]
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])
       as p(id, commitment, collection, key_hash, record, claim_differs, sought)
     on conflict do nothing returning id, commitment`),
    [
      rows.map((r) => r.id),
      rows.map((r) => r.commitment),
      rows.map((r) => r.collection),
      rows.map((r) => r.keyHash),
      rows.map((r) => JSON.stringify(r.record)),
      rows.map((r) => claimDiffers(r.record)),
      // Hexadecimal digits need no quotes.
      rows.map((r) => `{${soughtIn(r.record).join(',')}}`),
    ],
  );
  const given = new Map(rows.map((row) => [`${row.id} ${row.commitment}`, row]));
  const grounds = stored.flatMap(({ id, commitment }) => {
    const row = given.get(`${id} ${commitment}`);
    if (row?.record.type !== 'release-decision') return [];
    const { collection, keyHash, record } = row;
    return groundsIn(record).map((found) => ({ id, collection, keyHash, ...found }));
  });
  if (grounds.length > 0) {
    await query(
      prepared(`insert into release_grounds (decision, ground, until, collection, key_hash)
       select id, ground, until, collection, "keyHash" from json_to_recordset($1)
         as g(id text, ground text, until text, collection text, "keyHash" text) on conflict do nothing`),
      [JSON.stringify(grounds)],
    );
  }
  const digests = stored.flatMap(({ id, commitment }) => {
    const row = given.get(`${id} ${commitment}`);
    return row === undefined ? [] : digestsIn(row.record).map((found) => ({ id, commitment, ...found }));
  });
  if (digests.length === 0) return;
  // A pointer's names are anybody's, and text refuses U+0000, which its JSON does not have.
  await query(
    prepared(`insert into private_digests (digest, id, commitment, pointer)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])`),
    [
      digests.map((d) => d.digest),
      digests.map((d) => d.id),
      digests.map((d) => d.commitment),
      digests.map((d) => JSON.stringify(d.pointer)),
    ],
  );
}

/**
 * One outcome of each transaction: that of the valid one. The id of another's transaction can be put into an envelope that
 * nobody signed, which is in a block too.
 */
function firstOutcomes(transactions: Changes['transactions']): Changes['transactions'] {
  const outcomes = new Map<string, Changes['transactions'][number]>();
  for (const transaction of transactions) {
    const before = outcomes.get(transaction.txId);
    if (before === undefined || (before.code !== 0 && transaction.code === 0))
      outcomes.set(transaction.txId, transaction);
  }
  return [...outcomes.values()];
}

function revisionRow({ key, header, block, position, txId, knownAt, isBehind }: Revision, ordinal: number) {
  return {
    id: header.id,
    revision: header.revision,
    block,
    position,
    tx_id: txId,
    recorded_at: header.recordedAt,
    effective_at: header.effectiveAt,
    known_at: knownAt ?? header.recordedAt,
    is_behind: isBehind === true,
    header,
    type: header.type,
    owner: readId(header.id)?.org ?? '',
    ordinal,
    // Under the mark, so that of each revision is the record's.
    commitment: isPrivateHeader(header) ? header.commitment : null,
    ledger_key: columnOfKey(key),
  };
}

/** Whether an attestation claims another verdict than was recomputed from its own numbers. */
function claimDiffers({ type, fields }: PrivateRecord): boolean {
  if (type !== 'attestation') return false;
  const { claimed, computed } = (fields.verdict?.value ?? {}) as { claimed?: unknown; computed?: unknown };
  return computed !== undefined && claimed !== computed;
}
