import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataset, uniqueName, World } from '../harness/world.js';

describe('an earlier state', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('is read as things stood then, and as far as they were recorded by then', async () => {
    const { datasets } = world.as('cleveland', 'data-steward');
    const name = uniqueName('past');
    const happened = new Date(Date.now() - 3_600_000).toISOString();
    const { record } = await datasets.create({
      ...dataset(name),
      effectiveAt: new Date(Date.now() - 7_200_000).toISOString(),
    });
    const { header, ledger } = await datasets.transition(record.id, {
      to: 'flagged',
      reasonCode: 'consent-withdrawn',
      effectiveAt: happened,
    });
    const minBlock = ledger.block;
    const before = (time: string) => new Date(Date.parse(time) - 1).toISOString();
    const status = async (past: { asOf?: string; knownAt?: string }) =>
      (await datasets.get(record.id, { ...past, minBlock })).status;

    expect(await status({ asOf: happened })).toBe('flagged');
    expect(await status({ asOf: before(happened) })).toBe('registered');
    // It had happened already, and nobody on the ledger knew.
    expect(await status({ asOf: happened, knownAt: before(header.recordedAt) })).toBe('registered');
    const listed = await datasets.list({ name, status: 'registered', asOf: before(happened), minBlock });
    expect(listed.items.map(({ id, header: { revision } }) => [id, revision])).toEqual([[record.id, 1]]);
    expect((await datasets.list({ name, status: 'registered', minBlock })).items).toEqual([]);
    await expect(status({ knownAt: '2000-01-01' })).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' });
    await expect(status({ asOf: 'yesterday' })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
  });
});
