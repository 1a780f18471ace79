import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, type Header, headerBytes, headerKey, markHash, markValue, parseId } from '@proofward/evidence';
import { dataset, model, msp, uniqueName, World } from '../harness/world.js';

/**
 * hungarian and auditor-b run modified chaincode, and their peers sign whatever time a transaction claims. What they write is
 * hungarian's own, so it is valid (threat 25).
 */
describe('a transaction whose time is a lie', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  const hour = 3_600_000;
  const reader = (slug = 'cleveland') => world.as(slug, 'reader').datasets;

  /** Two honest organisations write something now. */
  async function othersGoOn(): Promise<number> {
    const one = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('honest')));
    const { record } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('honest')));
    const { record: last } = await world.as('auditor-a', 'auditor').plans.create({
      subject: record.id,
      kind: 'fairness',
      private: { criteria: [{ metric: 'equal_opportunity_difference', gate: 'point', threshold: '0.1' }] },
    });
    return Math.max(one.record.ledger.block, last.ledger.block);
  }

  /** hungarian registers a dataset, and then flags it in a transaction that claims to be of another time. */
  async function flaggedAt(time: number): Promise<{ id: string; recordedAt: string }> {
    const { record } = await world.as('hungarian', 'data-steward').datasets.create(dataset(uniqueName('timed')));
    const key = headerKey(parseId(record.id), markHash(markValue(world.stack.network.channel, record.header)));
    const claimed = new Date(time).toISOString();
    const changed: Header = {
      ...record.header,
      revision: 2,
      status: 'flagged',
      recordedAt: claimed,
      effectiveAt: claimed,
    };
    const write = { kind: 'put' as const, key, value: bytesToHex(headerBytes(changed)) };
    const client = world.ledger('hungarian', 'admin');
    expect(await client.rogueAt(time, [write], [msp.hungarian, msp.auditorB], world.signAs)).toBe('VALID');
    return { id: record.id, recordedAt: record.recordedAt };
  }

  it('an hour ago: it is marked, and nobody is told that it was known before it was there', async () => {
    await othersGoOn();
    const { id, recordedAt } = await flaggedAt(Date.now() - hour);
    const minBlock = await othersGoOn();
    for (const slug of ['cleveland', 'auditor-a']) {
      const seen = await reader(slug).get(id, { minBlock });
      expect(seen).toMatchObject({ status: 'flagged', ledger: { clock: 'behind' } });
      expect(Date.parse(seen.recordedAt)).toBeLessThan(Date.parse(recordedAt) - hour / 2);
      // By its claim it would have been flagged before it was registered.
      const before = new Date(Date.parse(recordedAt) - hour / 2).toISOString();
      await expect(reader(slug).get(id, { knownAt: before, minBlock })).rejects.toMatchObject({
        code: 'RECORD_NOT_FOUND',
      });
    }
  });

  it('the year 2099: it is marked when two others have gone on, and moves nothing for them', async () => {
    await othersGoOn();
    const { id } = await flaggedAt(Date.parse('2099-01-01T00:00:00.000Z'));
    const minBlock = await othersGoOn();
    const seen = await reader().get(id, { minBlock });
    expect(seen).toMatchObject({ status: 'flagged', ledger: { clock: 'ahead' } });
    // As things stood a moment ago, and as far as they were known now: the state before the lie.
    const now = new Date().toISOString();
    expect(await reader().get(id, { knownAt: now, minBlock })).toMatchObject({ status: 'registered' });
    expect(await reader().get(id, { asOf: now, minBlock })).toMatchObject({ status: 'registered' });

    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('after')));
    const after = new Date(Date.now() + 1000).toISOString();
    const honest = await reader().get(record.id, { knownAt: after, asOf: after, minBlock: record.ledger.block });
    expect(honest.ledger.clock).toBeUndefined();
    expect(honest.status).toBe('registered');
  });
});
