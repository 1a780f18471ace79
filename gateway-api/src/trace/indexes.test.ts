import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, externalReference, formatTime, receiptsRoot, sha256, utf8ToBytes } from '@proofward/evidence';
import type { Database, Query } from '../database/database.js';
import type { CommittedTransaction } from '../projection/block.js';
import { readLineage } from '../queries/lineage.js';
import { readPage } from '../queries/page.js';
import { Records } from '../queries/records.js';
import { searchDigest } from '../queries/search.js';
import { SimulatedChain } from '../simulation/chain.js';
import { caller, consortium, openReadModel } from '../simulation/read-model.js';
import { type Asked, Tracer } from './trace.js';

const digest = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));
const name = (text: string) => digest(text).slice(0, 32);
const begin = Date.UTC(2026, 0, 1);
const hour = (number: number) => begin + number * 3_600_000;
const site = 'cleveland';
/** So many that a look at each of them is dearer than any index, and few enough to be filled in seconds. */
const [endpoints, runsOfEach, batchesOfEach, receiptsOfEach] = [60, 12, 50, 50] as const;
/** Tables of a row or a handful, which are read whole. */
const small = ['projection', 'organization_clocks', 'access_log', 'schema_version'];

const model = (endpoint: number, run: number) => `model:${site}/m${endpoint}-${run}@1`;
const file = (of: string) => ({ path: 'weights.bin', size: 3, sha256: digest(`weights of ${of}`) });

