import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attestation, dataset, grant, model, uniqueName, World } from '../harness/world.js';

describe('where a record comes from, and what became of it', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('lineage goes up to data, parents, grants and audits, and down to all that refers to it', async () => {
    const steward = world.as('cleveland', 'data-steward');
    const engineer = world.as('cleveland', 'ml-engineer');
    const theirs = world.as('hungarian', 'ml-engineer');
    const auditor = world.as('auditor-a', 'auditor');
    const { record: raw } = await steward.datasets.create(dataset(uniqueName('raw')));
    const { record: clean } = await steward.datasets.create({ ...dataset(uniqueName('clean')), parents: [raw.id] });
    const { record: base } = await engineer.models.create(
      model(uniqueName('base'), [{ id: clean.id, role: 'training' }]),
    );
    const { record: lent } = await steward.grants.create(grant(clean.id, 'hungarian'));
    const { record: foreign } = await theirs.models.create({
      ...model(uniqueName('foreign'), [{ id: clean.id, role: 'validation' }]),
      grants: [lent.id],
    });
    const { record: tuned } = await engineer.models.create({
      ...model(uniqueName('tuned')),
      parents: [{ id: base.id, relation: 'fine-tuned' }],
    });
    const { record: audit } = await auditor.attestations.create(attestation(base.id));
    const minBlock = Math.max(foreign.ledger.block, tuned.ledger.block, audit.ledger.block);

    const up = await auditor.models.lineage(tuned.id, { minBlock });
    expect(up.nodes.map(({ id, distance }) => [id, distance])).toEqual([
      [tuned.id, 0],
      [base.id, 1],
      [clean.id, 2],
      [audit.id, 2],
      [raw.id, 3],
      [lent.id, 3],
    ]);
    expect(up.edges).toContainEqual({ from: tuned.id, to: base.id, relation: 'parents', detail: 'fine-tuned' });
    expect(up).toMatchObject({ direction: 'up', truncated: false, withheld: 0 });

    const down = await auditor.datasets.lineage(raw.id, { direction: 'down', minBlock });
    expect(new Set(down.nodes.map(({ id }) => id))).toEqual(
      new Set([raw, clean, base, lent, foreign, tuned, audit].map(({ id }) => id)),
    );
    expect(down.nodes.at(-1)?.distance).toBe(3);
    const near = await auditor.datasets.lineage(raw.id, { direction: 'down', depth: 1, minBlock });
    expect(near).toMatchObject({ nodes: [{ id: raw.id }, { id: clean.id }], truncated: true });

    // An organisation outside the collections sees the same headers, and how many of their private parts it does not.
    const outside = await theirs.datasets.lineage(raw.id, { direction: 'down', minBlock });
    expect(outside.nodes.map(({ id }) => id)).toEqual(down.nodes.map(({ id }) => id));
    expect(outside.withheld).toBe(6);
    expect(down.blockHeight).toBeGreaterThan(minBlock);

    await expect(steward.datasets.lineage('dataset:cleveland/never@1')).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
    });
    await expect(steward.datasets.lineage(raw.id, { depth: 33 })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
  });
});
