import { beforeEach, describe, expect, it } from '@jest/globals';
import { consortium, SimulatedConsortium } from '../simulation/consortium';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const subject = 'model:cleveland/m@1';
const planId = `plan:auditor-a/${'a1'.repeat(16)}@1`;
const announced = {
  criteria: [{ metric: 'equal_opportunity_difference', gate: 'bound95', threshold: '0.1' }],
  dataset: 'dataset:cleveland/holdout@1',
  sensitiveFeatures: ['sex'],
  minimumGroupSize: 30,
  decisionThreshold: '0.5',
};
const seed = '42';

let world: SimulatedConsortium;
const auditor = () => world.as('AuditorAMSP', 'auditor');
const plan = (fields: object = {}, id = planId, caller = auditor()) =>
  world.create(caller, 'plan', id, { subject, kind: 'fairness', ...fields }, { ...announced, seed });
const attest = (fields: object = {}, values: object = {}, caller = auditor(), org = 'auditor-a') =>
  world.create(
    caller,
    'attestation',
    `attestation:${org}/${'9f'.repeat(16)}@1`,
    { subject, kind: 'fairness', plan: planId, ...fields },
    { verdict: { claimed: 'fail' }, ...announced, ...values },
  );

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model(subject);
});

describe('an evaluation plan', () => {
  it('lies beside the attestations on its subject, and is cited by one that says the same', async () => {
    await plan();
    const effects = world.transcript.at(-1) ?? [];
    expect(effects.filter(([verb]) => verb === 'put private').map(([, collection]) => collection)).toEqual([
      'audits-cleveland',
      '_implicit_org_AuditorAMSP',
    ]);
    expect(await attest()).toMatchObject({ header: { plan: planId } });
  });

  it.each([
    ['criteria', [{ metric: 'equal_opportunity_difference', gate: 'bound95', threshold: '0.2' }]],
    ['dataset', 'dataset:cleveland/other@1'],
    ['sensitiveFeatures', ['age']],
    ['minimumGroupSize', 29],
    ['decisionThreshold', '0.50'],
    ['decisionThreshold', undefined],
  ])('is not matched by another %s', async (name, value) => {
    await plan();
    await expect(attest({}, { [name]: value })).rejects.toEqual(refused('PLAN_MISMATCH', `/private/${name}`));
  });

  it('is the same auditor’s, of the same subject and kind, and active', async () => {
    await expect(attest()).rejects.toEqual(refused('REFERENCE_NOT_FOUND', '/plan'));
    await plan();
    await world.model('model:cleveland/m@2');
    await expect(attest({ subject: 'model:cleveland/m@2' })).rejects.toEqual(refused('PLAN_MISMATCH', '/plan'));
    await expect(attest({ kind: 'privacy' })).rejects.toEqual(refused('PLAN_MISMATCH', '/plan'));
    const other = world.as('AuditorBMSP', 'auditor');
    await expect(attest({}, {}, other, 'auditor-b')).rejects.toEqual(refused('PLAN_MISMATCH', '/plan'));
    await world.transition(auditor(), 'plan', { id: planId, to: 'superseded' });
    await expect(attest()).rejects.toEqual(refused('PLAN_MISMATCH', '/plan'));
    expect(await attest({ plan: undefined })).toMatchObject({ replay: false });
  });

  it('is an auditor’s on another’s subject that exists', async () => {
    await expect(plan({ subject: 'model:cleveland/never@1' })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/subject'),
    );
    const outsider = world.as('AuditorCMSP', 'auditor');
    await expect(plan({}, 'plan:auditor-c/a@1', outsider)).rejects.toEqual(refused('NOT_A_MEMBER'));
    const self = world.as('ClevelandMSP', 'auditor');
    await expect(plan({}, 'plan:cleveland/a@1', self)).rejects.toEqual(refused('UNKNOWN_ORGANIZATION', '/id'));
  });

  it('that was recorded in an earlier epoch is recorded anew', async () => {
    await plan();
    const organizations = consortium.organizations.map((organization) =>
      organization.slug === 'cleveland'
        ? { ...organization, epochs: [...organization.epochs, { auditors: ['auditor-a'], regulators: ['regulator'] }] }
        : organization,
    );
    await world.applyRole('cleveland', { ...consortium, organizations });
    await expect(attest()).rejects.toEqual(refused('PLAN_MISMATCH', '/plan'));
  });
});
