import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataset, msp, uniqueName, World } from '../harness/world.js';

describe('writers at the same time', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('64 equal creations give one record and 64 equal answers', async () => {
    const request = dataset(uniqueName('sixty-four'));
    const steward = world.as('cleveland', 'data-steward');
    const answers = await Promise.all(Array.from({ length: 64 }, () => steward.datasets.create(request)));
    expect(answers.filter(({ replay }) => !replay)).toHaveLength(1);
    expect(new Set(answers.map(({ record }) => JSON.stringify(record))).size).toBe(1);
    const [first] = answers;
    const history = await steward.datasets.history(first?.record.id ?? '', {
      minBlock: first?.record.ledger.block ?? 0,
    });
    expect(history.revisions).toHaveLength(1);
  });

  it('of two different contents under one id, one is recorded and the other is RECORD_EXISTS', async () => {
    const name = uniqueName('contested');
    const steward = world.as('cleveland', 'data-steward');
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => steward.datasets.create(dataset(name, { licence: `licence ${index}` }))),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ status: 409, code: 'RECORD_EXISTS' });
    }
  });

  it('of equal ledger transactions on one key, one is valid', async () => {
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('raced')));
    const steward = world.ledger('cleveland', 'data-steward');
    const change = JSON.stringify({ id: record.id, to: 'flagged' });
    const codes = await Promise.allSettled(
      Array.from({ length: 8 }, () => steward.submit('datasets:transition', [change], [msp.cleveland, msp.auditorA])),
    );
    const outcomes = codes.map((code) => (code.status === 'fulfilled' ? code.value : 'refused'));
    expect(outcomes.filter((outcome) => outcome === 'VALID')).toHaveLength(1);
    // Those endorsed before the first was committed conflict; those endorsed after it may not go from flagged to flagged.
    for (const outcome of outcomes) expect(['VALID', 'MVCC_READ_CONFLICT', 'refused']).toContain(outcome);
  });

  it('a change that names the revision it has seen is not made on another one', async () => {
    const steward = world.as('cleveland', 'data-steward');
    const { record } = await steward.datasets.create(dataset(uniqueName('seen-revision')));
    await steward.datasets.transition(record.id, { to: 'flagged', revision: 1 });
    await expect(steward.datasets.transition(record.id, { to: 'withdrawn', revision: 1 })).rejects.toMatchObject({
      status: 409,
      code: 'REVISION_CONFLICT',
    });
  });
});
