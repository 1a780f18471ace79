import { beforeEach, describe, expect, it } from '@jest/globals';
import { voteName } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';
import { ReleaseWorld } from '../simulation/release-world';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });

let world: SimulatedConsortium;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
});

const mspIds: Record<string, string> = {
  cleveland: 'ClevelandMSP',
  hungarian: 'HungarianMSP',
  'auditor-a': 'AuditorAMSP',
  'auditor-b': 'AuditorBMSP',
  'auditor-c': 'AuditorCMSP',
  regulator: 'RegulatorMSP',
};
const admin = (org: string, at?: number) =>
  world.as(mspIds[org] ?? '', 'admin', at === undefined ? {} : { timestamp: at });
const minutes = (count: number) => count * 60_000;
let made = 0;
const id = (org = 'regulator') => `proposal:${org}/${String(++made).padStart(32, '0')}@1`;
const deadline = '2026-02-01T00:00:00.000Z';
const afterwards = Date.parse(deadline) + minutes(1);
const qa = { name: 'qa', requires: 'sign-off', role: 'qa' };
const safety = { name: 'safety', requires: 'sign-off', role: 'clinical-safety' };
const minimum = 'policy:consortium/minimum@1';
const policyChange = (more: object = {}) => ({
  kind: 'policy',
  policy: minimum,
  scope: 'consortium',
  requirements: [safety],
  ...more,
});
const suspension = (organization = 'auditor-c') => ({ kind: 'standing', organization, status: 'suspended' });

async function propose(change: object, org = 'regulator', more: object = {}): Promise<string> {
  const proposal = id(org);
  await world.create(admin(org), 'proposal', proposal, { change, deadline, ...more });
  return proposal;
}
const vote = (org: string, proposal: string, choice = 'yes', at?: number) =>
  world.create(admin(org, at), 'vote', `vote:${org}/${voteName(proposal)}@1`, { proposal, choice });
const carry = (proposal: string, to = 'carried', org = 'regulator', at?: number) =>
  world.transition(admin(org, at), 'proposal', { id: proposal, to });
/** Four of six. */
const majority = ['cleveland', 'hungarian', 'auditor-a', 'regulator'];
async function carried(change: object, org?: string): Promise<string> {
  const proposal = await propose(change, org);
  for (const voter of majority) await vote(voter, proposal);
  await carry(proposal);
  return proposal;
}

describe('a proposal', () => {
  it('is carried by more than half of all organisations, and by no fewer', async () => {
    const proposal = await propose(suspension());
    for (const org of majority.slice(0, 3)) await vote(org, proposal);
    await expect(carry(proposal)).rejects.toEqual(refused('PROPOSAL_UNDECIDED', '/to'));
    await vote('auditor-b', proposal, 'no');
    await expect(carry(proposal)).rejects.toEqual(refused('PROPOSAL_UNDECIDED'));
    await vote('regulator', proposal);
    await expect(carry(proposal, 'rejected')).rejects.toEqual(refused('PROPOSAL_UNDECIDED'));
    expect(await carry(proposal, 'carried', 'auditor-b')).toMatchObject({ header: { status: 'carried', revision: 2 } });
    await expect(carry(proposal)).rejects.toEqual(refused('INVALID_TRANSITION'));
    await expect(vote('auditor-c', proposal)).rejects.toEqual(refused('UNKNOWN_ORGANIZATION'));
    await expect(vote('auditor-b', proposal, 'yes')).rejects.toEqual(refused('RECORD_EXISTS'));
  });

  it('is rejected when a majority cannot come any more, or at its deadline', async () => {
    const proposal = await propose(suspension());
    await expect(carry(proposal, 'rejected')).rejects.toEqual(refused('PROPOSAL_UNDECIDED'));
    for (const org of majority.slice(0, 3)) await vote(org, proposal, 'no');
    await carry(proposal, 'rejected');
    await expect(vote('auditor-b', proposal)).rejects.toEqual(refused('PROPOSAL_CLOSED', '/proposal'));
    const late = await propose(suspension());
    await vote('cleveland', late);
    await expect(vote('hungarian', late, 'yes', afterwards)).rejects.toEqual(refused('PROPOSAL_CLOSED', '/proposal'));
    await carry(late, 'rejected', 'hungarian', afterwards);
  });

  it('is withdrawn by who made it, and by nobody else', async () => {
    const proposal = await propose(suspension());
    await expect(carry(proposal, 'withdrawn', 'cleveland')).rejects.toEqual(refused('FORBIDDEN'));
    await carry(proposal, 'withdrawn');
    await expect(vote('cleveland', proposal)).rejects.toEqual(refused('PROPOSAL_CLOSED'));
  });

  it('has a deadline that comes, and a change that would change something', async () => {
    const cases: [object, object, string, string][] = [
      [suspension(), { deadline: '2020-01-01T00:00:00.000Z' }, 'INVALID_FIELD', '/deadline'],
      [suspension(), { deadline: '2030-01-01T00:00:00.000Z' }, 'INVALID_FIELD', '/deadline'],
      [suspension('nobody'), {}, 'UNKNOWN_ORGANIZATION', '/change/organization'],
      [{ ...suspension(), status: 'active' }, {}, 'INVALID_FIELD', '/change/status'],
      [policyChange({ policy: 'policy:regulator/minimum@1' }), {}, 'INVALID_FIELD', '/change/policy'],
      [policyChange({ line: 'x' }), {}, 'INVALID_FIELD', '/change/line'],
      [policyChange({ scope: 'site', policy: 'policy:cleveland/x@1' }), {}, 'INVALID_FIELD', '/change/policy'],
      [policyChange({ replaces: minimum }), {}, 'POLICY_NOT_IN_FORCE', '/change/replaces'],
    ];
    for (const [change, more, code, pointer] of cases) {
      await expect(propose(change, 'regulator', more)).rejects.toEqual(refused(code, pointer));
    }
  });

  it('has votes of its own name, so that nobody has two', async () => {
    const proposal = await propose(suspension());
    const other = `vote:cleveland/${'0'.repeat(32)}@1`;
    await expect(world.create(admin('cleveland'), 'vote', other, { proposal, choice: 'yes' })).rejects.toEqual(
      refused('INVALID_ID', '/id'),
    );
    await vote('cleveland', proposal);
    expect(await vote('cleveland', proposal)).toMatchObject({ replay: true });
    await expect(vote('cleveland', proposal, 'no')).rejects.toEqual(refused('RECORD_EXISTS'));
  });
});

