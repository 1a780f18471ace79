import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  batchFault,
  emptyRoot,
  isReceiptIn,
  type Receipt,
  receiptsRoot,
  type SignedReceipt,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import { type PostgresServer, startPostgres } from '../postgres/server.js';
import { ReceiptBatches, type SettledBatch } from './batches.js';
import { ReceiptStore } from './store.js';

const channel = 'proofward';
const site = 'cleveland';
const window = 300_000;
const day = 86_400_000;
/** On the grid, so that the windows before it are over. */
const now = Math.floor(Date.now() / window) * window;
const hex = (bytes = 32) => randomBytes(bytes).toString('hex');
const iso = (time: number) => new Date(time).toISOString();

function receipt(endpoint: string, sequence: number, at: number): SignedReceipt {
  const said: Receipt = {
    ...{ schema: 1, id: hex(16), site, endpoint, sequence, at: iso(at) },
    ...{ model: hex(), input: hex(), output: hex() },
  };
  return { receipt: said, signature: 'c2lnbmVk', certificate: 'x'.repeat(64) };
}

describe('batches of receipts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofward-receipts-'));
  let server: PostgresServer;
  let database: Database;
  let store: ReceiptStore;
  let batches: ReceiptBatches;
  let endpoint: string;
  let endpoints = 0;
  beforeAll(async () => {
    server = await startPostgres({ dataDir: folder });
    database = new Database(await server.createDatabase('receipts'), pino({ level: 'silent' }));
    await database.migrate();
    store = new ReceiptStore(database, channel);
    batches = new ReceiptBatches(database, channel, site, { window, patience: day });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    endpoint = `endpoint-${++endpoints}`;
  });

  /** All that can be settled by a time, as if the ledger took each. */
  async function recordAll(time = now): Promise<SettledBatch[]> {
    const recorded: SettledBatch[] = [];
    for (;;) {
      const batch = await batches.settle(endpoint, time);
      if (batch === undefined) break;
      expect(batchFault(batch.fields)).toBeUndefined();
      const before = recorded.at(-1);
      if (before !== undefined) {
        expect(batch.fields).toMatchObject({ previous: before.id, first: before.fields.last + 1 });
        expect(batch.fields.window.from).toBe(before.fields.window.to);
      }
      recorded.push(batch);
      await batches.recorded(batch.id);
    }
    return recorded;
  }
  const lengths = (recorded: SettledBatch[]) =>
    recorded.map(({ fields: { window: of } }) => Date.parse(of.to) - Date.parse(of.from));
  const counts = (recorded: SettledBatch[]) => recorded.map(({ fields }) => fields.count);

  /** A record as the projection has it, of which only what is read here matters. */
  async function project(
    type: string,
    id: string,
    header: Record<string, unknown>,
    effectiveAt: number,
  ): Promise<void> {
    await database.query(
      `insert into records (id, type, owner, ordinal, ledger_key, revision, recorded_at, effective_at, block, tx_id, header)
       values ($1, $2, $3, 1, $1, 1, $4, $4, 1, 'tx', $5)`,
      [id, type, site, iso(effectiveAt), JSON.stringify({ type, id, ...header })],
    );
  }
  const deploy = (from: number, to?: number) =>
    project(
      'deployment',
      `deployment:${site}/${hex(16)}@1`,
      { endpoint, from: iso(from), ...(to === undefined ? {} : { to: iso(to) }) },
      from,
    );

  /** Many receipts in one statement. */
  const insertMany = (numbers: string, at: number, receivedAt: number) =>
    database.query(
      `insert into receipts (id, endpoint, sequence, at, output, signed, received_at)
       select md5($1 || n), $1, n, $2, '', json_build_object('receipt', json_build_object('schema', 1, 'id', md5($1 || n),
         'site', 'cleveland', 'endpoint', $1::text, 'sequence', n, 'at', $2::text, 'model', repeat('0', 64),
         'input', repeat('0', 64), 'output', repeat('0', 64)))::text, $3
       from ${numbers} n`,
      [endpoint, iso(at), iso(receivedAt)],
    );

  it('of a receipt with a clock of 1970 open no windows for the time since, and the receipt is recorded', async () => {
    await store.add([receipt(endpoint, 1, 0), receipt(endpoint, 2, now - 2 * window)]);
    const recorded = await recordAll();
    expect(counts(recorded)).toEqual([1, 0, 1]);
    // The first window is 400 days ago; what lies between is one silence, since nothing was deployed.
    expect(lengths(recorded)).toEqual([window, 400 * day - 3 * window, window]);
  });

  it('of an outage are one for each day of silence while something is deployed, and in time one for each window', async () => {
    await deploy(now - 40 * day);
    await store.add([receipt(endpoint, 1, now - 10 * day), receipt(endpoint, 2, now - window)]);
    const recorded = await recordAll(now);
    expect(recorded.length).toBeLessThanOrEqual(12);
    expect(counts(recorded).filter((count) => count === 1)).toHaveLength(2);
    expect(Math.max(...lengths(recorded))).toBeLessThanOrEqual(day);
    for (const after of [1, 2, 3]) {
      const [empty, more] = await recordAll(now + after * window);
      expect([empty?.fields.count, empty?.fields.root, more]).toEqual([0, emptyRoot, undefined]);
      expect(empty?.fields.window.to).toBe(iso(now + after * window));
    }
  });

  it('end with the last deployment, and go on over the time between when there is another', async () => {
    const ended = now - 10 * day;
    await deploy(ended - day, ended - window / 2);
    await store.add([receipt(endpoint, 1, ended - 4 * window)]);
    const recorded = await recordAll();
    expect(counts(recorded)).toEqual([1, 0]);
    expect(recorded.at(-1)?.fields.window.to).toBe(iso(ended));
    expect(await recordAll(now + 30 * day)).toEqual([]);
    await deploy(now - window);
    const later = await recordAll();
    expect(lengths(later)).toEqual([10 * day - window, window]);
    // A late receipt of the time between has its batch all the same.
    await store.add([receipt(endpoint, 2, ended)]);
    expect(counts(await recordAll(now + window))).toEqual([1]);
  });

  it('take as many receipts as come, one batch after another within a window', async () => {
    await insertMany('generate_series(1, 25000)', now - window, now);
    const recorded = await recordAll();
    expect(counts(recorded)).toEqual([10_000, 10_000, 5_000]);
    expect(recorded.at(-1)?.fields.window.to).toBe(iso(now));
  }, 60_000);

  it('declare at most a thousand gaps each, and none before its time', async () => {
    await insertMany('generate_series(1, 4999, 2)', now - window, now - 2 * day);
    const recorded = await recordAll();
    expect(recorded.map(({ fields }) => fields.missing?.length)).toEqual([1_000, 1_000, 499]);
    expect(recorded.at(-1)?.fields.last).toBe(4_999);
    await store.add([receipt(endpoint, 5_001, now)]);
    // 5000 is waited for.
    expect(await recordAll(now + window)).toEqual([]);
    await store.add([receipt(endpoint, 5_000, now)]);
    expect(counts(await recordAll(now + 2 * window))).toEqual([2]);
  }, 60_000);

  it('refuse what comes from the future or has a number that is spoken for, and take the rest where that is asked', async () => {
    const refused = (code: string, pointer: string) => expect.objectContaining({ code, pointer }) as object;
    const first = receipt(endpoint, 1, now - window);
    await store.add([first]);
    await recordAll();
    const ahead = receipt(endpoint, 2, Date.now() + 16 * 60_000);
    const near = receipt(endpoint, 2, Date.now() + 14 * 60_000);
    const other = receipt(endpoint, 1, now);
    await expect(store.add([near, ahead])).rejects.toEqual(refused('RECEIPT_AHEAD', '/receipts/1/receipt/at'));
    await expect(store.add([other])).rejects.toEqual(refused('SEQUENCE_REPEATED', '/receipts/0/receipt/sequence'));
    expect(
      await store.addEach([first, other, ahead, near, receipt(endpoint, 2, now), receipt(endpoint, 3, now)]),
    ).toEqual([
      'known',
      refused('SEQUENCE_REPEATED', '/receipt/sequence'),
      refused('RECEIPT_AHEAD', '/receipt/at'),
      'stored',
      refused('SEQUENCE_REPEATED', '/receipt/sequence'),
      'stored',
    ]);
  });

  it('are settled once: the same after a crash, and for two at a time', async () => {
    await store.add([receipt(endpoint, 1, now - window)]);
    const other = new ReceiptBatches(database, channel, site, { window, patience: day });
    const settled = await Promise.all([1, 2, 3, 4].map((n) => (n % 2 === 0 ? batches : other).settle(endpoint, now)));
    expect(settled).toEqual(Array(4).fill(settled[0]));
    await store.add([receipt(endpoint, 2, now - window)]);
    // What came after is of the next batch.
    expect(await other.settle(endpoint, now + window)).toEqual(settled[0]);
  });

  it('that are refused for good make room for the next one, with their receipts', async () => {
    await store.add([receipt(endpoint, 1, now - 2 * window), receipt(endpoint, 2, now - window)]);
    const error = { code: 'INVALID_FIELD', message: 'no' } as const;
    const first = await batches.settle(endpoint, now);
    if (first === undefined) throw new Error('nothing is settled');
    expect(await batches.waits(first.id, error)).toBe(true);
    expect(await batches.waits(first.id, error)).toBe(false);
    expect(await batches.refuse(first, error, false)).toBe(false);
    expect((await batches.status()).find((one) => one.endpoint === endpoint)).toMatchObject({
      ...{ waiting: 2, pending: { batch: first.id, first: 1, last: 1, count: 1, reason: error }, refused: [] },
    });
    expect(await batches.settle(endpoint, now)).toEqual(first);
    expect(await batches.refuse(first, error, true)).toBe(true);
    const next = await batches.settle(endpoint, now);
    expect(next?.fields).toMatchObject({ first: 1, last: 2, count: 2, window: { from: first.fields.window.from } });
    expect(next?.id).not.toBe(first.id);
    if (next !== undefined) await batches.refuse(next, error, true);
    const status = (await batches.status()).find((one) => one.endpoint === endpoint);
    expect(status).toMatchObject({
      newest: 2,
      waiting: 2,
      leftOut: 0,
      refused: [{ batch: next?.id }, { reason: error }],
    });
    expect(status).not.toHaveProperty('pending');
    expect(await batches.settle(endpoint, now)).toBeUndefined();
    expect((await batches.settle(endpoint, now + window))?.fields.count).toBe(2);
  });

  it('follow what the ledger has where another database recorded, and prove only what is under its roots', async () => {
    const ours = [1, 2, 3, 4].map((sequence) => receipt(endpoint, sequence, now - 2 * window));
    await store.add(ours);
    const refused = await batches.settle(endpoint, now);
    if (refused === undefined) throw new Error('nothing is settled');
    // Theirs has the first two of ours, then one that is not ours under the number 3.
    const theirs = [...ours.slice(0, 2), receipt(endpoint, 3, now - 2 * window)].map((signed) => signed.receipt);
    const at = [now - 2 * window, now - window - 1, now - window];
    const header = (from: number, items: Receipt[], previous?: string) => ({
      ...{ endpoint, kind: 'receipts', first: items[0]?.sequence, last: items.at(-1)?.sequence, count: items.length },
      window: { from: iso(at[from] ?? 0), to: iso(at[from + 1] ?? 0) },
      root: receiptsRoot(channel, items),
      ...(previous === undefined ? {} : { previous }),
    });
    const second = `batch:${site}/${hex(16)}@1`;
    await project('batch', refused.id, header(0, theirs.slice(0, 2)), at[1] ?? 0);
    await project('batch', second, header(1, theirs.slice(2), refused.id), at[2] ?? 0);
    expect(await batches.refuse(refused, { code: 'RECORD_EXISTS', message: 'other content' }, false)).toBe(true);

    const [next, ...more] = await recordAll();
    expect([next?.fields.previous, next?.fields.first, next?.fields.last, more]).toEqual([second, 4, 4, []]);
    const places = await Promise.all(ours.map(async ({ receipt: { id } }) => (await store.find(id))?.batch));
    expect((await batches.status()).find((one) => one.endpoint === endpoint)).toMatchObject({
      ...{ newest: 4, waiting: 0, leftOut: 1, recorded: { batch: next?.id, last: 4 } },
    });
    expect(places).toEqual([refused.id, refused.id, undefined, next?.id]);
    const proof = await store.prove(ours[1]?.receipt.id ?? '', refused.id);
    const under = header(0, theirs.slice(0, 2)) as Parameters<typeof isReceiptIn>[2];
    expect(isReceiptIn(channel, ours[1]?.receipt as Receipt, under, proof)).toBe(true);
  });
});
