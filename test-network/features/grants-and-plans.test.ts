import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attestation, dataset, grant, model, plan, uniqueName, World } from '../harness/world.js';

describe('what has to be agreed or announced before', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });
  const steward = () => world.as('cleveland', 'data-steward');
  const auditor = () => world.as('auditor-a', 'auditor');

  it('a foreign dataset is used under its owner’s grant, and no longer once that is revoked', async () => {
    const { record: data } = await steward().datasets.create(dataset(uniqueName('lent')));
    const theirs = world.as('hungarian', 'ml-engineer').models;
    const request = (name: string, grants?: string[]) => ({
      ...model(uniqueName(name), [{ id: data.id, role: 'training' }]),
      ...(grants && { grants }),
    });
    await expect(theirs.create(request('without'))).rejects.toMatchObject({
      status: 403,
      code: 'GRANT_REQUIRED',
      pointer: '/datasets/0/id',
    });
    const { record: lent } = await steward().grants.create(grant(data.id, 'hungarian'));
    expect(lent.header).toMatchObject({ dataset: data.id, grantee: 'hungarian', status: 'active' });
    const { record: version } = await theirs.create(request('with', [lent.id]));
    expect(version.header.grants).toEqual([lent.id]);

    const at = { minBlock: version.ledger.block };
    const list = await world.as('hungarian', 'ml-engineer').models.list({ grant: lent.id, ...at });
    expect(list.items.map(({ id }) => id)).toEqual([version.id]);
    const granted = await world
      .as('hungarian', 'data-steward')
      .grants.list({ dataset: data.id, grantee: 'hungarian', ...at });
    expect(granted.items.map(({ id, private: part }) => [id, part])).toEqual([[lent.id, 'withheld']]);

    await steward().grants.transition(lent.id, { to: 'revoked', reasonCode: 'agreement-ended' });
    await expect(theirs.create(request('after', [lent.id]))).rejects.toMatchObject({
      status: 403,
      code: 'GRANT_INVALID',
      pointer: '/grants/0',
    });
  });

  it('a plan is recorded before the result, and an attestation that cites it must match it', async () => {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('planned')));
    const { record: announced } = await auditor().plans.create(plan(version.id));
    const request = attestation(version.id);
    const cited = (threshold: string) => ({
      ...request,
      plan: announced.id,
      private: {
        ...request.private,
        ...plan('').private,
        criteria: [{ metric: 'equal_opportunity_difference', gate: 'bound95' as const, threshold }],
      },
    });
    await expect(auditor().attestations.create(cited('0.3'))).rejects.toMatchObject({
      status: 422,
      code: 'PLAN_MISMATCH',
      pointer: '/private/criteria',
    });
    const { record: audit } = await auditor().attestations.create(cited('0.1'));
    expect(audit.header).toMatchObject({ plan: announced.id });
    const at = { minBlock: audit.ledger.block };
    const found = await auditor().attestations.list({ plan: announced.id, ...at });
    expect(found.items.map(({ id }) => id)).toEqual([audit.id]);
    expect(await steward().plans.get(announced.id, at)).toMatchObject({ private: { minimumGroupSize: 30 } });
    expect(await world.as('hungarian', 'reader').plans.get(announced.id, at)).toMatchObject({ private: 'withheld' });
  });
});