describe('the standing of an organisation', () => {
  it('is what the votes say, and not undone by the file of the package', async () => {
    const proposal = await carried(suspension('hungarian'));
    const role = () => world.applyRole('hungarian');
    expect(await role()).toMatchObject({ header: { status: 'suspended', proposal, revision: 2 }, replay: true });
    const dataset = () => world.dataset('dataset:hungarian/new@1', world.as('HungarianMSP', 'data-steward'));
    await expect(dataset()).rejects.toEqual(refused('UNKNOWN_ORGANIZATION'));
    await expect(propose(suspension(), 'hungarian')).rejects.toEqual(refused('UNKNOWN_ORGANIZATION'));
    const back = await propose({ ...suspension('hungarian'), status: 'active' });
    for (const org of ['cleveland', 'auditor-a', 'auditor-b', 'regulator']) await vote(org, back);
    await expect(carry(back, 'carried', 'hungarian')).rejects.toEqual(refused('FORBIDDEN'));
    await carry(back);
    expect(await dataset()).toMatchObject({ header: { status: 'registered' } });
  });

  it('counts for a vote when it is counted', async () => {
    const proposal = await propose(policyChange());
    for (const org of majority) await vote(org, proposal);
    const other = await propose(suspension('hungarian'));
    for (const org of majority) await vote(org, other);
    await carry(other);
    await expect(carry(proposal)).rejects.toEqual(refused('PROPOSAL_UNDECIDED'));
  });
});

describe("the consortium's policy", () => {
  it('is made by nobody but by votes, and is in force for every release from then on', async () => {
    const release = await ReleaseWorld.open(world);
    expect((await release.decide()).evaluation.outcome).toBe('allowed');
    const proposal = await carried(policyChange());
    expect(await world.read('policy', minimum)).toMatchObject({ scope: 'consortium', proposal, status: 'active' });
    await expect(release.decide()).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/policies'));
    const policies = [minimum, release.vendorPolicy, release.sitePolicy];
    const { evaluation } = await release.decide({ policies });
    expect(evaluation).toMatchObject({
      outcome: 'refused',
      requirements: [{ policy: minimum, name: 'safety', result: 'missing' }, { result: 'met' }, { result: 'met' }],
    });

    const next = 'policy:consortium/minimum@2';
    await expect(propose(policyChange({ policy: next }))).rejects.toEqual(refused('POLICY_NOT_IN_FORCE'));
    await expect(propose(policyChange({ replaces: minimum }))).rejects.toEqual(refused('RECORD_EXISTS'));
    // Of two that replace the same one, the second is not what was voted on any more.
    const replacement = { policy: next, replaces: minimum, requirements: [qa] };
    const late = await propose(policyChange({ ...replacement, policy: 'policy:consortium/other@1' }));
    for (const org of majority) await vote(org, late);
    await carried(policyChange(replacement));
    await expect(carry(late)).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/change/replaces'));
    expect(await world.read('policy', minimum)).toMatchObject({ status: 'superseded', revision: 2 });
    const again = await release.decide({ policies: [next, release.vendorPolicy, release.sitePolicy] });
    expect(again.evaluation.outcome).toBe('allowed');
  });

  it('is not made as an own one, in the own name or in that of all', async () => {
    const fields = { scope: 'consortium', requirements: [qa] };
    const caller = world.as('ClevelandMSP', 'qa');
    await expect(world.create(caller, 'policy', 'policy:cleveland/x@1', fields)).rejects.toEqual(
      refused('FORBIDDEN', '/scope'),
    );
    await expect(world.create(caller, 'policy', 'policy:consortium/x@1', fields)).rejects.toEqual(
      refused('UNKNOWN_ORGANIZATION', '/id'),
    );
    await carried(policyChange());
    await expect(world.transition(caller, 'policy', { id: minimum, to: 'superseded' })).rejects.toEqual(
      refused('FORBIDDEN'),
    );
  });
});

