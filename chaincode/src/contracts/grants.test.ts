import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedConsortium } from '../simulation/consortium';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const theirs = 'dataset:hungarian/theirs@1';
const base = 'model:hungarian/base@1';
const grantId = `grant:hungarian/${'a1'.repeat(16)}@1`;
const otherId = `grant:hungarian/${'b2'.repeat(16)}@1`;

let world: SimulatedConsortium;
const owner = () => world.as('HungarianMSP', 'data-steward');
const grant = (fields: object = {}, id = grantId, caller = owner()) =>
  world.create(
    caller,
    'grant',
    id,
    { dataset: theirs, grantee: 'cleveland', purpose: 'triage', ...fields },
    { terms: 'x' },
  );
const use = (fields: object = {}, more: object = {}) =>
  world.model('model:cleveland/m@1', world.as('ClevelandMSP', 'ml-engineer', more), {
    datasets: [{ id: theirs, role: 'training' }],
    grants: [grantId],
    ...fields,
  });

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.dataset(theirs, owner());
  await world.model(base, world.as('HungarianMSP', 'ml-engineer'));
});

describe('a usage grant', () => {
  it('lets its grantee build on the dataset, for its purpose', async () => {
    await grant();
    expect(await use()).toMatchObject({ header: { grants: [grantId] } });
  });

  it('is needed for a parent too, model or dataset', async () => {
    await grant({ dataset: undefined, model: base });
    await grant({}, otherId);
    const parents = [{ id: base, relation: 'fine-tuned' }];
    await expect(use({ parents, datasets: [], grants: undefined })).rejects.toEqual(
      refused('GRANT_REQUIRED', '/parents/0/id'),
    );
    expect(await use({ parents, datasets: [] })).toMatchObject({ header: { parents } });
    const derived = (grants?: string[]) =>
      world.dataset('dataset:cleveland/d@1', world.as('ClevelandMSP', 'data-steward'), { parents: [theirs], grants });
    await expect(derived()).rejects.toEqual(refused('GRANT_REQUIRED', '/parents/0'));
    expect(await derived([otherId])).toMatchObject({ header: { parents: [theirs] } });
  });

  it('must be there, of what is used, to this organisation, for this purpose, in force', async () => {
    await expect(use()).rejects.toEqual(refused('REFERENCE_NOT_FOUND', '/grants/0'));
    await grant({ dataset: undefined, model: base });
    await expect(use()).rejects.toEqual(refused('GRANT_INVALID', '/grants/0'));
    const id = otherId;
    const grants = [id];
    await grant({ until: '2026-01-31T13:00:00.000Z' }, id);
    await expect(use({ grants, purpose: 'screening' })).rejects.toEqual(refused('GRANT_INVALID', '/grants/0'));
    const late = { timestamp: Date.UTC(2026, 0, 31, 13) };
    await expect(use({ grants }, late)).rejects.toEqual(refused('GRANT_INVALID', '/grants/0'));
    expect(await use({ grants }, { timestamp: late.timestamp - 1 })).toMatchObject({ replay: false });
  });

  it('is no grant once it was revoked, which leaves what was built before', async () => {
    await grant();
    await use();
    await world.transition(owner(), 'grant', { id: grantId, to: 'revoked' });
    const next = { datasets: [{ id: theirs, role: 'training' }], grants: [grantId] };
    await expect(world.model('model:cleveland/m@2', world.as('ClevelandMSP', 'ml-engineer'), next)).rejects.toEqual(
      refused('GRANT_INVALID', '/grants/0'),
    );
    expect(await use()).toMatchObject({ replay: true });
  });

  it('is its owner’s, of one thing that exists, to another provider', async () => {
    await expect(grant({}, grantId, world.as('HungarianMSP', 'ml-engineer'))).rejects.toEqual(refused('FORBIDDEN'));
    await expect(grant({}, `grant:cleveland/${'a1'.repeat(16)}@1`)).rejects.toEqual(refused('FORBIDDEN'));
    const cleveland = world.as('ClevelandMSP', 'data-steward');
    await expect(grant({ grantee: 'hungarian' }, `grant:cleveland/${'a1'.repeat(16)}@1`, cleveland)).rejects.toEqual(
      refused('FORBIDDEN', '/dataset'),
    );
    await expect(grant({ dataset: undefined })).rejects.toEqual(refused('INVALID_FIELD', '/model'));
    await expect(grant({ model: base })).rejects.toEqual(refused('INVALID_FIELD', '/dataset'));
    await expect(grant({ dataset: 'dataset:hungarian/never@1' })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/dataset'),
    );
    for (const grantee of ['hungarian', 'auditor-a', 'nobody']) {
      await expect(grant({ grantee })).rejects.toEqual(refused('UNKNOWN_ORGANIZATION', '/grantee'));
    }
  });

  it('to somebody else is of no use', async () => {
    await world.dataset('dataset:cleveland/ours@1');
    const id = `grant:cleveland/${'c3'.repeat(16)}@1`;
    await grant(
      { dataset: 'dataset:cleveland/ours@1', grantee: 'hungarian' },
      id,
      world.as('ClevelandMSP', 'data-steward'),
    );
    await expect(
      use({ datasets: [{ id: 'dataset:cleveland/ours@1', role: 'training' }], grants: [id] }),
    ).rejects.toEqual(refused('GRANT_INVALID', '/grants/0'));
  });
});
