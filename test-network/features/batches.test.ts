import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isReceiptIn, type SignedReceipt } from '@proofward/evidence';
import type { EndpointStatus, ProofwardClient, RecordItem } from '@proofward/client';
import pg from 'pg';
import { databaseUrlOf, reconfigure, secondGateway, type SecondGateway, shortWindows } from '../harness/gateways.js';
import { batched, eventually, hex, ReceiptMaker } from '../harness/receipts.js';
import { target } from '../harness/project.js';
import { msp, uniqueName, World } from '../harness/world.js';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** What a site's gateways put on the ledger of receipts, on bad days. */
describe('batches of receipts', () => {
  let world: World;
  let maker: ReceiptMaker;
  let database: pg.Client;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    world = await World.attach();
    maker = await ReceiptMaker.of(world, 'cleveland');
    database = new pg.Client({ connectionString: await databaseUrlOf(world, 'cleveland') });
    await database.connect();
    restore = await reconfigure(world, 'cleveland', { receipts: shortWindows });
  }, 120_000);
  afterAll(async () => {
    await restore();
    await database.end();
    world.close();
  });

  const service = () => world.as('cleveland', 'service');
  const placeOf = (client: ProofwardClient, { receipt }: SignedReceipt) =>
    batched(() => client.receipts.get(receipt.id));
  const statusOf = async (client: ProofwardClient, endpoint: string): Promise<EndpointStatus | undefined> =>
    (await client.receipts.endpoints()).find((one) => one.endpoint === endpoint);

  /** An endpoint's batches in order, which hold together without a gap. */
  async function chainOf(endpoint: string): Promise<RecordItem<'batch'>[]> {
    const { items } = await service().batches.list({ endpoint, sort: 'effective', limit: 200 });
    for (const [index, { header }] of items.entries()) {
      const before = items[index - 1];
      expect(header.previous).toBe(before?.id);
      expect(header.first).toBe((before?.header.last ?? 0) + 1);
      if (before !== undefined) expect(header.window.from).toBe(before.header.window.to);
    }
    return items;
  }

  it('of two gateways on one database: a window is recorded once, and of two receipts of one number one is taken', async () => {
    const endpoint = uniqueName('raced');
    const second = await secondGateway(world, 'cleveland');
    try {
      const clients = [service(), second.as('service')];
      const taken: SignedReceipt[] = [];
      for (let sequence = 1; sequence <= 20; sequence++) {
        const rivals = clients.map(() => maker.make(endpoint, sequence));
        const outcomes = await Promise.allSettled(
          clients.map((client, index) => client.receipts.add(rivals.slice(index, index + 1))),
        );
        const winners = rivals.filter((_, index) => outcomes[index]?.status === 'fulfilled');
        expect(winners).toHaveLength(1);
        taken.push(...winners);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected')
            expect(outcome.reason).toMatchObject({ status: 409, code: 'SEQUENCE_REPEATED' });
        }
        // The same receipt, to both at once, is no conflict.
        const again = await Promise.all(clients.map((client) => client.receipts.add(winners)));
        expect(again).toEqual(Array(2).fill({ stored: 0, known: 1 }));
      }
      for (const signed of taken) {
        for (const client of clients) {
          const { batch, proof } = await placeOf(client, signed);
          expect(isReceiptIn(world.stack.network.channel, signed.receipt, batch.header, proof)).toBe(true);
        }
      }
      const chain = await chainOf(endpoint);
      expect(chain.at(-1)?.header.last).toBe(20);
      expect(chain.flatMap(({ header }) => header.missing ?? [])).toEqual([]);
      for (const client of clients) expect(await statusOf(client, endpoint)).toMatchObject({ waiting: 0, refused: [] });
    } finally {
      await second.stop();
    }
  }, 180_000);

  it('of two gateways that do not know of each other: one wins, and the other goes on after what it recorded', async () => {
    const endpoint = uniqueName('apart');
    const name = `apart_${hex(6)}`;
    await database.query(`create database ${name}`);
    const apart = new URL(await databaseUrlOf(world, 'cleveland'));
    apart.pathname = `/${name}`;
    let second: SecondGateway | undefined;
    try {
      second = await secondGateway(world, 'cleveland', { databaseUrl: apart.href });
      const [here, there] = [service(), second.as('service')];
      const ours = [1, 2, 3].map((sequence) => maker.make(endpoint, sequence));
      const theirs = [1, 2, 3, 4, 5].map((sequence) => maker.make(endpoint, sequence));
      await Promise.all([here.receipts.add(ours), there.receipts.add(theirs)]);
      // The numbers 4 and 5 are theirs alone, so they are recorded whoever was first.
      for (const signed of theirs.slice(3)) await placeOf(there, signed);
      const settled = async (client: ProofwardClient) => {
        const status = await statusOf(client, endpoint);
        return status?.waiting === 0 ? status : undefined;
      };
      // Ours know of it when they have something to record.
      const next = maker.make(endpoint, 6);
      await here.receipts.add([next]);
      await placeOf(here, next);
      const [ourStatus, theirStatus] = await Promise.all(
        [here, there].map((client) => eventually('nothing waits', () => settled(client))),
      );
      const refusals = [...(ourStatus?.refused ?? []), ...(theirStatus?.refused ?? [])];
      expect(refusals.length).toBeGreaterThan(0);
      for (const { reason } of refusals) expect(['RECORD_EXISTS', 'BATCH_OUT_OF_ORDER']).toContain(reason.code);

      // Each number is recorded of one of the two, and the other one is still there, and said to be left out.
      const isRecorded = async (client: ProofwardClient, { receipt }: SignedReceipt) =>
        (await client.receipts.get(receipt.id)).batch !== undefined;
      for (const index of [0, 1, 2]) {
        const [own, other] = [ours[index], theirs[index]];
        if (own === undefined || other === undefined) throw new Error('no such receipt');
        expect((await isRecorded(here, own)) !== (await isRecorded(there, other))).toBe(true);
      }
      expect((ourStatus?.leftOut ?? 0) + (theirStatus?.leftOut ?? 0)).toBe(3);
      expect((await chainOf(endpoint)).at(-1)?.header.last).toBe(6);
    } finally {
      await second?.stop();
      await database.query(`drop database ${name} with (force)`);
    }
  }, 180_000);

  it('that are settled when the ledger and then the gateway go away are recorded as they were settled', async () => {
    const endpoint = uniqueName('crashed');
    // Where blocks are made: without it a transaction is endorsed, on Fabric, and not ordered.
    const orderer = target === 'embedded' ? 'ledger' : 'orderer0';
    const signed = [1, 2].map((sequence) => maker.make(endpoint, sequence));
    await world.stack.kill(orderer);
    let pending: EndpointStatus['pending'];
    try {
      await service().receipts.add(signed);
      pending = await eventually('the batch waits with a reason', async () => {
        const { pending: batch } = (await statusOf(service(), endpoint)) ?? {};
        return batch?.reason === undefined ? undefined : batch;
      });
      expect(['LEDGER_UNAVAILABLE', 'COMMIT_UNKNOWN', 'ENDORSERS_UNAVAILABLE']).toContain(pending.reason?.code);
      await world.stack.kill('gateway.cleveland');
    } finally {
      await world.stack.start(orderer);
    }
    await world.stack.start('gateway.cleveland');
    for (const one of signed) {
      const { batch } = await eventually('the receipt is in a batch', async () => {
        const found = await service()
          .receipts.get(one.receipt.id)
          .catch(() => undefined);
        return found?.batch === undefined ? undefined : { batch: found.batch };
      });
      expect(batch).toMatchObject({
        id: pending.batch,
        header: { first: 1, last: 2, count: 2, window: pending.window },
      });
    }
    await chainOf(endpoint);
  }, 180_000);

  it('that were submitted when the gateway went away are found on the ledger, and not recorded again', async () => {
    const endpoint = uniqueName('crashed');
    const signed = maker.make(endpoint, 1);
    await service().receipts.add([signed]);
    const { batch } = await placeOf(service(), signed);
    // What the database has where the process ends between the commit on the ledger and its note of it.
    await world.stack.stop('gateway.cleveland');
    await database.query('update receipt_batches set recorded = false where id = $1', [batch.id]);
    await world.stack.start('gateway.cleveland');
    await eventually('it is noted', async () =>
      (await statusOf(service(), endpoint))?.recorded?.batch === batch.id ? true : undefined,
    );
    expect((await service().batches.history(batch.id)).revisions).toHaveLength(1);
    expect(await statusOf(service(), endpoint)).toMatchObject({ waiting: 0, refused: [] });
  }, 120_000);

  it('declare what is lost, which then cannot come any more, and are marked where they are late', async () => {
    const endpoint = uniqueName('gap');
    // More than the fifteen minutes that clocks may differ, and not before the network's certificates begin.
    const at = hoursAgo(17 / 60);
    const [first, second, third] = [1, 2, 3].map((sequence) => maker.make(endpoint, sequence, { at }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('no receipts');
    await service().receipts.add([first, third]);
    const before = await placeOf(service(), first);
    expect(before.batch.header).toMatchObject({ first: 1, last: 1, late: true });
    // Not before the site's patience has ended.
    expect((await service().receipts.get(third.receipt.id)).batch).toBeUndefined();
    const after = await placeOf(service(), third);
    expect(after.batch.header).toMatchObject({
      first: 2,
      last: 3,
      count: 1,
      missing: [{ first: 2, last: 2 }],
      late: true,
    });
    await expect(service().receipts.add([second])).rejects.toMatchObject({
      ...{ code: 'SEQUENCE_REPEATED', message: expect.stringContaining('declared missing') },
    });
    const { gaps, lateBatches } = await service().trace({ receipt: third.receipt.id });
    expect(gaps).toEqual([{ first: 2, last: 2 }]);
    expect(lateBatches).toContain(after.batch.id);
    // One that comes in time is in no list.
    const fresh = maker.make(endpoint, 4);
    await service().receipts.add([fresh]);
    expect((await placeOf(service(), fresh)).batch.header).not.toHaveProperty('late');
    await chainOf(endpoint);
  }, 120_000);

  it('that the ledger refuses for good are told with code and reason, and later ones go on', async () => {
    const endpoint = uniqueName('foreign');
    // Something that has the service's identity records a batch that is not of these receipts.
    const to = hoursAgo(1);
    const foreign = {
      ...{ id: `batch:cleveland/${hex(16)}@1`, endpoint, kind: 'receipts', window: { from: hoursAgo(2), to } },
      ...{ first: 1, last: 2, count: 2, root: hex(), effectiveAt: to },
    };
    const ledger = world.ledger('cleveland', 'service');
    expect(await ledger.submit('batches:create', [JSON.stringify(foreign)], [msp.cleveland, msp.auditorA])).toBe(
      'VALID',
    );
    const signed = [1, 2, 3].map((sequence) => maker.make(endpoint, sequence));
    await service().receipts.add(signed);
    const [first, , third] = signed;
    if (first === undefined || third === undefined) throw new Error('no receipts');
    const { batch } = await placeOf(service(), third);
    expect(batch.header).toMatchObject({ first: 3, last: 3, count: 1, previous: foreign.id });
    const status = await statusOf(service(), endpoint);
    expect(status).toMatchObject({
      ...{ newest: 3, waiting: 0, leftOut: 2, recorded: { batch: batch.id } },
      refused: [{ first: 1, last: 3, count: 3, reason: { code: 'BATCH_OUT_OF_ORDER' } }],
    });
    expect(status).not.toHaveProperty('pending');
    const kept = await service().receipts.get(first.receipt.id);
    expect([kept.receipt, kept.batch]).toEqual([first.receipt, undefined]);
    await expect(world.as('cleveland', 'admin').receipts.endpoints()).rejects.toMatchObject({ code: 'SCOPE_MISSING' });
    expect(await statusOf(world.as('hungarian', 'service'), endpoint)).toBeUndefined();
    await chainOf(endpoint);
  }, 120_000);
});
