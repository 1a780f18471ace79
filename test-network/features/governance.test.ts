import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesToHex,
  consortiumCollection,
  headerBytes,
  type HeaderOf,
  headerKey,
  headerSchemas,
  markHash,
  markKey,
  markValue,
  parseId,
  policyInForceKey,
  policyInForceValue,
  voteName,
} from '@proofward/evidence';
import { ownNetwork } from '../harness/place.js';
import { carryChange } from '../harness/votes.js';
import {
  attestation,
  dataset,
  dispute,
  file,
  model,
  msp,
  proposal,
  signOff,
  uniqueName,
  World,
} from '../harness/world.js';

/**
 * What belongs to all five organisations is changed by three of them. The network is this feature's own, for what is carried
 * here would bind all others.
 */
describe('what belongs to all', () => {
  let world: World;
  let subject: string;
  const deadline = proposal('').deadline;
  const safety = { name: 'safety', requires: 'sign-off' as const, role: 'clinical-safety' as const };
  const qa = { name: 'qa', requires: 'sign-off' as const, role: 'qa' as const };
  const minimum = 'policy:consortium/minimum@1';
  const refused = 'ENDORSEMENT_POLICY_FAILURE';
  const admin = (slug: string) => world.as(slug, 'admin');
  const propose = async (slug: string, change: HeaderOf<'proposal'>['change']) =>
    (await admin(slug).proposals.create({ change, deadline })).record.id;
  const vote = async (proposed: string, choice: 'yes' | 'no', ...slugs: string[]) => {
    let block = 0;
    for (const slug of slugs) {
      await world.settled();
      block = (await admin(slug).votes.create({ proposal: proposed, choice })).record.ledger.block;
    }
    await world.settled();
    return block;
  };
  const carry = (slug: string, proposed: string) => admin(slug).proposals.transition(proposed, { to: 'carried' });
  const preview = async (minBlock: number) => {
    await world.settled();
    return world.as('hungarian', 'qa').releases.preview({ model: subject, purpose: 'triage' }, { minBlock });
  };

  beforeAll(async () => {
    world = await World.start(ownNetwork('governance'));
    subject = (await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('governed')))).record.id;
  }, 240_000);
  afterAll(async () => {
    await world.end();
  }, 60_000);

  it('a release that was allowed is refused under the minimum that a majority voted for, and told whose', async () => {
    const site = world.as('hungarian', 'qa');
    const own = { name: uniqueName('site'), version: '1', scope: 'site' as const, requirements: [qa] };
    const { record: sitePolicy } = await site.policies.create(own);
    const vendor = { ...own, name: uniqueName('vendor'), scope: 'vendor' as const };
    const { record: vendorPolicy } = await world.as('cleveland', 'qa').policies.create(vendor);
    const { record: signed } = await site.signOffs.create(signOff(subject));
    expect(await preview(signed.ledger.block)).toMatchObject({ outcome: 'allowed' });

    const change = { kind: 'policy' as const, policy: minimum, scope: 'consortium' as const, requirements: [safety] };
    const proposed = await propose('regulator', change);
    await vote(proposed, 'yes', 'regulator', 'cleveland');
    await vote(proposed, 'no', 'hungarian');
    await expect(carry('regulator', proposed)).rejects.toMatchObject({ status: 409, code: 'PROPOSAL_UNDECIDED' });
    await expect(admin('hungarian').votes.create({ proposal: proposed, choice: 'yes' })).rejects.toMatchObject({
      status: 409,
      code: 'RECORD_EXISTS',
    });
    await vote(proposed, 'yes', 'auditor-a');
    // Who was against may do it too: it is counted by each endorser.
    const carried = await carry('hungarian', proposed);
    expect(carried.header).toMatchObject({ status: 'carried', revision: 2, author: msp.regulator });

    const answer = await preview(carried.ledger.block);
    expect(answer.policies).toEqual([sitePolicy.id, vendorPolicy.id, minimum].sort());
    expect(answer.outcome).toBe('refused');
    expect(answer.requirements.filter(({ result }) => result !== 'met')).toEqual([
      { policy: minimum, name: 'safety', result: 'missing' },
    ]);
    const { record } = await site.releases.request({ model: subject, purpose: 'triage' });
    expect(record.header).toMatchObject({ outcome: 'refused', policies: answer.policies });
    const { items } = await world
      .as('auditor-b', 'reader')
      .policies.list({ owner: 'consortium', status: 'active', minBlock: carried.ledger.block });
    expect(items.map(({ id, header }) => [id, header.proposal])).toEqual([[minimum, proposed]]);
    const votes = await world
      .as('auditor-b', 'reader')
      .votes.list({ proposal: proposed, sort: 'id', minBlock: carried.ledger.block });
    expect(votes.items.map(({ header }) => [header.author, header.choice])).toEqual([
      [msp.auditorA, 'yes'],
      [msp.cleveland, 'yes'],
      [msp.hungarian, 'no'],
      [msp.regulator, 'yes'],
    ]);
  });

  it('an owner loosens its own policy with the votes of a majority, and not without', async () => {
    const site = world.as('hungarian', 'qa');
    const [before] = (await site.policies.list({ owner: 'hungarian', status: 'active' })).items;
    const replaces = before?.id ?? '';
    const loose = { scope: 'site' as const, replaces, requirements: [{ ...qa, waivable: true }] };
    const policy = `policy:hungarian/${uniqueName('loose')}@1`;
    const create = (more: object) => site.policies.create({ id: policy, ...loose, ...more });
    await expect(create({})).rejects.toMatchObject({ status: 403, code: 'POLICY_LOOSENED' });
    const proposed = await propose('hungarian', { kind: 'policy', policy, ...loose });
    await expect(create({ proposal: proposed })).rejects.toMatchObject({ status: 403, code: 'PROPOSAL_MISMATCH' });
    await vote(proposed, 'yes', 'hungarian', 'auditor-b', 'regulator');
    await carry('hungarian', proposed);
    await world.settled();
    const { record } = await create({ proposal: proposed });
    expect(record.header).toMatchObject({ proposal: proposed, status: 'active', replaces });
  });

  it('who signs off as what binds every site, in what is signed and in what is decided and run on it', async () => {
    const [safetyOfficer, site] = [world.as('hungarian', 'clinical-safety'), world.as('hungarian', 'qa')];
    const agree = (...certificates: ('qa' | 'clinical-safety')[]) =>
      carryChange(world, { kind: 'setting', value: { of: 'reviewers', reviewers: [{ role: 'qa', certificates }] } });
    const other = (await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('reviewed')))).record.id;
    const inForce = (await site.policies.list({ status: 'active', owner: 'consortium' })).items;
    expect(inForce.map(({ id }) => id)).toEqual([minimum]);
    await safetyOfficer.signOffs.create(signOff(other, 'clinical-safety'));
    const { record: byQa } = await site.signOffs.create(signOff(other));
    expect(byQa.header.certificate).toBeUndefined();
    const outcome = async (minBlock: number) => {
      await world.settled();
      return (await site.releases.preview({ model: other, purpose: 'triage' }, { minBlock })).outcome;
    };
    expect(await outcome(byQa.ledger.block)).toBe('allowed');
    const { record: decision } = await site.releases.request({ model: other, purpose: 'triage' });
    await expect(safetyOfficer.signOffs.create(signOff(other, 'qa'))).rejects.toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      pointer: '/role',
    });

    const first = await agree('clinical-safety');
    await expect(site.signOffs.create(signOff(other))).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/role' });
    expect(await outcome(first.block)).toBe('refused');
    const deploy = () =>
      world.as('hungarian', 'service').deployments.create({
        ...{ model: other, endpoint: uniqueName('reviewed'), mode: 'live', decision: decision.id },
        private: { configurationDigest: file.sha256 },
      });
    await expect(deploy()).rejects.toMatchObject({ status: 403, code: 'DECISION_INVALID' });
    const { record: bySafety } = await safetyOfficer.signOffs.create(signOff(other, 'qa'));
    expect(bySafety.header).toMatchObject({ role: 'qa', certificate: 'clinical-safety' });
    expect(await outcome(bySafety.ledger.block)).toBe('allowed');

    const second = await agree('qa');
    expect((await deploy()).record.status).toBe('running');
    const reader = world.as('auditor-b', 'reader').settings;
    const { header } = await reader.get('setting:consortium/reviewers@1', { minBlock: second.block });
    expect(header).toMatchObject({ revision: 2, proposal: second.id, value: { of: 'reviewers' } });
    const { revisions } = await reader.history(header.id, { minBlock: second.block });
    expect(revisions.map((revision) => revision.header.proposal)).toEqual([second.id, first.id]);
    expect((await reader.list({ of: 'reviewers', proposal: second.id })).items.map(({ id }) => id)).toEqual([
      header.id,
    ]);
    expect((await reader.list({ of: 'schemas' })).items).toEqual([]);
  });

  it('a minority with modified chaincode changes none of it', async () => {
    const channel = world.stack.network.channel;
    const rogue = world.ledger('hungarian', 'admin');
    const seen = world.as('cleveland', 'reader');
    const pairs = [
      [msp.hungarian, msp.auditorB],
      [msp.auditorB, msp.regulator],
    ];
    const keyOf = (header: HeaderOf<'policy' | 'proposal' | 'vote' | 'role' | 'setting'>) =>
      headerKey(parseId(header.id), markHash(markValue(channel, header)));
    const proposed = await propose('auditor-b', { kind: 'standing', organization: 'cleveland', status: 'suspended' });
    const at = { minBlock: await vote(proposed, 'no', 'cleveland') };
    const policy = (await seen.policies.get(minimum, at)).header;
    const standing = (await seen.proposals.get(proposed, at)).header;
    const voteId = `vote:cleveland/${voteName(proposed)}@1`;
    const cast = (await seen.votes.get(voteId, at)).header;
    const role = (await seen.roles.get('cleveland', at)).header;
    const reviewers = (await seen.settings.get('setting:consortium/reviewers@1', at)).header;
    const schemas = 'setting:consortium/schemas@1';

    const forgedVote = headerSchemas.vote.parse({
      ...cast,
      id: voteId.replace('cleveland', 'auditor-a'),
      author: msp.auditorA,
      choice: 'yes',
    });
    const looser = 'policy:consortium/looser@1';
    const mark = (id: string, value: Uint8Array) => ({
      kind: 'put' as const,
      collection: consortiumCollection,
      key: markKey(parseId(id)),
      value: bytesToHex(value),
    });
    const put = (header: HeaderOf<'policy' | 'proposal' | 'role' | 'setting'>) => ({
      kind: 'put' as const,
      key: keyOf(header),
      value: bytesToHex(headerBytes(header)),
    });
    const attempts = [
      put({ ...policy, status: 'superseded', revision: 2 }),
      { kind: 'policy' as const, key: keyOf(policy), value: '' },
      { kind: 'delete' as const, key: keyOf(policy) },
      put({ ...standing, status: 'carried', revision: 2 }),
      put({ ...role, status: 'suspended', revision: role.revision + 1 }),
      { kind: 'policy' as const, key: keyOf(role), value: '' },
      put({
        ...reviewers,
        revision: reviewers.revision + 1,
        value: { of: 'reviewers', reviewers: [{ role: 'qa', certificates: ['clinical-safety'] }] },
      }),
      { kind: 'policy' as const, key: keyOf(reviewers), value: '' },
      { kind: 'delete' as const, key: keyOf(reviewers) },
      mark(schemas, markValue(channel, { ...reviewers, id: schemas })),
      mark(forgedVote.id, markValue(channel, forgedVote)),
      mark(looser, markValue(channel, { ...policy, id: looser, requirements: [qa] })),
      {
        ...mark(looser, policyInForceValue(channel, looser)),
        key: policyInForceKey({ scope: 'consortium' }),
      },
    ];
    for (const [index, write] of attempts.entries()) {
      for (const colluders of pairs)
        expect([index, colluders, await rogue.rogue([write], colluders)]).toEqual([index, colluders, refused]);
    }
    // With a third the keys are written: it is the majority that is asked for, and nothing else, that stood in the way.
    const third = [...(pairs[0] ?? []), msp.regulator];
    const { key, value } = put({ ...standing, status: 'withdrawn', revision: 2 });
    expect(await rogue.rogue([{ kind: 'put', key, value }], third)).toBe('VALID');
  });

  it('an honest organisation endorses no change that the votes do not bear', async () => {
    const proposed = await propose('auditor-b', { kind: 'standing', organization: 'auditor-a', status: 'suspended' });
    await vote(proposed, 'yes', 'auditor-b', 'regulator');
    const change = JSON.stringify({ id: proposed, to: 'carried' });
    const asked = world.ledger('auditor-b', 'admin');
    for (const honest of [msp.cleveland, msp.auditorA])
      expect((await asked.simulate('proposals:transition', [change], honest)).code).toBe('PROPOSAL_UNDECIDED');
  });

  it('a panel is of the organisations that are active by vote', async () => {
    const standing = (organization: string, status: 'active' | 'suspended') =>
      carryChange(world, { kind: 'standing', organization, status });
    const disputed = async () =>
      (await world.as('auditor-a', 'auditor').attestations.create(attestation(subject))).record.id;
    const [open, unopened] = [await disputed(), await disputed()];
    const opener = world.as('hungarian', 'qa').disputes;
    const rule = async (slug: string, role: string, id: string) => {
      await world.settled();
      return world.as(slug, role).disputes.transition(id, { to: 'upheld' });
    };
    // Two are no party: auditor-b and the regulator.
    const { record } = await opener.create(dispute(open, subject));
    expect((await rule('regulator', 'inspector', record.id)).status).toBe('open');
    await standing('regulator', 'suspended');
    await expect(opener.create(dispute(unopened, subject))).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await rule('auditor-b', 'auditor', record.id)).toMatchObject({
      status: 'open',
      header: { rulings: [{ organization: msp.regulator }, { organization: msp.auditorB }] },
    });
    await expect(rule('regulator', 'inspector', record.id)).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
    await standing('regulator', 'active');
    expect((await rule('auditor-b', 'auditor', record.id)).status).toBe('upheld');
    expect((await opener.create(dispute(unopened, subject))).record.status).toBe('open');
  });

  it('an organisation that is suspended writes nothing new, and is readmitted', async () => {
    const steward = world.as('hungarian', 'data-steward');
    const suspend = await propose('regulator', { kind: 'standing', organization: 'hungarian', status: 'suspended' });
    await vote(suspend, 'yes', 'cleveland', 'auditor-a', 'regulator');
    await carry('regulator', suspend);
    await world.settled();
    const fresh = () => steward.datasets.create(dataset(uniqueName('suspended')));
    await expect(fresh()).rejects.toMatchObject({ status: 422, code: 'UNKNOWN_ORGANIZATION' });
    // The package's file still says active, and does not undo what was voted.
    const applied = await admin('cleveland').roles.apply('hungarian');
    expect(applied).toMatchObject({ replay: true, record: { header: { status: 'suspended', proposal: suspend } } });
    const back = await propose('regulator', { kind: 'standing', organization: 'hungarian', status: 'active' });
    await vote(back, 'yes', 'cleveland', 'auditor-a', 'regulator');
    const { ledger } = await carry('regulator', back);
    await world.settled();
    expect((await fresh()).record.status).toBe('registered');
    const { revisions } = await world.as('auditor-a', 'reader').roles.history('hungarian', { minBlock: ledger.block });
    expect(revisions.map(({ header }) => header.status)).toEqual(['active', 'suspended', 'active']);
  });
});
