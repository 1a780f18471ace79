import { beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson, presentationDigest } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';
import { ReleaseWorld } from '../simulation/release-world';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });

let world: SimulatedConsortium;
let release: ReleaseWorld;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
  release = await ReleaseWorld.open(world);
});

describe('a release decision', () => {
  it('follows from the policies in force and from what is presented, at a site that holds none of it', async () => {
    const { evaluation, header } = await release.decide();
    expect(evaluation).toEqual({
      outcome: 'allowed',
      requirements: [
        { policy: release.vendorPolicy, name: 'fair', result: 'met', records: [release.audit] },
        { policy: release.sitePolicy, name: 'qa', result: 'met', records: [release.signOff] },
      ],
      evidence: [
        { attestation: release.audit, presentation: presentationDigest(release.presentation(['verdict', 'metrics'])) },
      ],
    });
    expect(header).toMatchObject({
      outcome: 'allowed',
      model: release.model,
      policies: [release.vendorPolicy, release.sitePolicy],
      author: 'HungarianMSP',
    });
  });

  it('is recorded where it refuses too', async () => {
    const { evaluation, header } = await release.decide({ presentations: [], signOffs: [] });
    expect(evaluation).toMatchObject({
      outcome: 'refused',
      requirements: [{ result: 'missing' }, { result: 'missing' }],
    });
    expect(header).toMatchObject({ outcome: 'refused' });
  });

  it('that is claimed to come out better than it does is refused', async () => {
    const { evaluation } = await release.decide({ signOffs: [] });
    const claim = (more: object) => release.record({ ...evaluation, ...more }, { signOffs: [] });
    await expect(claim({ outcome: 'allowed' })).rejects.toEqual(refused('DECISION_NOT_BORNE', '/outcome'));
    const requirements = evaluation.requirements.map((requirement) => ({ ...requirement, result: 'met' as const }));
    await expect(claim({ requirements })).rejects.toEqual(refused('DECISION_NOT_BORNE', '/private/requirements'));
    await expect(claim({ until: '2030-01-01T00:00:00.000Z' })).rejects.toEqual(
      refused('DECISION_NOT_BORNE', '/private/until'),
    );
    await expect(claim({ evidence: [] })).rejects.toEqual(refused('DECISION_NOT_BORNE', '/private/evidence'));
  });

  it('is not taken from what is no field of the attestation', async () => {
    const presentation = release.presentation(['verdict', 'metrics']);
    const [verdict, ...others] = presentation.fields;
    const forged = {
      ...presentation,
      fields: [{ ...verdict, value: { claimed: 'pass', computed: 'pass' } }, ...others],
    };
    await expect(
      release.decide({ presentations: [{ attestation: release.audit, presentation: forged }] }),
    ).rejects.toEqual(refused('PRESENTATION_MISMATCH', '/presentations/0/presentation/fields/0'));
    const twice = { attestation: release.audit, presentation };
    await expect(release.decide({ presentations: [twice, twice] })).rejects.toEqual(refused('INVALID_FIELD'));
    const other = 'attestation:auditor-a/never@1';
    await expect(release.decide({ presentations: [{ attestation: other, presentation }] })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/presentations/0'),
    );
  });

  it('is taken from all policies that are in force and from no other', async () => {
    for (const policies of [[release.vendorPolicy], [release.sitePolicy]]) {
      await expect(release.decide({ policies })).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/policies'));
    }
    const line = 'policy:cleveland/line@1';
    const fair = { name: 'fair', requires: 'attestation', kind: 'fairness' };
    await world.create(world.as('ClevelandMSP', 'qa'), 'policy', line, {
      scope: 'vendor',
      line: 'heart-risk',
      requirements: [fair],
    });
    await expect(release.decide()).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/policies'));
    const next = 'policy:cleveland/line@2';
    const requirements = [fair, { name: 'safe', requires: 'attestation', kind: 'safety' }];
    await world.create(world.as('ClevelandMSP', 'qa'), 'policy', next, {
      scope: 'vendor',
      line: 'heart-risk',
      replaces: line,
      requirements,
    });
    const all = [release.vendorPolicy, release.sitePolicy];
    await expect(release.decide({ policies: [...all, line] })).rejects.toEqual(
      refused('POLICY_NOT_IN_FORCE', '/policies'),
    );
    expect(await release.decide({ policies: [...all, next] })).toMatchObject({ evaluation: { outcome: 'refused' } });
    // Another vendor's is nobody's here.
    await world.create(world.as('HungarianMSP', 'qa'), 'policy', 'policy:hungarian/vendor@1', {
      scope: 'vendor',
      requirements: [fair],
    });
    await expect(release.decide({ policies: [...all, next, 'policy:hungarian/vendor@1'] })).rejects.toEqual(
      refused('POLICY_NOT_IN_FORCE', '/policies'),
    );
  });

  it('needs somebody to have said what is needed', async () => {
    const bare = await SimulatedConsortium.open();
    await bare.model('model:cleveland/heart-risk@1');
    const asked = { site: 'hungarian', model: 'model:cleveland/heart-risk@1', policies: ['policy:cleveland/x@1'] };
    const question = canonicalJson({ ...asked, purpose: 'triage', signOffs: [], waivers: [] });
    const ask = bare.call(bare.as('HungarianMSP', 'qa'), (ctx) => bare.decisions.evaluate(ctx, question));
    await expect(ask).rejects.toEqual(refused('POLICY_NOT_IN_FORCE', '/policies'));
  });

  it('takes sign-offs and waivers of the site alone', async () => {
    const foreign = `sign-off:cleveland/${'ab'.repeat(16)}@1`;
    await expect(release.decide({ signOffs: [foreign] })).rejects.toEqual(refused('INVALID_FIELD', '/signOffs/0'));
    const waiver = `waiver:cleveland/${'ab'.repeat(16)}@1`;
    await expect(release.decide({ waivers: [waiver] })).rejects.toEqual(refused('INVALID_FIELD', '/waivers/0'));
    const unknown = `waiver:hungarian/${'ab'.repeat(16)}@1`;
    await expect(release.decide({ waivers: [unknown] })).rejects.toEqual(refused('REFERENCE_NOT_FOUND', '/waivers/0'));
  });

  it('holds until the least end of what it rests on', async () => {
    const { id } = await release.waive('qa', '2026-03-01T00:00:00.000Z');
    const { evaluation } = await release.decide({ signOffs: [], waivers: [id] });
    expect(evaluation).toMatchObject({
      outcome: 'allowed',
      until: '2026-03-01T00:00:00.000Z',
      requirements: [{ result: 'met' }, { result: 'waived', records: [id] }],
    });
    const late = { timestamp: Date.UTC(2026, 2, 1) };
    expect(await release.decide({ signOffs: [], waivers: [id] }, late)).toMatchObject({
      evaluation: { outcome: 'refused' },
    });
  });

  it('is asked for by its site', async () => {
    const asked = { site: 'hungarian', model: release.model, policies: [release.vendorPolicy, release.sitePolicy] };
    const question = canonicalJson({ ...asked, purpose: 'triage', signOffs: [], waivers: [] });
    const ask = (msp: string, role: 'qa' | 'reader') =>
      world.call(world.as(msp, role), (ctx) => world.decisions.evaluate(ctx, question));
    await expect(ask('ClevelandMSP', 'qa')).rejects.toEqual(refused('FORBIDDEN'));
    await expect(ask('HungarianMSP', 'reader')).rejects.toEqual(refused('FORBIDDEN'));
    expect(await ask('HungarianMSP', 'qa')).toMatchObject({ outcome: 'refused' });
  });
});
