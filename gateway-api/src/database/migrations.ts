/**
 * The read model's schema. A migration is never changed, only followed by another one. All but the
 * receipts and the access log can be made anew from the blocks.
 *
 * Private records are text and not jsonb: their values are anybody's, and jsonb refuses U+0000.
 */
export const migrations: readonly string[] = [
  `create table projection (
     only_row boolean primary key default true check (only_row),
     organization text not null,
     channel text not null,
     genesis text,
     next_block bigint not null default 0,
     last_hash text,
     created_records bigint not null default 0,
     ignored_writes bigint not null default 0
   );
   create table records (
     id text primary key,
     type text not null,
     owner text not null,
     ordinal bigint not null,
     ledger_key text not null,
     revision integer not null,
     commitment text,
     recorded_at timestamptz not null,
     effective_at timestamptz not null,
     block bigint not null,
     tx_id text not null,
     header jsonb not null,
     deleted boolean not null default false
   );
   create index records_in_order on records (type, ordinal);
   create index records_of_owner on records (type, owner, ordinal);
   create index records_effective on records (type, effective_at, ordinal);
   create index records_recorded on records (type, recorded_at, ordinal);
   create index records_header on records using gin (header jsonb_path_ops);
   create index records_ledger_key on records (ledger_key);
   create table revisions (
     id text not null,
     revision integer not null,
     block bigint not null,
     tx_id text not null,
     header jsonb not null,
     primary key (id, revision)
   );
   create table private_records (
     commitment text primary key,
     collection text not null,
     key_hash text not null unique,
     record text not null
   );
   create table missing_private (
     commitment text primary key,
     collection text not null,
     key_hash text not null unique,
     id text not null,
     attempts integer not null default 0,
     retry_at timestamptz not null default now()
   );
   create table transactions (
     tx_id text primary key,
     block bigint not null,
     code integer not null
   );`,
  /**
   * Read again from the blocks. Times are text of one form, because what an author claims (the year 0) need not be a time
   * of PostgreSQL's. A private record is found by its id too: anybody can put the commitment of another's record into a
   * header of his own.
   */
  `truncate records, revisions, transactions;
   drop table private_records, missing_private;
   alter table records
     alter column recorded_at type text collate "C" using '',
     alter column effective_at type text collate "C" using '',
     add column private_erased boolean not null default false;
   create table private_records (
     id text not null,
     commitment text not null,
     collection text not null,
     key_hash text not null,
     record text not null,
     primary key (id, commitment)
   );
   create index private_records_key on private_records (key_hash);
   create table missing_private (
     id text not null,
     commitment text not null,
     collection text not null,
     key_hash text not null,
     attempts integer not null default 0,
     retry_at timestamptz not null default now(),
     primary key (id, commitment)
   );
   create index missing_private_key on missing_private (key_hash);
   create index missing_private_due on missing_private (retry_at);
   create table transition_notes (
     id text not null,
     revision integer not null,
     collection text not null,
     key_hash text not null,
     reason_code text not null,
     primary key (id, revision)
   );
   create index transition_notes_key on transition_notes (key_hash);
   -- With a list of pending entries the planner takes the index for dear, and reads the whole table instead.
   alter index records_header set (fastupdate = off);
   create index records_by_id on records (type, id collate "C", ordinal);
   create index records_of_name on records (type, split_part(split_part(id, '/', 2), '@', 1), ordinal);
   create index records_of_version on records (type, split_part(id, '@', 2), ordinal);
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0;`,
  /**
   * Read again from the blocks: what records name of each other, the digests in private records that are held, and every
   * revision with what lists filter and sort by, so that a list can be one of an earlier day. `position` counts the writes
   * of a block, authentic or not, so that a place in the feed does not move when a later gateway reads more types.
   */
  `truncate records, revisions, private_records, missing_private, transition_notes, transactions;
   create table record_references (
     from_id text not null,
     to_id text not null,
     relation text not null,
     detail text not null,
     from_type text not null,
     primary key (from_id, to_id, relation, detail)
   );
   create index record_references_to on record_references (to_id, from_type, from_id);
   create table private_digests (
     digest text not null,
     id text not null,
     commitment text not null,
     pointer text not null,
     foreign key (id, commitment) references private_records on delete cascade
   );
   -- A pointer can be longer than an entry of an index may be.
   create index private_digests_found on private_digests (digest, id collate "C");
   create index private_digests_of on private_digests (id, commitment);
   create index records_commitment on records (commitment);
   create index records_expiring on records (type, (coalesce(header->>'validUntil', header->>'until') collate "C"), ordinal)
     where coalesce(header->>'validUntil', header->>'until') is not null;
   alter table revisions
     add column position integer not null,
     add column type text not null,
     add column owner text not null,
     add column ordinal bigint not null,
     add column commitment text,
     add column recorded_at text collate "C" not null,
     add column effective_at text collate "C" not null;
   create unique index revisions_in_order on revisions (block, position);
   create index revisions_of_type on revisions (type, ordinal, revision);
   create index revisions_of_owner on revisions (type, owner, ordinal);
   create index revisions_effective on revisions (type, effective_at, ordinal);
   create index revisions_by_id on revisions (type, id collate "C", ordinal);
   create index revisions_of_name on revisions (type, split_part(split_part(id, '/', 2), '@', 1), ordinal);
   create index revisions_of_version on revisions (type, split_part(id, '@', 2), ordinal);
   create index revisions_header on revisions using gin (header jsonb_path_ops) with (fastupdate = off);
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0;`,
  /**
   * Read again from the blocks: what each release decision rests on, for those who hold its private part, with the end of
   * each ground. The decision itself is one of its grounds.
   */
  `truncate records, revisions, record_references, private_records, private_digests, missing_private, transition_notes,
     transactions;
   create table release_grounds (
     decision text not null,
     ground text not null,
     until text,
     collection text not null,
     key_hash text not null,
     primary key (decision, ground)
   );
   create index release_grounds_key on release_grounds (key_hash);
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0;`,
  /** Read again from the blocks: of each attestation that is held, whether it claims something else than was recomputed. */
  `truncate records, revisions, record_references, private_records, private_digests, missing_private, transition_notes,
     transactions, release_grounds;
   alter table private_records add column claim_differs boolean not null default false;
   create index private_records_claims on private_records (id, commitment) where claim_differs;
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0;`,
  /**
   * The site's own receipts, and the batches that they were put into. These are in no block: they are never truncated, and a
   * backup has to have them.
   */
  `create table receipts (
     id text primary key,
     endpoint text not null,
     sequence bigint not null,
     at text collate "C" not null,
     output text not null,
     reference text,
     signed text not null,
     batch text,
     received_at timestamptz not null default now(),
     unique (endpoint, sequence)
   );
   create index receipts_output on receipts (output);
   create index receipts_reference on receipts (reference) where reference is not null;
   create index receipts_at on receipts (endpoint, at);
   create index receipts_batch on receipts (batch, sequence);
   create table receipt_batches (
     id text primary key,
     endpoint text not null,
     first bigint not null,
     last bigint not null,
     window_to text collate "C" not null,
     fields text not null,
     recorded boolean not null default false,
     unique (endpoint, window_to)
   );
   create index receipt_batches_open on receipt_batches (endpoint, first) where not recorded;
   create index receipt_batches_last on receipt_batches (endpoint, last);`,
  /** Why a batch waits, batches that the ledger refused for good, and the receipts that are in no batch by an index. */
  `alter table receipt_batches
     add column settled_at timestamptz not null default now(),
     add column reason text;
   create table refused_batches (
     id text not null,
     endpoint text not null,
     window_to text collate "C" not null,
     fields text not null,
     reason text not null,
     refused_at timestamptz not null default now()
   );
   create index refused_batches_last on refused_batches (endpoint, window_to);
   create index receipts_loose on receipts (endpoint, sequence) where batch is null;`,
  /**
   * The index of headers has only what lists look for: most of a header's members are another value in each record, and
   * making an entry for each took half of the time in which a record is stored. Its entries are written a few hundred records
   * at a time; as few as wait cost a reader less than a millisecond, and the planner takes them for little. A header is found
   * by its id, so its key needs no index.
   */
  `create function sought(header jsonb) returns jsonb immutable parallel safe language sql
     return header - '{id,type,schema,revision,privateRevision,epoch,recordedAt,effectiveAt,validUntil,until,from,to,share,
       window,first,last,count,missing,root,requirements,epochs,rulings}'::text[];
   drop index records_header;
   drop index revisions_header;
   drop index records_ledger_key;
   create index records_sought on records using gin (sought(header) jsonb_path_ops) with (gin_pending_list_limit = 256);
   create index revisions_sought on revisions using gin (sought(header) jsonb_path_ops) with (gin_pending_list_limit = 256);`,
  /** Read again from the blocks: when each revision was known by the network's clock, and what each organisation claims. */
  `truncate records, revisions, record_references, private_records, private_digests, missing_private, transition_notes,
     transactions, release_grounds;
   alter table records
     add column known_at text collate "C" not null default '',
     add column is_behind boolean not null default false;
   alter table revisions
     add column known_at text collate "C" not null default '',
     add column is_behind boolean not null default false;
   create table organization_clocks (
     msp_id text primary key,
     claimed bigint not null,
     block bigint not null
   );
   alter table projection add column ahead_from text collate "C";
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0;`,
  /**
   * Read again from the blocks: of each private record that is held, what lists filter by. Batches that say of receipts that
   * they are missing, and the root of a batch, have an index.
   */
  `truncate records, revisions, record_references, private_records, private_digests, missing_private, transition_notes,
     transactions, release_grounds, organization_clocks;
   alter table private_records add column sought text[] not null default '{}';
   create index private_records_sought on private_records using gin (sought) with (gin_pending_list_limit = 256);
   create index records_with_gaps on records (type, ordinal) where header ? 'missing';
   create index records_root on records ((header->>'root')) where header->>'root' is not null;
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0,
     ahead_from = null;`,
  /** The schema versions that whoever filled the tables could read; a type that is not named had one. */
  `alter table projection add column schema_versions jsonb not null default '{}';`,
  /** Who has read which private record. It is in no block either: it is never truncated, and a backup has to have it. */
  `create table access_log (
     id bigint generated always as identity primary key,
     at text collate "C" not null,
     caller text not null,
     identity text not null,
     role text not null,
     operation text not null,
     record text not null
   );
   create index access_log_at on access_log (at, id);
   create index access_log_record on access_log (record, at, id);
   create index access_log_caller on access_log (caller, at, id);`,
  /**
   * Read again from the blocks: the root of a version's weights is among its digests also where its author did not write it.
   * Batches that count receipts have an index.
   */
  `truncate records, revisions, record_references, private_records, private_digests, missing_private, transition_notes,
     transactions, release_grounds, organization_clocks;
   create index records_counted on records (owner, (header->>'endpoint'), effective_at)
     where type = 'batch' and header->>'count' <> '0' and not deleted;
   update projection set genesis = null, next_block = 0, last_hash = null, created_records = 0, ignored_writes = 0,
     ahead_from = null;`,
];
