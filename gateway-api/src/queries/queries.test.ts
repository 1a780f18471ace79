import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { peer, type ledger } from '@hyperledger/fabric-protos';
import {
  consortiumSchema,
  type PrivateRecord,
  type RecordType,
  recordTypes,
  stopIncidentId,
} from '@proofward/evidence';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Database, type Prepared, type Row } from '../database/database.js';
import { startPostgres, type PostgresServer } from '../postgres/server.js';
import { readBlock } from '../projection/block.js';
import { ChangeReader, type Changes } from '../projection/changes.js';
import { ReadModel, storePrivate } from '../projection/read-model.js';
import { readFeed } from './feed.js';
import { soughtMembers } from './filters.js';
import { readLineage } from './lineage.js';
import { readPage } from './page.js';
import { Records } from './records.js';
import { searchDigest } from './search.js';

/** Real blocks of a dataset, a model trained on it and the model's audit (vectors/capture.mjs). */
const captured = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'vectors', 'blocks.json'), 'utf8')) as {
  consortium: unknown;
  blocks: string[];
};
const dataset = 'dataset:cleveland/d1795519990800@1';
const model = 'model:cleveland/d1795519990800@1';

describe('queries over all records', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofward-queries-'));
  let server: PostgresServer;
  let database: Database;
  let read: Changes;
  beforeAll(async () => {
    server = await startPostgres({ dataDir: folder });
    database = new Database(await server.createDatabase('queries'), pino({ level: 'silent' }));
    const reader = new ChangeReader('proofward', consortiumSchema.parse(captured.consortium), 'AuditorAMSP');
    const readModel = new ReadModel(database, reader, { organization: 'auditor-a', channel: 'proofward' });
    await readModel.open();
    const blocks = captured.blocks.map((text) => {
      const event = peer.BlockAndPrivateData.deserializeBinary(Buffer.from(text, 'base64'));
      const privateData = new Map<number, ledger.rwset.TxPvtReadWriteSet>();
      event.getPrivateDataMapMap().forEach((sets, index) => privateData.set(index, sets));
      const block = event.getBlock();
      if (block === undefined) throw new Error('no block');
      return readBlock(block, privateData, 'proofward');
    });
    read = reader.read(blocks, new Map());
    await readModel.append(blocks);
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Copies of the model's record under other names, the `names[i + 1]` made from `names[i]` as `links` say. */
  const derive = async (names: string[], links: [from: string, to: string][]) => {
    await database.query(
      `insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, block,
         tx_id, header)
       select n, type, owner, ordinal + 100, n, revision, commitment, recorded_at, effective_at, block, tx_id,
         jsonb_set(header, '{id}', to_jsonb(n)) from records, unnest($2::text[]) n where id = $1`,
      [model, names],
    );
    await database.query(
      `insert into record_references select f, t, 'parents', 'fine-tuned', 'model' from unnest($1::text[], $2::text[]) l(f, t)`,
      [links.map(([from]) => from), links.map(([, to]) => to)],
    );
  };

  describe('lineage', () => {
    const shape = async (...of: Parameters<typeof readLineage> extends [unknown, ...infer Rest] ? Rest : never) => {
      const { nodes, edges, truncated, height } = await readLineage(database, ...of);
      return {
        nodes: nodes.map(({ header, distance }) => [header.type, distance]),
        edges: edges.map(({ from, to, relation, detail }) => [from.split(':')[0], to.split(':')[0], relation, detail]),
        truncated,
        height,
      };
    };
    it('goes up to what a model was made from, beside what is said about each', async () => {
      expect(await shape(model, 'up', 6)).toEqual({
        nodes: [
          ['model', 0],
          ['dataset', 1],
          ['attestation', 1],
        ],
        edges: [
          ['model', 'dataset', 'datasets', 'training'],
          ['attestation', 'model', 'subject', ''],
        ],
        truncated: false,
        height: 14,
      });
    });

    it('goes down to what refers to a dataset, as deep as it is asked to, and says that there is more', async () => {
      expect(await shape(dataset, 'down', 1)).toMatchObject({
        nodes: [
          ['dataset', 0],
          ['model', 1],
        ],
        truncated: true,
      });
      expect(await shape(dataset, 'down', 2)).toMatchObject({
        nodes: { length: 3 },
        edges: { length: 2 },
        truncated: false,
      });
    });

    it('does not know a record that is not there', async () => {
      await expect(readLineage(database, 'dataset:cleveland/never@1', 'up', 6)).rejects.toMatchObject({
        code: 'RECORD_NOT_FOUND',
      });
    });

    it('visits a record once, in a diamond and even in a cycle', async () => {
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => `model:cleveland/${name}@1`) as [
        string,
        string,
        string,
        string,
      ];
      await derive(
        [a, b, c, d],
        [
          [b, a],
          [c, a],
          [d, b],
          [d, c],
          [a, d],
        ],
      );
      const { nodes, edges, truncated } = await readLineage(database, a, 'down', 32);
      expect(nodes.map(({ header, distance }) => [header.id, distance])).toEqual([
        [a, 0],
        [b, 1],
        [c, 1],
        [d, 2],
      ]);
      expect(edges).toHaveLength(5);
      expect(truncated).toBe(false);
    });

    it('ends at the most that one answer has, and says so', async () => {
      const root = 'model:cleveland/root@1';
      const children = Array.from({ length: 1_200 }, (_, index) => `model:cleveland/child-${index}@1`);
      await derive(
        [root, ...children],
        children.map((child) => [child, root]),
      );
      const { nodes, truncated } = await readLineage(database, root, 'down', 6);
      expect(nodes).toHaveLength(1_000);
      expect(truncated).toBe(true);
    });

    it('is a read of the index', async () => {
      for (const condition of ['to_id = any($1)', 'from_id = any($1)']) {
        const plan = await database.snapshot(async (query) => {
          await query('set local enable_seqscan = off');
          return query(`explain select 1 from record_references where ${condition}`, [[model]]);
        });
        expect(JSON.stringify(plan)).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
      }
    });
  });

  it('have all that a filter looks for in the index of headers', async () => {
    const members = [...new Set(recordTypes.flatMap(soughtMembers))];
    expect(members).toEqual(expect.arrayContaining(['status', 'createdTx', 'datasets', 'endpoint', 'flags']));
    const header = Object.fromEntries(members.map((member) => [member, 'x']));
    expect(await database.query('select sought($1) as sought', [JSON.stringify(header)])).toEqual([{ sought: header }]);
    const plan = await database.snapshot(async (query) => {
      await query('set local enable_seqscan = off');
      return query('explain select 1 from records where sought(header) @> $1::jsonb', ['{"endpoint": "x"}']);
    });
    expect(JSON.stringify(plan)).toContain('Bitmap Index Scan on records_sought');
  });

  it('read a record, what is said beside it and what was corrected in it, by indexes', async () => {
    const asOf = '2026-01-01T00:00:00.000Z';
    for (const past of [
      { asOf: undefined, knownAt: undefined },
      { asOf, knownAt: asOf },
    ]) {
      const plans: string[] = [];
      await database.snapshot(async (query) => {
        await query('set local enable_seqscan = off');
        await new Records(database).find(
          model,
          past,
          async <R extends Row>(statement: string | Prepared, values?: readonly unknown[]) => {
            const text = typeof statement === 'string' ? statement : statement.text;
            plans.push(JSON.stringify(await query(`explain ${text}`, values)));
            return [] as R[];
          },
        );
      });
      expect(plans).toHaveLength(1);
      expect(plans[0]?.match(/using record_references_to/g)).toHaveLength(2);
      expect(plans[0]).not.toMatch(/Seq Scan on (records|revisions|record_references|private_records)/);
    }
  });

  describe('search by digest', () => {
    const search = async (digest: string, mayReadPrivate = true, limit = 50, cursor?: string) => {
      const { found, next } = await searchDigest(database, digest, { mayReadPrivate, limit, cursor });
      return { found: found.map(({ header, matches }) => [header.id, matches]), next };
    };
    const held = async () => {
      const [row] = await database.query<{ digest: string; pointer: string }>(
        'select digest, pointer from private_digests where id = $1 order by pointer limit 1',
        [dataset],
      );
      if (row === undefined) throw new Error('no digest');
      return { digest: row.digest, pointer: JSON.parse(row.pointer) as string };
    };

    it('finds commitment and creating transaction for everybody', async () => {
      const [row] = await database.query<{ commitment: string; tx: string }>(
        `select commitment, header->>'createdTx' as tx from records where id = $1`,
        [dataset],
      );
      expect((await search(row?.commitment ?? '', false)).found).toEqual([[dataset, [{ in: 'commitment' }]]]);
      expect((await search(row?.tx ?? '', false)).found).toEqual([[dataset, [{ in: 'createdTx' }]]]);
    });

    it('finds what is in a private part only where that may be read, and no salt', async () => {
      const { digest, pointer } = await held();
      expect((await search(digest)).found).toContainEqual([dataset, [{ in: 'private', pointer }]]);
      expect(await search(digest, false)).toEqual(await search('f'.repeat(64), false));
      const [row] = await database.query<{ record: string }>('select record from private_records where id = $1', [
        dataset,
      ]);
      const { fields } = JSON.parse(row?.record ?? '') as PrivateRecord;
      const salt = fields.files?.salt ?? '';
      expect(salt).toMatch(/^[0-9a-f]{64}$/);
      expect((await search(salt)).found).toEqual([]);
    });

    it('forgets what a purge took', async () => {
      const { digest } = await held();
      const before = await database.query('select * from private_records where id = $1', [dataset]);
      await database.query('delete from private_records where id = $1', [dataset]);
      expect((await search(digest)).found.map(([id]) => id)).not.toContain(dataset);
      const [row] = before as [Record<'id' | 'commitment' | 'collection' | 'key_hash' | 'record', string>];
      const { id, commitment, collection, key_hash: keyHash, record } = row;
      await storePrivate(database.query, [
        { id, commitment, collection, keyHash, record: JSON.parse(record) as PrivateRecord },
      ]);
      expect((await search(digest)).found.map(([found]) => found)).toContain(dataset);
    });

    it('goes on from a cursor, which belongs to its digest', async () => {
      const { digest } = await held();
      await database.query(
        `insert into private_records select n, commitment, collection, key_hash, record
         from private_records, unnest($2::text[]) n where id = $1`,
        [model, ['a', 'b', 'c'].map((name) => `model:cleveland/${name}@1`)],
      );
      await database.query(
        `insert into private_digests select $1, id, commitment, '"/x"' from private_records where id ~ '/[abc]@1$'`,
        [digest],
      );
      const whole = (await search(digest)).found;
      expect(whole.length).toBeGreaterThan(3);
      const paged: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await search(digest, true, 2, cursor);
        paged.push(...page.found);
        cursor = page.next;
        if (cursor !== undefined)
          await expect(search('0'.repeat(64), true, 2, cursor)).rejects.toThrow('another digest');
      } while (cursor !== undefined);
      expect(paged).toEqual(whole);
      await expect(search(digest, true, 2, 'x')).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    });
  });

  describe('what a compliance script looks for', () => {
    const attestation = 'attestation:auditor-a/2995e86435300107b2e1cc66048d33fd@1';
    const now = Date.parse('2026-06-01T00:00:00.000Z');
    const found = async (type: RecordType, query: string, mayReadPrivate = true) => {
      const page = readPage(type, new URLSearchParams(`${query}&limit=200`), { mayReadPrivate, now });
      return (await new Records(database).list(page)).value.records.map(({ header }) => header.id);
    };
    const change = (id: string, member: string, value: string) =>
      database.query('update records set header = jsonb_set(header, $2, to_jsonb($3::text)) where id = $1', [
        id,
        [member],
        value,
      ]);

    it('models trained on withdrawn data, also by way of other data and models', async () => {
      expect(await found('model', 'trained-on=withdrawn')).toEqual([]);
      await change(dataset, 'status', 'withdrawn');
      const names = ['tuned', 'again', 'derived', 'tested'].map((name) => `model:cleveland/found-${name}@1`);
      const [tuned = '', again = '', derived = '', tested = ''] = names;
      await derive(names, [
        [tuned, model],
        [again, tuned],
      ]);
      const refer = (from: string, type: string, relation: string, detail: string, to: string) =>
        database.query('insert into record_references values ($1, $2, $3, $4, $5)', [from, to, relation, detail, type]);
      const made = 'dataset:cleveland/found-made@1';
      await refer(made, 'dataset', 'parents', '', dataset);
      await refer(derived, 'model', 'datasets', 'validation', made);
      await refer(tested, 'model', 'datasets', 'testing', dataset);
      expect(new Set(await found('model', 'trained-on=withdrawn'))).toEqual(new Set([model, tuned, again, derived]));
      expect(await found('model', 'trained-on=flagged')).toEqual([]);
      expect(await found('model', 'trained-on=flagged&trained-on=withdrawn')).toHaveLength(4);
      expect(await found('model', 'trained-on=withdrawn&name=found-tuned')).toEqual([tuned]);
    });

    it('attestations that end soon, and not those that have ended', async () => {
      await change(attestation, 'validUntil', '2026-06-21T00:00:00.000Z');
      expect(await found('attestation', 'expires-within=P30D')).toEqual([attestation]);
      expect(await found('attestation', 'expires-within=P2W')).toEqual([]);
      expect(await found('attestation', 'expires-within=PT480H')).toEqual([attestation]);
      expect(await found('attestation', 'expires-within=PT479H')).toEqual([]);
      await change(attestation, 'validUntil', '2026-06-01T00:00:00.000Z');
      expect(await found('attestation', 'expires-within=P30D')).toEqual([]);
      for (const wrong of ['30', 'P1M', 'P30D&expires-within=P30D'])
        await expect(found('attestation', `expires-within=${wrong}`)).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    });

    it('attestations whose claim is another than was recomputed, for those who may read them', async () => {
      expect(await found('attestation', 'claimed-differs=true')).toEqual([]);
      const [held] = read.privateRecords.filter(({ id }) => id === attestation);
      if (held === undefined) throw new Error('the attestation is not held');
      const claiming = (claimed: string, computed?: string) => {
        const value = computed === undefined ? { claimed } : { claimed, computed };
        const verdict = { salt: '0'.repeat(64), value };
        return { ...held, record: { ...held.record, fields: { ...held.record.fields, verdict } } };
      };
      for (const [one, expected] of [
        [claiming('fail', 'pass'), [attestation]],
        [claiming('fail', 'fail'), []],
        [claiming('fail'), []],
      ] as const) {
        await database.query('delete from private_records where id = $1', [attestation]);
        await storePrivate(database.query, [one]);
        expect(await found('attestation', 'claimed-differs=true')).toEqual(expected);
      }
      await expect(found('attestation', 'claimed-differs=true', false)).rejects.toMatchObject({
        code: 'SCOPE_MISSING',
      });
    });

    it('models, releases and deployments without an audit of a kind that is valid', async () => {
      const release = 'release-decision:cleveland/found@1';
      const deployed = 'deployment:cleveland/found@1';
      const others = [
        { id: release, type: 'release-decision' },
        { id: deployed, type: 'deployment' },
      ];
      const insert = (id: string, type: string, header: object) =>
        database.query(
          `insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, block,
             tx_id, header)
           select $2, $3, owner, ordinal + 200, $2, 1, null, recorded_at, effective_at, block, tx_id,
             (header - '{fingerprint,datasets,parents}'::text[]) || $4::jsonb from records where id = $1`,
          [model, id, type, JSON.stringify({ id, type, ...header })],
        );
      for (const { id, type } of others) await insert(id, type, { model });
      // The list itself does not parse what the test has made up.
      const ids = async (type: RecordType, query: string) => {
        const page = readPage(type, new URLSearchParams(query), { mayReadPrivate: false, now });
        const { sql, values } = page.conditions;
        const rows = await database.query<{ id: string }>(`select r.id from records r where ${sql}`, values);
        return rows.map(({ id }) => id);
      };
      const missing = async (kind = 'fairness') => [
        (await ids('model', `without-valid=${kind}`)).includes(model),
        (await ids('release-decision', `without-valid=${kind}`)).includes(release),
        (await ids('deployment', `without-valid=${kind}`)).includes(deployed),
      ];
      const all = [true, true, true];
      const none = [false, false, false];
      await change(attestation, 'validUntil', '2026-06-02T00:00:00.000Z');
      expect(await missing()).toEqual(none);
      expect(await missing('security')).toEqual(all);
      expect(await missing('fairness&without-valid=security')).toEqual(all);
      await change(attestation, 'validUntil', '2026-06-01T00:00:00.000Z');
      expect(await missing()).toEqual(all);
      await change(attestation, 'validUntil', '2026-06-02T00:00:00.000Z');
      await change(attestation, 'status', 'revoked');
      expect(await missing()).toEqual(all);
      await change(attestation, 'status', 'active');

      const dispute = 'dispute:hungarian/found@1';
      await insert(dispute, 'dispute', { status: 'open', record: attestation, deadline: '2026-06-03T00:00:00.000Z' });
      await database.query(`insert into record_references values ($1, $2, 'record', '', 'dispute')`, [
        dispute,
        attestation,
      ]);
      expect(await missing()).toEqual(all);
      await change(dispute, 'deadline', '2026-06-01T00:00:00.000Z');
      expect(await missing()).toEqual(none);
      await change(dispute, 'status', 'upheld');
      expect(await missing()).toEqual(all);
      await change(dispute, 'status', 'dismissed');
      expect(await missing()).toEqual(none);
      await database.query('delete from records where id = any($1)', [[release, deployed, dispute]]);
    });

    it('batches that say that receipts are missing, and any by its root', async () => {
      const root = 'ab'.repeat(32);
      const insert = (id: string, more: object) =>
        database.query(
          `insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, block,
             tx_id, header)
           select $2, 'batch', owner, ordinal + 300, $2, 1, null, recorded_at, effective_at, block, tx_id,
             jsonb_build_object('schema', 1, 'type', 'batch', 'id', $2::text, 'status', 'recorded', 'author', header->'author', 'epoch', header->'epoch',
               'revision', 1, 'recordedAt', header->'recordedAt', 'effectiveAt', header->'effectiveAt',
               'createdTx', header->'createdTx', 'endpoint', 'triage', 'kind', 'receipts', 'first', 1, 'root', $3::text,
               'window', '{"from": "2026-01-01T00:00:00.000Z", "to": "2026-01-01T00:01:00.000Z"}'::jsonb) || $4::jsonb
           from records where id = $1`,
          [model, id, root, JSON.stringify(more)],
        );
      const [whole, torn] = ['batch:cleveland/found-whole@1', 'batch:cleveland/found-torn@1'];
      await insert(whole, { last: 3, count: 3 });
      await insert(torn, { last: 5, count: 3, missing: [{ first: 2, last: 3 }] });
      expect(await found('batch', 'gaps=true')).toEqual([torn]);
      expect(await found('batch', 'endpoint=triage')).toHaveLength(2);
      await expect(found('batch', 'gaps=false')).rejects.toMatchObject({ code: 'INVALID_FIELD' });
      const { found: withRoot } = await searchDigest(database, root, {
        ...{ mayReadPrivate: false, limit: 50, cursor: undefined },
      });
      expect(withRoot.map(({ header, matches }) => [header.id, matches])).toEqual([
        [torn, [{ in: 'root' }]],
        [whole, [{ in: 'root' }]],
      ]);
    });

    it('flagged stops whose incident is not open', async () => {
      const ids = ['approved', 'missing', 'late', 'opened'].map((name) => `deployment:cleveland/owing-${name}@1`);
      const [approved = '', missing = '', late = '', opened = ''] = ids;
      const insert = (id: string, type: string, more: object) =>
        database.query(
          `insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, block,
             tx_id, header)
           select $2, $3, owner, ordinal + 400, $2, 1, null, recorded_at, effective_at, block, tx_id,
             jsonb_build_object('id', $2::text, 'type', $3::text) || $4::jsonb from records where id = $1`,
          [model, id, type, JSON.stringify(more)],
        );
      await insert(approved, 'deployment', { status: 'stopped' });
      await insert(missing, 'deployment', { status: 'stopped', flags: ['approval-missing'] });
      await insert(late, 'deployment', { status: 'rolled-back', flags: ['approval-late', 'returned-to-unknown'] });
      await insert(opened, 'deployment', { status: 'stopped', flags: ['approval-missing'] });
      await insert(stopIncidentId(opened), 'incident', { status: 'open', subjects: [opened] });
      // Another incident is not the one that is owed.
      await insert('incident:cleveland/owing-other@1', 'incident', { status: 'open', subjects: [missing] });
      const page = readPage('deployment', new URLSearchParams('owes-incident=true'), { mayReadPrivate: false, now });
      const { sql, values } = page.conditions;
      const rows = await database.query<{ id: string }>(
        `select r.id from records r where ${sql} order by r.id`,
        values,
      );
      expect(rows.map(({ id }) => id)).toEqual([late, missing]);
      await database.query(`delete from records where id like '%/owing-%' or id = $1`, [stopIncidentId(opened)]);
    });

    it('deployments of which no batch counts a receipt since they began', async () => {
      const day = (number: number) => `2026-03-${String(number).padStart(2, '0')}T00:00:00.000Z`;
      const put = (id: string, type: string, effectiveAt: string, more: object) =>
        database.query(
          `insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, block,
             tx_id, header)
           select $2, $3, split_part(split_part($2, ':', 2), '/', 1), ordinal + 400, $2, 1, null, recorded_at, $4, block, tx_id,
             jsonb_build_object('schema', 1, 'type', $3::text, 'id', $2::text, 'author', header->'author', 'epoch', 1,
               'revision', 1, 'recordedAt', header->'recordedAt', 'effectiveAt', $4::text, 'createdTx', header->'createdTx')
             || $5::jsonb
           from records where id = $1`,
          [model, id, type, effectiveAt, JSON.stringify(more)],
        );
      const deploy = async (site: string, endpoint: string, from: number, to?: number) => {
        const id = `deployment:${site}/${endpoint}-${from}@1`;
        const ends = to === undefined ? { status: 'running' } : { status: 'stopped', to: day(to) };
        const decision = `release-decision:${site}/x@1`;
        const privately = { commitment: 'ab'.repeat(32), privateRevision: 1 };
        await put(id, 'deployment', day(to ?? from), {
          ...{ model, endpoint, mode: 'live', decision, from: day(from), ...privately, ...ends },
        });
        return id;
      };
      const batch = (endpoint: string, from: number, to: number, count: number) =>
        put(`batch:cleveland/${endpoint}-${from}@1`, 'batch', day(to), {
          ...{ status: 'recorded', endpoint, kind: 'receipts', window: { from: day(from), to: day(to) } },
          ...{ first: 1, last: count, count, root: 'cd'.repeat(32) },
        });
      const never = await deploy('cleveland', 'never', 2);
      const empty = await deploy('cleveland', 'empty', 2);
      await batch('empty', 2, 3, 0);
      await deploy('cleveland', 'counted', 2);
      await batch('counted', 1, 2, 4);
      await batch('counted', 2, 3, 0);
      await batch('counted', 3, 4, 1);
      const before = await deploy('cleveland', 'between', 2, 4);
      await deploy('cleveland', 'between', 4);
      await batch('between', 1, 2, 1);
      await batch('between', 4, 5, 1);
      const elsewhere = await deploy('hungarian', 'counted', 2);
      expect(await found('deployment', 'silent=true&sort=id')).toEqual(
        [before, empty, never, elsewhere].sort((a, b) => (a < b ? -1 : 1)),
      );
      expect(new Set(await found('deployment', 'silent=true&status=running'))).toEqual(
        new Set([empty, never, elsewhere]),
      );
      await expect(found('deployment', 'silent=false')).rejects.toMatchObject({ code: 'INVALID_FIELD' });
      await expect(found('batch', 'silent=true')).rejects.toMatchObject({ code: 'UNKNOWN_FILTER' });
    });

    it('records by their private fields, for those who may read them', async () => {
      const [held] = read.privateRecords.filter(({ id }) => id === attestation);
      if (held === undefined) throw new Error('the attestation is not held');
      const salted = (value: unknown) => ({ salt: '0'.repeat(64), value: value as string });
      const fields = {
        verdict: salted({ claimed: 'inconclusive' }),
        evaluator: salted('O\u0000, "{x}" \\'),
        sensitiveFeatures: salted(['sex', 'age']),
        metrics: salted([{ name: 'x' }]),
      };
      await database.query('delete from private_records where id = $1', [attestation]);
      await storePrivate(database.query, [{ ...held, record: { ...held.record, fields } }]);
      for (const [query, expected] of [
        ['private.verdict.claimed=inconclusive', [attestation]],
        ['private.verdict.claimed=pass', []],
        ['private.verdict.claimed=pass&private.verdict.claimed=inconclusive', [attestation]],
        ['private.verdict.computed=inconclusive', []],
        ['private.sensitiveFeatures=age', [attestation]],
        ['private.sensitiveFeatures=age&private.verdict.claimed=pass', []],
        [`private.evaluator=${encodeURIComponent(fields.evaluator.value)}`, [attestation]],
        ['private.evaluator=O', []],
      ] as const) {
        expect({ query, found: await found('attestation', query) }).toEqual({ query, found: expected });
      }
      const refuse = (query: string, code: string, mayReadPrivate = true) =>
        expect(found('attestation', query, mayReadPrivate)).rejects.toMatchObject({ code });
      await refuse('private.verdict.claimed=pass', 'SCOPE_MISSING', false);
      await refuse('private.evaluator=', 'INVALID_FIELD');
      await refuse('private.metrics.name=x', 'UNKNOWN_FILTER');
      await refuse('private.licence=x', 'UNKNOWN_FILTER');
    });

    it('is about now, and each a read of indexes', async () => {
      // Many that end later, so that to read them all would be what costs.
      await database.query(
        `insert into records (id, type, owner, ordinal, ledger_key, revision, commitment, recorded_at, effective_at, block,
         tx_id, header)
       select id || n, type, owner, ordinal + 10000 + n, id || n, revision, commitment, recorded_at, effective_at, block,
         tx_id, jsonb_set(header, '{validUntil}', to_jsonb((2030 + n % 100)::text || '-01-01T00:00:00.000Z'))
       from records, generate_series(1, 3000) n where id = $1`,
        [attestation],
      );
      await database.query(
        `insert into private_records (id, commitment, collection, key_hash, record, sought)
         select id || n, commitment, collection, key_hash || n, record, array[md5(n::text)]
         from private_records, generate_series(1, 3000) n where id = $1`,
        [attestation],
      );
      await database.query('analyze');
      for (const [type, filter, ...indexes] of [
        ['model', 'trained-on=withdrawn', 'record_references_to', 'records_pkey'],
        ['deployment', 'trained-on=withdrawn', 'record_references_to'],
        ['attestation', 'expires-within=P30D', 'records_expiring'],
        ['attestation', 'claimed-differs=true', 'private_records_claims'],
        ['deployment', 'without-valid=fairness', 'record_references_to', 'records_pkey'],
        ['batch', 'gaps=true', 'records_with_gaps'],
        ['deployment', 'owes-incident=true', 'records_pkey'],
        ['deployment', 'silent=true', 'records_counted'],
        ['attestation', 'private.verdict.claimed=fail', 'private_records_sought'],
      ] as const) {
        // A private field is that of the revision which is asked about.
        const past = found(type, `${filter}&asOf=2026-01-01`);
        if (filter.startsWith('private.')) expect(await past).toEqual([]);
        else await expect(past).rejects.toMatchObject({ code: 'INVALID_FIELD' });
        const page = readPage(type, new URLSearchParams(filter), { mayReadPrivate: true, now });
        const plans: string[] = [];
        await database.snapshot(async (query) => {
          await query('set local enable_seqscan = off');
          await new Records(database).list(
            page,
            async <R extends Row>(statement: string | Prepared, values?: readonly unknown[]) => {
              const text = typeof statement === 'string' ? statement : statement.text;
              plans.push(JSON.stringify(await query(`explain ${text}`, values)));
              return [] as R[];
            },
          );
        });
        expect(plans).toHaveLength(1);
        for (const index of indexes)
          expect(plans[0]).toMatch(new RegExp(`Index (Only )?Scan (Backward )?(using|on) ${index}`));
        expect(plans[0]).not.toMatch(/Seq Scan on (records|revisions|record_references|private_records)/);
      }
    });
  });

  describe('the feed of changes', () => {
    it('has every revision once, in the order of the ledger, whatever the pages are', async () => {
      const whole = await readFeed(database, undefined, 1_000);
      expect(whole.height).toBe(14);
      expect(whole.changes.map(({ header, block }) => [header.type, header.revision, block])).toEqual(
        read.revisions.map(({ header, block }) => [header.type, header.revision, block]),
      );
      const paged: unknown[] = [];
      let after: string | undefined;
      for (;;) {
        const { changes } = await readFeed(database, after, 3);
        if (changes.length === 0) break;
        paged.push(...changes);
        after = changes.at(-1)?.cursor;
      }
      expect(paged).toEqual(whole.changes);
    });

    it('refuses a place of another channel, and what is no place', async () => {
      const { changes } = await readFeed(database, undefined, 1);
      await database.query(`update projection set genesis = repeat('a', 64)`);
      for (const after of [changes[0]?.cursor, 'x', ''])
        await expect(readFeed(database, after, 1)).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    });
  });
});
