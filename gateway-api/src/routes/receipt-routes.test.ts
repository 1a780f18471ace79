import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, formatTime, isReceiptIn, receiptsRoot, sha256, utf8ToBytes } from '@proofward/evidence';
import type { AnswerBody } from '../answers.js';
import type { Database } from '../database/database.js';
import { Records } from '../queries/records.js';
import { SimulatedChain } from '../simulation/chain.js';
import { caller, consortium, openReadModel } from '../simulation/read-model.js';
import { receiptRoutes } from './receipt-routes.js';
import type { Services } from './services.js';

const digest = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));
const name = (text: string) => digest(text).slice(0, 32);
const begin = Date.UTC(2026, 0, 1);
const batch = `batch:cleveland/${name('batch')}@1`;
const endpoint = 'triage';

describe('a receipt', () => {
  let open: Awaited<ReturnType<typeof openReadModel>>;
  const chain = new SimulatedChain(consortium);
  const signed = [1, 2].map((sequence) => ({
    receipt: {
      ...{ schema: 1 as const, id: name(`receipt ${sequence}`), site: 'cleveland', endpoint, sequence },
      ...{ at: formatTime(begin + sequence), model: digest('m'), input: digest('i'), output: digest('o') },
    },
    signature: 'c2lnbmF0dXJl',
    certificate: 'A certificate that nobody looks at here, since it was checked when it came.',
  }));
  const receipts = signed.map(({ receipt }) => receipt);
  beforeAll(async () => {
    open = await openReadModel();
    await open.receipts.add(signed);
    const window = { from: formatTime(begin), to: formatTime(begin + 60_000) };
    const root = receiptsRoot(consortium.channel, receipts);
    const fields = { endpoint, kind: 'receipts', window, first: 1, last: 2, count: 2, root };
    const { transaction } = chain.create({ id: batch, fields, at: begin + 60_000 });
    await open.readModel.append([chain.block([transaction])]);
    const { query } = open.services.database;
    await query('update receipts set batch = $1', [batch]);
    await query(
      `insert into receipt_batches (id, endpoint, first, last, window_to, fields, recorded)
       values ($1, $2, 1, 2, $3, '', true)`,
      [batch, endpoint, window.to],
    );
  }, 60_000);
  afterAll(() => open.close());

  const get = (database: Database): Promise<AnswerBody<'Receipt'>> => {
    const services = { ...open.services, database, records: new Records(database) } as unknown as Services;
    const route = receiptRoutes(services).find(({ operationId }) => operationId === 'getReceipt');
    if (route === undefined || !('answerTo' in route)) throw new Error('no route');
    const request = { caller, path: { id: receipts[0]?.id ?? '' }, query: new URLSearchParams(), mediaType: '' };
    const { signal } = new AbortController();
    return Promise.resolve(route.answerTo({ ...request, body: undefined, signal })).then(
      (answer) => (answer as { body: AnswerBody<'Receipt'> }).body,
    );
  };

  it('is answered with batch, proof and height of one state of the database, also when these change meanwhile', async () => {
    const { database } = open.services;
    let hasChanged = false;
    const change = async () => {
      if (hasChanged) return;
      hasChanged = true;
      await open.readModel.append([chain.block([])]);
      // As where a batch that the ledger does not have is settled anew.
      await database.query('update receipts set batch = null where sequence = 2');
    };
    const after =
      <A extends unknown[], R>(read: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        const rows = await read(...args);
        await change();
        return rows;
      };
    const interrupted = {
      query: after(database.query),
      snapshot: (work: Parameters<Database['snapshot']>[0]) =>
        database.snapshot((query) => work(after(query) as never)),
    };
    const answer = await get(interrupted as unknown as Database);
    expect(hasChanged).toBe(true);
    expect([answer.batch?.id, answer.blockHeight]).toEqual([batch, 1]);
    const [receipt] = receipts;
    if (receipt === undefined || answer.proof === undefined || answer.batch?.header.type !== 'batch')
      throw new Error('no proof');
    expect(isReceiptIn(consortium.channel, receipt, answer.batch.header, answer.proof)).toBe(true);
    expect((await get(database)).blockHeight).toBe(2);
  });
});
