import { beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson, type HeaderOf, presentFields, type RequirementOutcome } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';

/**
 * A predetermined change control plan (section 515C of the Federal Food, Drug, and Cosmetic Act): inside the bounds that the
 * site's policy has named beforehand, a new version of cleveland's model needs no new sign-off of hungarian; outside of them it
 * does. Each bound is tried from both sides.
 */
const line = 'model:cleveland/heart-risk';
const signed = `${line}@1`;
const policy = 'policy:hungarian/plan@1';
const signOff = `sign-off:hungarian/${'b2'.repeat(16)}@1`;
const threshold = '0.8';
const bounded = { name: 'qa', requires: 'sign-off', role: 'qa', within: { relations: ['fine-tuned', 'quantised'] } };
const criteria = [{ metric: 'demographic_parity_ratio', gate: 'bound95', threshold }];
const fair = { name: 'fair', requires: 'attestation', kind: 'fairness', criteria };

let world: SimulatedConsortium;
let made = 0;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
  made = 0;
});

/** The site's policy, the version that was signed off, and its sign-off. */
const open = async (requirements: object[] = [fair, bounded], outcome: 'approved' | 'refused' = 'approved') => {
  await world.model(signed);
  await world.create(world.as('HungarianMSP', 'qa'), 'policy', policy, { scope: 'site', requirements });
  await sign(signOff, signed, outcome);
};
const sign = (id: string, model: string, outcome: 'approved' | 'refused' = 'approved') =>
  world.create(
    world.as('HungarianMSP', 'qa'),
    'sign-off',
    id,
    { model, role: 'qa' },
    {
      ...{ outcome, purpose: 'triage', printedName: 'Quality officer', title: 'Quality officer', meaning: 'approved' },
      ...{ authentication: 'smart-card-pin', readDigest: 'cd'.repeat(32) },
    },
  );
const changed = (id: string, relation: string, parent = signed) =>
  world.model(id, undefined, { parents: [{ id: parent, relation }] });
/** An audit of a version, by the unfavourable bound of its interval. */
const audit = async (subject: string, lower: string) => {
  const id = `attestation:auditor-a/${String(++made).repeat(32)}@1`;
  const metrics = [{ name: 'demographic_parity_ratio', value: '0.95', lower, upper: '1.03' }];
  const values = { verdict: { claimed: 'pass' }, metrics };
  await world.create(world.as('AuditorAMSP', 'auditor'), 'attestation', id, { subject, kind: 'fairness' }, values);
  const { record } = world.seal('attestation', id, values);
  return { attestation: id, presentation: presentFields(world.ledger.channel, record, ['verdict', 'metrics']) };
};

interface Evaluation {
  outcome: 'allowed' | 'refused';
  requirements: RequirementOutcome[];
  evidence: object[];
}
const question = (model: string, presented: object[], signOffs: string[]) => ({
  caller: { ...world.as('HungarianMSP', 'qa'), transient: { presentations: canonicalJson(presented) } },
  asked: { site: 'hungarian', model, policies: [policy], purpose: 'triage', signOffs, waivers: [] },
});
/** What a version's release comes to, by the results of the requirements. */
const decide = async (model: string, lower: string, signOffs: string[] = [signOff]) => {
  const presented = [await audit(model, lower)];
  const { caller, asked } = question(model, presented, signOffs);
  const found = (await world.call(caller, (ctx) => world.decisions.evaluate(ctx, canonicalJson(asked)))) as Evaluation;
  const results = found.requirements.map(({ name, result }) => `${name} ${result}`);
  return { ...found, presented, seen: [found.outcome, ...results].join(', ') };
};
const record = async (
  model: string,
  { outcome, requirements, evidence, presented }: Evaluation & { presented: object[] },
) => {
  const { caller } = question(model, presented, [signOff]);
  const id = `release-decision:hungarian/decision-${++made}@1`;
  const values = { purpose: 'triage', evidence, signOffs: [signOff], waivers: [], requirements };
  const { header } = (await world.create(
    caller,
    'release-decision',
    id,
    { model, policies: [policy], outcome },
    values,
  )) as { header: HeaderOf<'release-decision'> };
  return header;
};

