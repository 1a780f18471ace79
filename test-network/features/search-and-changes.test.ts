import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Change } from '@proofward/client';
import { createHash, randomBytes } from 'node:crypto';
import { dataset, uniqueName, World } from '../harness/world.js';

describe('what is found over all records', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });
  const steward = () => world.as('cleveland', 'data-steward');

  it('a digest finds its records, a private one only for members, and nobody else sees a difference', async () => {
    const sha256 = createHash('sha256').update(randomBytes(16)).digest('hex');
    const request = { ...dataset(uniqueName('found')), private: { files: [{ path: 'a.csv', size: 3, sha256 }] } };
    const { record } = await steward().datasets.create(request);
    const minBlock = record.ledger.block;

    for (const member of [steward(), world.as('auditor-a', 'auditor')]) {
      expect(await member.search(sha256, { minBlock })).toMatchObject({
        items: [{ id: record.id, matches: [{ in: 'private', pointer: '/files/0/sha256' }] }],
        withheld: 0,
        next: null,
      });
    }
    const outsider = world.as('hungarian', 'data-steward');
    const nobodys = createHash('sha256').update(randomBytes(16)).digest('hex');
    const answer = await outsider.search(sha256, { minBlock });
    const nothing = await outsider.search(nobodys, { minBlock });
    expect({ ...answer, digest: nobodys, blockHeight: 0 }).toEqual({ ...nothing, blockHeight: 0 });
    // An administrator of a member organisation may not read private records either.
    expect(await world.as('cleveland', 'admin').search(sha256, { minBlock })).toMatchObject({ items: [], withheld: 0 });

    expect(await outsider.search(record.commitment ?? '', { minBlock })).toMatchObject({
      items: [{ id: record.id, matches: [{ in: 'commitment' }] }],
      withheld: 1,
    });
    expect(await outsider.search(record.header.createdTx, { minBlock })).toMatchObject({
      items: [{ id: record.id, matches: [{ in: 'createdTx' }] }],
    });
  });

  it('the feed gives each revision once in the order of the ledger, goes on from a cursor, and waits', async () => {
    const reader = world.as('hungarian', 'reader');
    const until = async (after: string | undefined, wait: number) => {
      const found: Change[] = [];
      for await (const change of reader.changes({ after, wait, limit: 1_000 })) found.push(change);
      return found;
    };
    let after: string | undefined;
    for (let page = await until(after, 0); page.length > 0; page = await until(after, 0)) after = page.at(-1)?.cursor;
    expect(after).toBeDefined();

    const waiting = until(after, 20);
    const began = Date.now();
    const { record } = await steward().datasets.create(dataset(uniqueName('changing')));
    const [created] = await waiting;
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(created).toMatchObject({ id: record.id, revision: 1, ledger: record.ledger });
    await steward().datasets.transition(record.id, { to: 'flagged', reasonCode: 'consent-withdrawn' });
    const [flagged, ...more] = await until(created?.cursor, 20);
    expect(flagged).toMatchObject({ id: record.id, revision: 2, status: 'flagged' });
    expect(more).toEqual([]);
    // The same place gives the same again.
    expect((await until(after, 0)).map(({ id, revision }) => [id, revision])).toEqual([
      [record.id, 1],
      [record.id, 2],
    ]);
  });
});
