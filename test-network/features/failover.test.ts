import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { dataset, uniqueName, World } from '../harness/world.js';

/** An organisation that does not answer is nobody's reason not to record. */
describe('endorsers that do not answer', () => {
  let world: World;
  const down = new Set<string>();
  beforeAll(async () => {
    world = await World.attach();
  });
  afterEach(async () => {
    for (const name of down) await world.stack.start(name);
    down.clear();
  }, 120_000);
  afterAll(() => {
    world.close();
  });

  async function stop(name: string): Promise<void> {
    await world.stack.stop(name);
    down.add(name);
  }

  it('the next member endorses when the peer of the preferred one is down', async () => {
    await stop('peer0.auditor-a');
    const { record, replay } = await world
      .as('cleveland', 'data-steward')
      .datasets.create(dataset(uniqueName('failover')));
    expect(replay).toBe(false);
    expect(record.status).toBe('registered');
  }, 120_000);

  it('the next member endorses when the chaincode of the preferred one is down', async () => {
    await stop('chaincode.auditor-a');
    const { replay } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('failover')));
    expect(replay).toBe(false);
  }, 120_000);

  it('without any eligible endorser the record is refused with a code, and nothing is recorded', async () => {
    for (const slug of ['auditor-a', 'auditor-b', 'regulator']) await stop(`chaincode.${slug}`);
    const name = uniqueName('nobody');
    const steward = world.as('cleveland', 'data-steward');
    await expect(steward.datasets.create(dataset(name))).rejects.toMatchObject({
      status: 503,
      code: 'ENDORSERS_UNAVAILABLE',
    });
    await expect(steward.datasets.get(`dataset:cleveland/${name}@1`)).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
    });
  }, 180_000);
});