describe('a new version', () => {
  const next = `${line}@2`;

  it.each(['fine-tuned', 'quantised'])('that is %s from the signed one needs no new sign-off', async (relation) => {
    await open();
    await changed(next, relation);
    const decided = await decide(next, '0.89');
    expect(decided.seen).toBe('allowed, fair met, qa met');
    expect(decided.requirements[1]).toEqual({ policy, name: 'qa', result: 'met', records: [signOff] });
    expect(await record(next, decided)).toMatchObject({ outcome: 'allowed', model: next });
  });

  it.each(['distilled', 'merged'])('that is %s from it needs one, and runs with it', async (relation) => {
    await open();
    await changed(next, relation);
    expect((await decide(next, '0.89')).seen).toBe('refused, fair met, qa missing');
    const own = `sign-off:hungarian/${'c3'.repeat(16)}@1`;
    await sign(own, next);
    expect((await decide(next, '0.89', [signOff, own])).seen).toBe('allowed, fair met, qa met');
  });

  it('that comes from nothing, or from another line, needs one', async () => {
    await open();
    await world.model(next);
    expect((await decide(next, '0.89')).seen).toBe('refused, fair met, qa missing');
    const other = 'model:cleveland/lung-risk@1';
    await changed(other, 'fine-tuned');
    expect((await decide(other, '0.89')).seen).toBe('refused, fair met, qa missing');
  });

  it('of a version that was not signed off itself needs one: bounds are of one step', async () => {
    await open();
    await changed(next, 'fine-tuned');
    const third = `${line}@3`;
    await changed(third, 'fine-tuned', next);
    expect((await decide(third, '0.89')).seen).toBe('refused, fair met, qa missing');
    const own = `sign-off:hungarian/${'c3'.repeat(16)}@1`;
    await sign(own, next);
    expect((await decide(third, '0.89', [own])).seen).toBe('allowed, fair met, qa met');
  });

  it.each([
    [threshold, 'allowed, fair met, qa met'],
    ['0.800000001', 'allowed, fair met, qa met'],
    ['0.799999999', 'refused, fair failed, qa met'],
  ])('with a bound of %s is %s: how far it may move is what its own audit must reach', async (lower, seen) => {
    await open();
    await changed(next, 'fine-tuned');
    expect((await decide(next, lower)).seen).toBe(seen);
  });

  it('is not measured by the audit of the version before', async () => {
    await open();
    await changed(next, 'fine-tuned');
    const { caller, asked } = question(next, [await audit(signed, '0.89')], [signOff]);
    const found = await world.call(caller, (ctx) => world.decisions.evaluate(ctx, canonicalJson(asked)));
    expect(found).toMatchObject({ outcome: 'refused', requirements: [{ result: 'missing' }, { result: 'met' }] });
  });

  it('needs a sign-off where the policy has no bounds', async () => {
    await open([fair, { ...bounded, within: undefined }]);
    await changed(next, 'fine-tuned');
    expect((await decide(next, '0.89')).seen).toBe('refused, fair met, qa missing');
  });

  it('is not carried by a refusal, nor by a sign-off that was taken back', async () => {
    await open([fair, bounded], 'refused');
    await changed(next, 'fine-tuned');
    expect((await decide(next, '0.89')).seen).toBe('refused, fair met, qa missing');

    world = await SimulatedConsortium.open();
    await open();
    await changed(next, 'fine-tuned');
    await world.transition(world.as('HungarianMSP', 'qa'), 'sign-off', { id: signOff, to: 'revoked' });
    expect((await decide(next, '0.89')).seen).toBe('refused, fair met, qa missing');
  });

  it('that somebody of the site refuses is refused, whatever was said of the one before', async () => {
    await open();
    await changed(next, 'fine-tuned');
    const refusal = `sign-off:hungarian/${'d4'.repeat(16)}@1`;
    await sign(refusal, next, 'refused');
    expect((await decide(next, '0.89', [signOff, refusal])).seen).toBe('refused, fair met, qa failed');
  });

  it('that is outside is not recorded as inside by a site that claims it', async () => {
    await open();
    await changed(next, 'distilled');
    const { presented, evidence, requirements } = await decide(next, '0.89');
    const claimed = requirements.map((requirement): RequirementOutcome =>
      requirement.name === 'qa' ? { ...requirement, result: 'met', records: [signOff] } : requirement,
    );
    const claim = record(next, { outcome: 'allowed', requirements: claimed, evidence, presented });
    await expect(claim).rejects.toMatchObject({ code: 'DECISION_NOT_BORNE', pointer: '/outcome' });
  });
});

it('a policy without anything to measure has no bounds', async () => {
  await expect(open([bounded])).rejects.toMatchObject({ code: 'INVALID_FIELD' });
});
