import { beforeEach, describe, expect, it } from '@jest/globals';
import { collectionName, policyInForceKey } from '@proofward/evidence';
import { consortium, SimulatedConsortium } from '../simulation/consortium';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const ratio = { metric: 'demographic_parity_ratio', gate: 'point', threshold: '0.8' };
const fair = (threshold = '0.8') => ({
  name: 'fair',
  requires: 'attestation',
  kind: 'fairness',
  criteria: [{ ...ratio, threshold }],
});
const first = 'policy:cleveland/release@1';
const second = 'policy:cleveland/release@2';

let world: SimulatedConsortium;
const qa = () => world.as('ClevelandMSP', 'qa');
const policy = (id: string, more: object = {}, caller = qa()) =>
  world.create(caller, 'policy', id, { scope: 'vendor', requirements: [fair()], ...more });
const statusOf = async (id: string) => (await world.read('policy', id)) as { status: string; revision: number };

beforeEach(async () => {
  world = await SimulatedConsortium.open();
});

describe('a release policy', () => {
  it('is public as a whole, and in force until another one replaces it', async () => {
    expect(await policy(first)).toMatchObject({
      header: { status: 'active', scope: 'vendor', requirements: [fair()], epoch: 1 },
      replay: false,
    });
    expect(await policy(first)).toMatchObject({ replay: true });
    await policy(second, { replaces: first, requirements: [fair('0.9')] });
    expect(await statusOf(first)).toMatchObject({ status: 'superseded', revision: 2 });
    expect(await statusOf(second)).toMatchObject({ status: 'active', revision: 1 });
  });

  it('names the one in force, so that none is forgotten', async () => {
    await expect(policy(first, { replaces: second })).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/replaces'));
    await policy(first);
    await expect(policy(second)).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/replaces'));
    await policy(second, { replaces: first });
    const third = 'policy:cleveland/release@3';
    await expect(policy(third, { replaces: first })).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/replaces'));
    await policy(third, { replaces: second });
  });

  it('asks for no less than the one before', async () => {
    await policy(first);
    for (const requirements of [[fair('0.7')], [{ ...fair(), waivable: true }], [{ ...fair(), name: 'other' }]]) {
      await expect(policy(second, { replaces: first, requirements })).rejects.toEqual(
        refused('POLICY_LOOSENED', '/requirements'),
      );
    }
    await policy(second, { replaces: first, requirements: [fair(), { name: 'qa', requires: 'sign-off', role: 'qa' }] });
  });

  it('of a site, of a vendor, and of one of its models stand beside each other', async () => {
    await policy(first);
    await policy('policy:cleveland/risk@1', { line: 'heart-risk' });
    await policy('policy:cleveland/site@1', { scope: 'site' });
    await policy('policy:hungarian/release@1', {}, world.as('HungarianMSP', 'clinical-safety'));
    await expect(policy('policy:cleveland/site@2', { scope: 'site', line: 'heart-risk' })).rejects.toEqual(
      refused('INVALID_FIELD', '/line'),
    );
    await expect(policy('policy:cleveland/risk@2', { line: 'heart-risk' })).rejects.toEqual(
      refused('POLICY_NOT_IN_FORCE', '/replaces'),
    );
  });

  it('has no private part', async () => {
    await expect(policy(first, { commitment: 'ab'.repeat(32) })).rejects.toEqual(
      refused('INVALID_FIELD', '/commitment'),
    );
    await policy(first);
    await expect(world.readPrivate('policy', first)).rejects.toEqual(refused('INVALID_FIELD'));
  });

  it('is its owner’s alone, and changes by nothing but the next one', async () => {
    await expect(policy(first, {}, world.as('HungarianMSP', 'qa'))).rejects.toEqual(refused('FORBIDDEN'));
    await expect(policy(first, {}, world.as('ClevelandMSP', 'ml-engineer'))).rejects.toEqual(refused('FORBIDDEN'));
    await policy(first);
    await expect(world.transition(qa(), 'policy', { id: first, to: 'superseded' })).rejects.toEqual(
      refused('INVALID_TRANSITION', '/to'),
    );
  });

  it('stays in force when the owner has a new epoch of members', async () => {
    await policy(first);
    const organizations = consortium.organizations.map((organization) =>
      organization.slug === 'cleveland'
        ? { ...organization, epochs: [...organization.epochs, { auditors: ['auditor-a'], regulators: ['regulator'] }] }
        : organization,
    );
    await world.applyRole('cleveland', { ...consortium, organizations });
    await expect(policy(second)).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/replaces'));
    await policy(second, { replaces: first });
    // What members of the earlier epoch do there is not looked at any more.
    const key = policyInForceKey({ scope: 'vendor' });
    world.ledger.putPrivate(collectionName('operations', 'cleveland', 1), key, undefined);
    await expect(policy('policy:cleveland/release@3')).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/replaces'));
  });
});
