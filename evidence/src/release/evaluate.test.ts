import { describe, expect, it } from '@jest/globals';
import {
  evaluateRelease,
  type GivenSignOff,
  type GivenWaiver,
  type PresentedAttestation,
  type ReleaseRequest,
} from './evaluate.js';
import { requirementsSchema, type AttestationRequirement, type Requirement } from './requirements.js';

const model = 'model:cleveland/m@1';
const policy = 'policy:cleveland/p@1';
const instant = '2026-06-01T00:00:00.000Z';
const later = '2026-07-01T00:00:00.000Z';
const latest = '2026-08-01T00:00:00.000Z';
const earlier = '2026-05-31T23:59:59.999Z';

const fairness: AttestationRequirement = { name: 'fair', requires: 'attestation', kind: 'fairness' };
const ratio = { metric: 'demographic_parity_ratio', gate: 'bound95' as const, threshold: '0.8' };
/** Demographic parity ratio 0.9586466165, one-sided lower bound 0.8987479250. */
const groups = [
  { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
  { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
];
const evidence = { form: 'confusion-counts' as const, groups };
const figures = [{ name: 'demographic_parity_ratio', value: '0.958646616541', lower: '0.898747925017' }];
const pass = { claimed: 'pass' as const };

const attestation = (more: Partial<PresentedAttestation> = {}): PresentedAttestation => ({
  id: 'attestation:auditor-a/one@1',
  author: 'AuditorAMSP',
  subject: model,
  kind: 'fairness',
  status: 'active',
  effectiveAt: '2026-05-01T00:00:00.000Z',
  fields: { verdict: pass },
  ...more,
});
const signOff = (more: Partial<GivenSignOff> = {}): GivenSignOff => ({
  id: 'sign-off:hungarian/one@1',
  site: 'hungarian',
  model,
  role: 'qa',
  purpose: 'triage',
  status: 'active',
  outcome: 'approved',
  ...more,
});
const waiver = (more: Partial<GivenWaiver> = {}): GivenWaiver => ({
  id: 'waiver:hungarian/one@1',
  site: 'hungarian',
  model,
  requirement: 'fair',
  status: 'active',
  until: later,
  ...more,
});
const decide = (requirements: Requirement[], more: Partial<ReleaseRequest> = {}) =>
  evaluateRelease({
    model,
    parents: [],
    site: 'hungarian',
    purpose: 'triage',
    policies: [{ id: policy, requirements }],
    attestations: [],
    signOffs: [],
    waivers: [],
    instant,
    ...more,
  });
/** The only requirement's outcome, without its names. */
const result = (requirement: Requirement, more: Partial<ReleaseRequest> = {}) => {
  const [found] = decide([requirement], more).requirements;
  return found?.result;
};

describe('a release', () => {
  it('is allowed where every requirement of every policy is met, until the least end', () => {
    const vendor = { id: policy, requirements: [fairness] };
    const site = {
      id: 'policy:hungarian/p@1',
      requirements: [
        { name: 'qa', requires: 'sign-off' as const, role: 'qa' as const },
        { ...fairness, maximalAge: 'P90D' },
      ],
    };
    const decided = decide([], {
      policies: [vendor, site],
      attestations: [attestation({ validUntil: latest })],
      signOffs: [signOff()],
    });
    expect(decided).toEqual({
      outcome: 'allowed',
      until: '2026-07-30T00:00:00.000Z',
      requirements: [
        { policy, name: 'fair', result: 'met', records: [attestation().id], until: latest },
        { policy: site.id, name: 'qa', result: 'met', records: [signOff().id] },
        {
          policy: site.id,
          name: 'fair',
          result: 'met',
          records: [attestation().id],
          until: '2026-07-30T00:00:00.000Z',
        },
      ],
    });
  });

  it('has no end where nothing that it rests on has', () => {
    expect(decide([fairness], { attestations: [attestation()] })).not.toHaveProperty('until');
  });

  it('is refused where one of several is not met, and has no end then', () => {
    const decided = decide([fairness, { name: 'qa', requires: 'sign-off', role: 'qa' }], {
      attestations: [attestation({ validUntil: later })],
    });
    expect(decided).toMatchObject({ outcome: 'refused', requirements: [{ result: 'met' }, { result: 'missing' }] });
    expect(decided).not.toHaveProperty('until');
  });

  it('is refused where nobody asks for anything', () => {
    expect(decide([], { policies: [] })).toEqual({ outcome: 'refused', requirements: [] });
  });
});

describe('an attestation', () => {
  const with_ = (more: Partial<PresentedAttestation>, requirement = fairness) =>
    result(requirement, { attestations: [attestation(more)] });

  it('is of that model and kind', () => {
    expect(result(fairness)).toBe('missing');
    expect(with_({})).toBe('met');
    expect(with_({ subject: 'model:cleveland/m@2' })).toBe('missing');
    expect(with_({ kind: 'safety' })).toBe('missing');
  });

  it('counts while it is active', () => {
    expect(with_({ status: 'revoked' })).toBe('missing');
    expect(with_({ status: 'superseded' })).toBe('missing');
    expect(with_({ status: 'disputed' })).toBe('disputed');
  });

  it('counts until its end, or the most of its age', () => {
    expect(with_({ validUntil: later })).toBe('met');
    expect(with_({ validUntil: instant })).toBe('expired');
    expect(with_({ validUntil: earlier })).toBe('expired');
    const aged = (maximalAge: string) => with_({ validUntil: later }, { ...fairness, maximalAge });
    expect(aged('P31D')).toBe('expired');
    expect(aged('P32D')).toBe('met');
  });

  it('says by its verdict what it says, the worse of the claimed and the computed', () => {
    const says = (claimed: 'pass' | 'fail' | 'inconclusive', computed?: 'pass' | 'fail' | 'inconclusive') =>
      with_({ fields: { verdict: { claimed, ...(computed && { computed }) } } });
    expect(says('pass')).toBe('met');
    expect(says('fail')).toBe('failed');
    expect(says('inconclusive')).toBe('inconclusive');
    expect(says('fail', 'pass')).toBe('failed');
    expect(says('inconclusive', 'pass')).toBe('inconclusive');
    expect(says('pass', 'inconclusive')).toBe('inconclusive');
    expect(with_({ fields: {} })).toBe('missing');
  });

  it('that is inconclusive passes only where the policy says so, and then no failing one does', () => {
    const fields = { verdict: { claimed: 'inconclusive' as const } };
    expect(with_({ fields }, { ...fairness, inconclusive: 'refuse' })).toBe('inconclusive');
    expect(with_({ fields }, { ...fairness, inconclusive: 'accept' })).toBe('met');
    expect(with_({ fields: { verdict: { claimed: 'fail' } } }, { ...fairness, inconclusive: 'accept' })).toBe('failed');
  });

  it('must come from as many organisations as the policy says, of which those that hold longest count', () => {
    const two = { ...fairness, attesters: 2 };
    const same = [attestation(), attestation({ id: 'attestation:auditor-a/two@1' })];
    expect(decide([two], { attestations: same }).requirements).toEqual([
      { policy, name: 'fair', result: 'missing', records: [attestation().id] },
    ]);
    const other = attestation({ id: 'attestation:auditor-b/one@1', author: 'AuditorBMSP', validUntil: later });
    const third = attestation({ id: 'attestation:auditor-c/one@1', author: 'AuditorCMSP', validUntil: latest });
    const short = attestation({ id: 'attestation:auditor-c/two@1', author: 'AuditorCMSP', validUntil: later });
    const attestations = [short, other, third, attestation()];
    for (const order of [attestations, [...attestations].reverse()]) {
      expect(decide([two], { attestations: order }).requirements).toEqual([
        { policy, name: 'fair', result: 'met', records: [attestation().id, third.id], until: latest },
      ]);
    }
    const equal = [third, attestation({ ...third, id: 'attestation:auditor-c/a@1' })];
    expect(decide([fairness], { attestations: equal }).requirements[0]?.records).toEqual(['attestation:auditor-c/a@1']);
  });

  it('that fails outweighs others that pass', () => {
    const failing = attestation({ id: 'attestation:auditor-b/no@1', fields: { verdict: { claimed: 'fail' } } });
    expect(decide([fairness], { attestations: [attestation(), failing] }).requirements).toEqual([
      { policy, name: 'fair', result: 'failed', records: [failing.id] },
    ]);
  });

  it('tells the gravest of what stands in the way', () => {
    const disputed = attestation({ status: 'disputed' });
    const expired = attestation({ validUntil: instant });
    const unclear = attestation({ fields: { verdict: { claimed: 'inconclusive' } } });
    const revoked = attestation({ status: 'revoked' });
    const told = (...attestations: PresentedAttestation[]) => result(fairness, { attestations });
    expect(told(revoked, expired, unclear, disputed)).toBe('disputed');
    expect(told(revoked, expired, unclear)).toBe('inconclusive');
    expect(told(revoked, expired)).toBe('expired');
    expect(told(revoked)).toBe('missing');
  });
});

describe('the criteria of a policy', () => {
  const judged = (
    fields: PresentedAttestation['fields'],
    ...criteria: NonNullable<AttestationRequirement['criteria']>
  ) => result({ ...fairness, criteria }, { attestations: [attestation({ fields: { verdict: pass, ...fields } })] });

  it('are held against the counts, by point or bound as the policy says', () => {
    expect(judged({ evidence }, { ...ratio, threshold: '0.89' })).toBe('met');
    expect(judged({ evidence }, { ...ratio, threshold: '0.9' })).toBe('failed');
    expect(judged({ evidence }, { ...ratio, threshold: '0.95', gate: 'point' })).toBe('met');
    expect(judged({ evidence }, { ...ratio, threshold: '0.96', gate: 'point' })).toBe('failed');
    expect(judged({ evidence }, { ...ratio, by: ['sex'], reference: { sex: 'male' } })).toBe('met');
    const difference = { metric: 'equalized_odds_difference', gate: 'point' as const };
    expect(judged({ evidence }, { ...difference, threshold: '0.04' })).toBe('met');
    expect(judged({ evidence }, { ...difference, threshold: '0.03' })).toBe('failed');
  });

  it('are inconclusive where the counts do not tell', () => {
    expect(judged({ evidence }, { ...ratio, by: ['age'] })).toBe('inconclusive');
    expect(judged({ evidence, minimumGroupSize: 5000 }, ratio)).toBe('inconclusive');
    const small = groups.map((entry) => ({ ...entry, tp: 10, fp: 0, fn: 0, tn: 10 }));
    const few = { form: 'confusion-counts' as const, groups: small };
    expect(judged({ evidence: few }, { ...ratio, threshold: '0.1' })).toBe('inconclusive');
    expect(judged({ evidence: few, minimumGroupSize: 5 }, { ...ratio, threshold: '0.1' })).toBe('met');
    const shown = { attestations: [attestation({ fields: { verdict: pass, evidence: few, minimumGroupSize: 5 } })] };
    const strict = { ...fairness, minimumGroupSize: 25, criteria: [{ ...ratio, threshold: '0.1' }] };
    expect(result(strict, shown)).toBe('inconclusive');
  });

  it('are held against the recorded figures where the counts are not shown', () => {
    expect(judged({ metrics: figures }, { ...ratio, threshold: '0.89' })).toBe('met');
    expect(judged({ metrics: figures }, { ...ratio, threshold: '0.9' })).toBe('failed');
    expect(judged({ metrics: figures }, { ...ratio, threshold: '0.95', gate: 'point' })).toBe('met');
    expect(judged({}, ratio)).toBe('missing');
    expect(judged({ metrics: [{ name: 'selection_rate', value: '1' }] }, ratio)).toBe('missing');
    expect(judged({ metrics: [{ name: ratio.metric, value: '1' }] }, ratio)).toBe('inconclusive');
    expect(judged({ metrics: figures }, { ...ratio, by: ['sex'] })).toBe('inconclusive');
    expect(judged({ metrics: figures }, { ...ratio, reference: { sex: 'male' } })).toBe('inconclusive');
  });

  it('take the side of the threshold from the name, or from the policy', () => {
    const metrics = [{ name: 'equal_opportunity_difference', value: '0.03', lower: '0.01', upper: '0.06' }];
    const criterion = { metric: 'equal_opportunity_difference', gate: 'bound95' as const };
    expect(judged({ metrics }, { ...criterion, threshold: '0.06' })).toBe('met');
    expect(judged({ metrics }, { ...criterion, threshold: '0.05' })).toBe('failed');
    const auroc = [{ name: 'auroc', value: '0.9', lower: '0.8', upper: '0.95' }];
    const gate = 'bound95' as const;
    expect(judged({ metrics: auroc }, { metric: 'auroc', gate, threshold: '0.8', direction: 'at-least' })).toBe('met');
    expect(judged({ metrics: auroc }, { metric: 'auroc', gate, threshold: '0.9', direction: 'at-most' })).toBe(
      'failed',
    );
  });

  it('that fail tell more than those that are missing or inconclusive', () => {
    const none = { metric: 'accuracy_score', gate: 'point' as const, threshold: '0.5' };
    expect(judged({ metrics: figures }, { ...ratio, threshold: '0.99' }, none)).toBe('failed');
    expect(judged({ metrics: figures }, ratio, none)).toBe('missing');
  });

  it('do not count for more than the auditor himself says', () => {
    expect(judged({ evidence, verdict: { claimed: 'fail' } }, ratio)).toBe('failed');
    expect(judged({ evidence, verdict: { claimed: 'fail', computed: 'pass' } }, ratio)).toBe('failed');
    expect(judged({ evidence, verdict: { claimed: 'inconclusive', computed: 'pass' } }, ratio)).toBe('inconclusive');
    // By the attestation's own, stricter thresholds; the policy's are others.
    expect(judged({ evidence, verdict: { claimed: 'fail', computed: 'fail' } }, ratio)).toBe('met');
    const unclear = { claimed: 'inconclusive' as const, computed: 'inconclusive' as const };
    expect(judged({ metrics: figures, verdict: unclear }, ratio)).toBe('inconclusive');
    expect(judged({ evidence, verdict: unclear }, ratio)).toBe('met');
  });
});

describe('a sign-off', () => {
  const qa: Requirement = { name: 'qa', requires: 'sign-off', role: 'qa' };
  const given = (...signOffs: GivenSignOff[]) => result(qa, { signOffs });

  it('is of the site, for that model, role and purpose', () => {
    expect(given(signOff())).toBe('met');
    expect(given()).toBe('missing');
    expect(given(signOff({ model: 'model:cleveland/m@2' }))).toBe('missing');
    expect(given(signOff({ role: 'clinical-safety' }))).toBe('missing');
    expect(given(signOff({ purpose: 'screening' }))).toBe('missing');
    expect(given(signOff({ site: 'cleveland' }))).toBe('missing');
  });

  it('that is refused, taken back or disputed is none', () => {
    expect(given(signOff({ outcome: 'refused' }))).toBe('failed');
    expect(given(signOff(), signOff({ id: 'sign-off:hungarian/two@1', outcome: 'refused' }))).toBe('failed');
    expect(given(signOff({ status: 'revoked' }))).toBe('missing');
    expect(given(signOff({ status: 'disputed' }))).toBe('disputed');
  });
});

describe('a sign-off of a version before', () => {
  const before = 'model:cleveland/m@0';
  const qa: Requirement = { name: 'qa', requires: 'sign-off', role: 'qa', within: { relations: ['fine-tuned'] } };
  const carried = (more: Partial<ReleaseRequest> = {}, requirement: Requirement = qa) =>
    result(requirement, {
      parents: [{ id: before, relation: 'fine-tuned' }],
      signOffs: [signOff({ model: before })],
      ...more,
    });

  it('counts where the policy has bounds for such a change, and nowhere else', () => {
    expect(carried()).toBe('met');
    expect(carried({}, { name: 'qa', requires: 'sign-off', role: 'qa' })).toBe('missing');
    expect(carried({ parents: [] })).toBe('missing');
    expect(carried({ parents: [{ id: before, relation: 'quantised' }] })).toBe('missing');
    const other = 'model:cleveland/n@0';
    expect(carried({ parents: [{ id: other, relation: 'fine-tuned' }], signOffs: [signOff({ model: other })] })).toBe(
      'missing',
    );
  });

  it('counts for as much as it did, and a refusal of the version itself for more', () => {
    expect(carried({ signOffs: [signOff({ model: before, status: 'revoked' })] })).toBe('missing');
    expect(carried({ signOffs: [signOff({ model: before, outcome: 'refused' })] })).toBe('missing');
    const refusal = signOff({ id: 'sign-off:hungarian/no@1', outcome: 'refused' });
    expect(carried({ signOffs: [signOff({ model: before }), refusal] })).toBe('failed');
  });
});

describe('a waiver', () => {
  const waivable = { ...fairness, waivable: true };
  const waived = (more: Partial<GivenWaiver> = {}, requirement: Requirement = waivable) =>
    result(requirement, { waivers: [waiver(more)] });

  it('stands in for a requirement that the policy lets it', () => {
    expect(decide([waivable], { waivers: [waiver(), waiver({ id: 'waiver:hungarian/b@1', until: latest })] })).toEqual({
      outcome: 'allowed',
      until: latest,
      requirements: [{ policy, name: 'fair', result: 'waived', records: ['waiver:hungarian/b@1'], until: latest }],
    });
    expect(waived({}, fairness)).toBe('missing');
    const attestations = [attestation({ fields: { verdict: { claimed: 'fail' } } })];
    expect(result(waivable, { attestations, waivers: [waiver()] })).toBe('waived');
  });

  it('is the site’s, of that model and requirement, active, and has not ended', () => {
    expect(waived({ site: 'cleveland' })).toBe('missing');
    expect(waived({ model: 'model:cleveland/m@2' })).toBe('missing');
    expect(waived({ requirement: 'safe' })).toBe('missing');
    expect(waived({ status: 'proposed' })).toBe('missing');
    expect(waived({ status: 'revoked' })).toBe('missing');
    expect(waived({ until: instant })).toBe('missing');
  });

  it('is not taken where the requirement is met', () => {
    expect(decide([waivable], { attestations: [attestation()], waivers: [waiver()] }).requirements).toEqual([
      { policy, name: 'fair', result: 'met', records: [attestation().id] },
    ]);
  });
});

describe('requirements', () => {
  const parses = (...requirements: unknown[]) => requirementsSchema.safeParse(requirements).success;

  it('have each name once, and whole days', () => {
    expect(parses(fairness)).toBe(true);
    expect(parses()).toBe(false);
    expect(parses(fairness, fairness)).toBe(false);
    expect(parses({ ...fairness, maximalAge: 'P365D' })).toBe(true);
    for (const maximalAge of ['P0D', 'P1Y', '365', 'P10000D']) expect(parses({ ...fairness, maximalAge })).toBe(false);
    expect(parses({ ...fairness, attesters: 0 })).toBe(false);
    expect(parses({ ...fairness, role: 'qa' })).toBe(false);
  });

  it('have bounds for a change only where something is measured', () => {
    const qa = { name: 'qa', requires: 'sign-off', role: 'qa', within: { relations: ['fine-tuned'] } };
    expect(parses(qa)).toBe(false);
    expect(parses(qa, fairness)).toBe(false);
    expect(parses(qa, { ...fairness, criteria: [ratio] })).toBe(true);
    const twice = { ...qa, within: { relations: ['fine-tuned', 'fine-tuned'] } };
    expect(parses(twice, { ...fairness, criteria: [ratio] })).toBe(false);
  });

  it('say on which side a metric passes only where its name does not', () => {
    const criterion = (more: object) => parses({ ...fairness, criteria: [{ ...ratio, ...more }] });
    expect(criterion({})).toBe(true);
    expect(criterion({ direction: 'at-least' })).toBe(true);
    expect(criterion({ direction: 'at-most' })).toBe(false);
    expect(criterion({ metric: 'auroc' })).toBe(false);
    expect(criterion({ metric: 'auroc', direction: 'at-least' })).toBe(true);
  });
});