describe('what is read of large tables', () => {
  let open: Awaited<ReturnType<typeof openReadModel>>;
  beforeAll(async () => {
    open = await openReadModel();
    const chain = new SimulatedChain(consortium);
    let pending: CommittedTransaction[] = [];
    const create = (id: string, fields: Record<string, unknown>, at: number, values?: Record<string, unknown>) => {
      pending.push(chain.create({ id, fields, at, ...(values && { values }) }).transaction);
    };
    for (let endpoint = 0; endpoint < endpoints; endpoint++) {
      for (let run = 0; run < runsOfEach; run++) {
        const [id, at] = [model(endpoint, run), hour(run)];
        const data = `dataset:${site}/d${endpoint}-${run}@1`;
        create(data, { parents: run === 0 ? [] : [`dataset:${site}/d${endpoint}-${run - 1}@1`] }, at);
        const parents = run === 0 ? [] : [{ id: model(endpoint, run - 1), relation: 'fine-tuned' }];
        const fields = { purpose: 'triage', parents, datasets: [{ id: data, role: 'training' }] };
        create(id, fields, at, { fingerprint: { files: [file(id)] }, codeCommit: digest(id) });
        create(`attestation:auditor-a/${name(`audit of ${id}`)}@1`, { subject: id, kind: 'safety' }, at);
        create(`sign-off:${site}/${name(`sign-off of ${id}`)}@1`, { model: id, role: 'qa' }, at);
        const decision = `release-decision:${site}/${name(`decision on ${id}`)}@1`;
        create(decision, { model: id, policies: [`policy:${site}/rules@1`], outcome: 'allowed' }, at);
        const interval = { mode: 'shadow', share: '0.1', from: formatTime(at) };
        const deployment = { model: id, endpoint: `e${endpoint}`, decision, ...interval };
        create(`deployment:${site}/${name(`run of ${id}`)}@1`, deployment, at);
        const shown = { record: id, refused: [{ field: 'codeCommit', reasonCode: 'none' }] };
        create(`disclosure:${site}/${name(`shown of ${id}`)}@1`, { recipient: 'regulator' }, at, shown);
      }
      const made = Array.from({ length: receiptsOfEach }, (_, number) => ({
        ...{ schema: 1 as const, id: name(`receipt ${endpoint} ${number}`), site, endpoint: `e${endpoint}` },
        ...{ sequence: number + 1, at: formatTime(hour(number) + 1), model: file(model(endpoint, 0)).sha256 },
        ...{ input: digest('input'), output: digest(`output ${endpoint} ${number}`) },
        reference: externalReference(new Uint8Array(32), 'orders', `${endpoint} ${number}`),
      }));
      for (let batch = 0; batch < batchesOfEach; batch++) {
        const window = { from: formatTime(hour(batch)), to: formatTime(hour(batch + 1)) };
        const number = batch + 1;
        const root = receiptsRoot(consortium.channel, made.slice(batch, number));
        const fields = { endpoint: `e${endpoint}`, kind: 'receipts', window, root, effectiveAt: window.to };
        create(batchOf(endpoint, batch), { ...fields, first: number, last: number, count: 1 }, hour(number));
      }
      await open.receipts.add(
        made.map((receipt) => ({ receipt, signature: 'c2lnbmF0dXJl', certificate: 'Nobody looks at this one here.' })),
      );
      await open.readModel.append([chain.block(pending)]);
      pending = [];
      const { query } = open.services.database;
      const ids = Array.from({ length: batchesOfEach }, (_, batch) => batchOf(endpoint, batch));
      await query(
        `insert into receipt_batches (id, endpoint, first, last, window_to, fields, recorded)
         select id, $1, n, n, n, '', true from unnest($2::text[]) with ordinality b (id, n)`,
        [`e${endpoint}`, ids],
      );
      await query('update receipts set batch = ($2::text[])[sequence] where endpoint = $1', [`e${endpoint}`, ids]);
    }
    await open.services.database.query(
      `insert into transition_notes (id, revision, collection, key_hash, reason_code)
       select id, 1, 'models-cleveland', id, 'x' from records where type in ('model', 'batch')`,
    );
  }, 120_000);
  afterAll(() => open.close());

  const batchOf = (endpoint: number, batch: number) => `batch:${site}/${name(`batch ${endpoint} ${batch}`)}@1`;

  /** The large tables that are read from end to end by what is done in one transaction. */
  const scannedBy = (work: (database: Database) => Promise<unknown>): Promise<string[]> =>
    open.services.database.snapshot(async (query) => {
      const scans = async () =>
        new Map(
          (
            await query<{ relname: string; seq_scan: number }>(
              'select relname, seq_scan from pg_stat_xact_user_tables where not relname = any($1)',
              [small],
            )
          ).map(({ relname, seq_scan }) => [relname, seq_scan]),
        );
      const before = await scans();
      const bound = { query, snapshot: (read: (query: Query) => Promise<unknown>) => read(query) };
      // After some times PostgreSQL has one plan for all values of a statement.
      for (let time = 0; time < 7; time++) await work(bound as unknown as Database);
      return [...(await scans())].filter(([table, count]) => count > (before.get(table) ?? 0)).map(([table]) => table);
    });

  const trace = (asked: Asked, past: { asOf?: string; knownAt?: string } = {}) => {
    return async (database: Database) => {
      const services = { ...open.services, database };
      const { asOf, knownAt } = past;
      const { candidates, batches } = await new Tracer(services, caller, { asOf, knownAt }).trace(asked);
      // An answer that shows nothing reads nothing.
      expect([candidates.length, batches.length].every((count) => count > 0)).toBe(true);
    };
  };
  const endpoint = 'e7';
  const at = formatTime(hour(9) + 1);
  const asking = { mayReadPrivate: true, now: hour(20) };
  const reads: Record<string, (database: Database) => Promise<unknown>> = {
    'a trace by endpoint and time': trace({ site, endpoint, at }),
    'a trace of a day': trace({ site, endpoint, localDay: '2026-01-01', zone: 'UTC' }),
    'a trace of what was known': trace(
      { site, endpoint, at },
      { asOf: formatTime(hour(11)), knownAt: formatTime(hour(12)) },
    ),
    'a trace by receipt': trace({ receipt: name('receipt 7 3') }),
    'a trace by output': trace({ output: { commitment: digest('output 7 3') } }),
    'a trace by reference': trace({ externalReference: { system: 'orders', id: '7 3' } }),
    'a record': (database) => new Records(database).find(model(7, 3)),
    'a record as it stood': (database) =>
      new Records(database).find(model(7, 3), { asOf: formatTime(hour(11)), knownAt: undefined }),
    "a record's history": (database) => new Records(database).history(model(7, 3)),
    'a search by what is private': async (database) => {
      const { sha256: wanted } = file(model(7, 3));
      const found = await searchDigest(database, wanted, { mayReadPrivate: true, limit: 50, cursor: undefined });
      expect(found.found.map(({ header }) => header.id)).toEqual([model(7, 3)]);
    },
    'a list by a private field': async (database) => {
      const page = readPage('model', new URLSearchParams({ 'private.codeCommit': digest(model(7, 3)) }), asking);
      expect((await new Records(database).list(page)).value.records).toHaveLength(1);
    },
    'a list of what was shown of a record': async (database) => {
      const page = readPage('disclosure', new URLSearchParams({ 'private.record': model(7, 3) }), asking);
      expect((await new Records(database).list(page)).value.records).toHaveLength(1);
    },
    'a list by what the header says': async (database) => {
      const page = readPage('deployment', new URLSearchParams({ endpoint, model: model(7, 3) }), asking);
      expect((await new Records(database).list(page)).value.records).toHaveLength(1);
    },
    'what is silent': (database) =>
      new Records(database).list(readPage('deployment', new URLSearchParams({ endpoint, silent: 'true' }), asking)),
    'lineage upwards': (database) => readLineage(database, model(7, 9), 'up', 6),
    'lineage of much': (database) => readLineage(database, `dataset:${site}/d7-0@1`, 'down', 32),
    'lineage downwards': (database) => readLineage(database, `dataset:${site}/d7-1@1`, 'down', 6),
    'a receipt with its proof': async (database) => {
      const { query } = database;
      const found = await open.receipts.find(name('receipt 7 3'), query);
      await open.receipts.prove(name('receipt 7 3'), found?.batch ?? '', query);
    },
  };

  it('is seen by this test, where it is all', async () => {
    const all = (table: string) => scannedBy(({ query }) => query(`select count(*) from ${table} where header ? 'x'`));
    for (const table of ['records', 'revisions']) expect(await all(table)).toEqual([table]);
  });

  // As after they were filled, when nothing is known of them yet, and as later.
  describe.each(['before', 'after'])('%s they were analysed', (when) => {
    beforeAll(async () => {
      if (when === 'after') await open.services.database.query('analyze');
    });

    it.each(Object.keys(reads))('%s is a read of indexes', async (read) => {
      expect(await scannedBy((database) => reads[read]?.(database) ?? Promise.reject(new Error(read)))).toEqual([]);
    });
  });
});
