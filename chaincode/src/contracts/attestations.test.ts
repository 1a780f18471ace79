import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedConsortium } from '../simulation/consortium';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const subject = 'model:cleveland/m@1';
/** The table of the published example: demographic parity ratio 0.9586466165, one-sided lower bound 0.8987479250. */
const groups = [
  { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
  { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
];
const evidence = { form: 'confusion-counts', groups };
const criteria = (threshold: string, gate = 'bound95') => [{ metric: 'demographic_parity_ratio', gate, threshold }];

let world: SimulatedConsortium;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model(subject);
});
const attest = (values: Record<string, unknown>, kind = 'fairness') =>
  world.create(
    world.as('AuditorAMSP', 'auditor'),
    'attestation',
    `attestation:auditor-a/${'9f'.repeat(16)}@1`,
    { subject, kind },
    values,
  );
const verdict = (claimed: string, computed?: string) => ({ claimed, ...(computed && { computed }) });

describe('the verdict of a fairness attestation', () => {
  it('is recomputed from its counts, and both are kept', async () => {
    expect(await attest({ verdict: verdict('pass', 'pass'), evidence, criteria: criteria('0.8') })).toMatchObject({
      replay: false,
    });
    expect(
      await world.call(world.as('ClevelandMSP', 'reader'), (ctx) =>
        world.attestations.readPrivate(ctx, `attestation:auditor-a/${'9f'.repeat(16)}@1`),
      ),
    ).toMatchObject({ fields: { verdict: { value: verdict('pass', 'pass') } } });
  });

  it.each([
    ['a pass that is none', verdict('pass', 'pass'), criteria('0.9'), '/private/verdict/claimed'],
    ['a pass of what is inconclusive', verdict('pass', 'inconclusive'), undefined, '/private/verdict/claimed'],
    ['another computed one', verdict('fail', 'fail'), criteria('0.8'), '/private/verdict/computed'],
    ['none computed', verdict('pass'), criteria('0.8'), '/private/verdict/computed'],
  ])('is refused with %s', async (_, claim, wanted, pointer) => {
    const small = {
      form: 'confusion-counts',
      groups: groups.map((entry) => ({ ...entry, tp: 3, fp: 1, fn: 1, tn: 4 })),
    };
    const values = {
      verdict: claim,
      evidence: wanted === undefined ? small : evidence,
      criteria: wanted ?? criteria('0.8'),
    };
    await expect(attest(values)).rejects.toEqual(refused('CLAIM_NOT_BORNE', pointer));
  });

  it('may be worse than what the numbers bear, and passes by its point where the plan says so', async () => {
    expect(
      await attest({ verdict: verdict('fail', 'pass'), evidence, criteria: criteria('0.9', 'point') }),
    ).toMatchObject({ replay: false });
  });

  it('of nothing to recompute has none computed', async () => {
    await expect(attest({ verdict: verdict('pass', 'pass'), evidence })).rejects.toEqual(
      refused('CLAIM_NOT_BORNE', '/private/verdict/computed'),
    );
    await expect(
      attest({ verdict: verdict('pass', 'pass'), evidence, criteria: criteria('0.8') }, 'performance'),
    ).rejects.toEqual(refused('CLAIM_NOT_BORNE'));
    expect(await attest({ verdict: verdict('pass') }, 'performance')).toMatchObject({ replay: false });
  });

  it.each([
    ['NEGATIVE_COUNT', '/private/evidence/groups/0/tp', [{ ...groups[0], tp: -1 }, groups[1]]],
    ['FRACTIONAL_COUNT', '/private/evidence/groups/0/tp', [{ ...groups[0], tp: 0.5 }, groups[1]]],
    ['COUNTS_DISAGREE', '/private/evidence/groups/0', [{ ...groups[0], total: 1 }, groups[1]]],
    ['DUPLICATE_GROUP', '/private/evidence/groups/1/group', [groups[0], groups[0]]],
    ['SINGLE_GROUP', '/private/evidence/groups', [groups[0]]],
    ['GROUP_FEATURES_DIFFER', '/private/evidence/groups/1/group', [groups[0], { ...groups[1], group: { age: '1' } }]],
  ])('is refused for counts with %s', async (code, pointer, wrong) => {
    const values = {
      verdict: verdict('fail', 'fail'),
      evidence: { ...evidence, groups: wrong },
      criteria: criteria('0.8'),
    };
    await expect(attest(values)).rejects.toEqual(refused(code, pointer));
  });

  it('is refused for metrics that its counts do not bear', async () => {
    const values = (value: string) => ({
      verdict: verdict('pass', 'pass'),
      evidence,
      criteria: criteria('0.8'),
      metrics: [{ name: 'demographic_parity_ratio', value }],
    });
    await expect(attest(values('0.97'))).rejects.toEqual(refused('CLAIM_NOT_BORNE', '/private/metrics/0/value'));
    expect(await attest(values('0.9586466165'))).toMatchObject({ replay: false });
  });
});
