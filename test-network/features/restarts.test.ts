import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { target } from '../harness/project.js';
import { killDatabase } from '../harness/database.js';
import { dataset, uniqueName, World } from '../harness/world.js';

/** What was acknowledged is there after a part was killed in the middle of the load. */
describe('restarts under load', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  const parts: [string, () => Promise<void>][] = [
    ['the chaincode of the author', () => world.stack.kill('chaincode.cleveland')],
    ['the gateway', () => world.stack.kill('gateway.cleveland')],
    ['PostgreSQL', () => killDatabase(world.stack)],
    ...(target === 'embedded'
      ? ([['the ledger', () => killAndStart('ledger')]] satisfies [string, () => Promise<void>][])
      : ([
          ["the author's peer", () => killAndStart('peer0.cleveland')],
          ['the orderer', () => killAndStart('orderer0')],
        ] satisfies [string, () => Promise<void>][])),
  ];

  async function killAndStart(name: string): Promise<void> {
    await world.stack.kill(name);
    await world.stack.start(name);
  }

  it.each(parts)(
    '%s is killed: nothing acknowledged is lost',
    async (_, kill) => {
      const steward = world.as('cleveland', 'data-steward');
      const acknowledged: string[] = [];
      const stopAt = Date.now() + 60_000;
      let killed = false;
      let after = 0;
      const writer = async () => {
        // Goes on until some writes were acknowledged after the kill, so that the recovery is part of what is tested.
        while (Date.now() < stopAt && after < 20) {
          const name = uniqueName('load');
          try {
            const { record } = await steward.datasets.create(dataset(name));
            acknowledged.push(record.id);
            if (killed) after += 1;
          } catch {
            await delay(100);
          }
        }
      };
      const writers = Promise.all(Array.from({ length: 6 }, writer));
      await delay(1000);
      await kill();
      killed = true;
      await writers;
      expect(after).toBeGreaterThanOrEqual(20);

      const reader = world.ledger('auditor-b', 'auditor');
      for (const id of acknowledged) {
        expect(JSON.parse(await reader.evaluate('datasets:read', id))).toMatchObject({ id });
      }
      const deadline = Date.now() + 30_000;
      while ((await missing(acknowledged)).length > 0 && Date.now() < deadline) await delay(500);
      expect(await missing(acknowledged)).toEqual([]);
    },
    180_000,
  );

  /** Those that the author's read model does not have. */
  async function missing(ids: readonly string[]): Promise<string[]> {
    const client = world.as('cleveland', 'reader');
    const absent: string[] = [];
    for (const id of ids) {
      const found = await client.datasets.get(id).catch(() => undefined);
      if (found === undefined || typeof found.private !== 'object') absent.push(id);
    }
    return absent;
  }
});