describe('a policy of its own that asks for less', () => {
  const first = 'policy:cleveland/site@1';
  const second = 'policy:cleveland/site@2';
  const fields = { scope: 'site', replaces: first, requirements: [qa] };
  const create = (policy: string, more: object) =>
    world.create(world.as('ClevelandMSP', 'qa'), 'policy', policy, { ...fields, ...more });

  it('takes a proposal of this very policy that was carried', async () => {
    await create(first, { replaces: undefined, requirements: [qa, safety] });
    await expect(create(second, {})).rejects.toEqual(refused('POLICY_LOOSENED'));
    const open = await propose({ kind: 'policy', policy: second, ...fields }, 'cleveland');
    await expect(create(second, { proposal: open })).rejects.toEqual(refused('PROPOSAL_MISMATCH', '/proposal'));
    for (const org of majority) await vote(org, open);
    await carry(open);
    const less = { proposal: open, requirements: [{ ...qa, waivable: true }] };
    await expect(create(second, less)).rejects.toEqual(refused('PROPOSAL_MISMATCH', '/proposal'));
    await expect(create('policy:cleveland/site@3', { proposal: open })).rejects.toEqual(refused('PROPOSAL_MISMATCH'));
    const standing = await propose(suspension());
    await expect(create(second, { proposal: standing })).rejects.toEqual(refused('PROPOSAL_MISMATCH'));
    expect(await create(second, { proposal: open })).toMatchObject({ header: { proposal: open, status: 'active' } });
  });
});

describe('what all agree on', () => {
  const model = 'model:cleveland/heart-risk@1';
  const setting = 'setting:consortium/reviewers@1';
  const reviewers = (...certificates: string[]) => ({
    kind: 'setting',
    value: { of: 'reviewers', reviewers: [{ role: 'qa', certificates }] },
  });
  let given = 0;
  const sign = (certificate: 'qa' | 'clinical-safety', role = 'qa') =>
    world.create(
      world.as('HungarianMSP', certificate),
      'sign-off',
      `sign-off:hungarian/${String(++given).padStart(32, '0')}@1`,
      { model, role },
      {
        outcome: 'approved',
        purpose: 'triage',
        printedName: 'Reviewer',
        title: 'Reviewer',
        meaning: 'approved',
        authentication: 'smart-card-pin',
        readDigest: 'cd'.repeat(32),
      },
    );

  it('is who signs off as what, as the votes said last', async () => {
    await world.model(model);
    expect(await sign('qa')).not.toMatchObject({ header: { certificate: expect.anything() } });
    await expect(sign('clinical-safety')).rejects.toEqual(refused('FORBIDDEN', '/role'));
    const proposal = await carried(reviewers('clinical-safety'));
    expect(await world.read('setting', setting)).toMatchObject({ revision: 1, proposal, status: 'agreed' });
    expect(await sign('clinical-safety')).toMatchObject({ header: { role: 'qa', certificate: 'clinical-safety' } });
    await sign('clinical-safety', 'clinical-safety');
    await expect(sign('qa')).rejects.toEqual(refused('FORBIDDEN', '/role'));
    const next = await carried(reviewers('qa', 'clinical-safety'));
    expect(await world.read('setting', setting)).toMatchObject({ revision: 2, proposal: next });
    await sign('qa');
    await sign('clinical-safety');
  });

  it('is asked again of a sign-off when it is counted, by decisions and by what runs on them', async () => {
    const release = await ReleaseWorld.open(world);
    expect((await release.decide()).evaluation.outcome).toBe('allowed');
    await carried(reviewers('clinical-safety'));
    const { evaluation } = await release.decide();
    expect(evaluation).toMatchObject({ outcome: 'refused' });
    await carried(reviewers('qa'));
    expect((await release.decide()).evaluation.outcome).toBe('allowed');
  });

  it('is not what one organisation says', async () => {
    const fields = { value: reviewers('qa').value, proposal: id() };
    for (const [name, refusal] of [
      ['setting:cleveland/reviewers@1', refused('FORBIDDEN')],
      [setting, refused('UNKNOWN_ORGANIZATION', '/id')],
    ] as const)
      await expect(world.create(admin('cleveland'), 'setting', name, fields)).rejects.toEqual(refusal);
  });

  it('is no schema version that the chaincode does not know', async () => {
    const schemas = (minimum: number) => ({
      kind: 'setting',
      value: {
        of: 'schemas',
        schemas: [
          { type: 'dataset', minimum: 1 },
          { type: 'model', minimum },
        ],
      },
    });
    await expect(propose(schemas(2))).rejects.toEqual(refused('INVALID_FIELD', '/change/value/schemas/1/minimum'));
    await carried(schemas(1));
    await world.model(model);
  });
});
