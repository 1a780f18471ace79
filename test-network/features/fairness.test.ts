import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { model, uniqueName, World } from '../harness/world.js';

const groups = [
  { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
  { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
];

describe('a fairness attestation', () => {
  let world: World;
  let subject: string;
  beforeAll(async () => {
    world = await World.attach();
    subject = (await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('fair')))).record.id;
  });
  afterAll(() => {
    world.close();
  });
  const auditor = () => world.as('auditor-a', 'auditor').attestations;
  const request = (claimed: 'pass' | 'fail', threshold: string) => ({
    subject,
    kind: 'fairness' as const,
    private: {
      verdict: { claimed },
      sensitiveFeatures: ['sex'],
      criteria: [{ metric: 'demographic_parity_ratio', gate: 'bound95' as const, threshold }],
      evidence: { form: 'confusion-counts' as const, groups },
    },
  });

  it('is shown as its counts bear it before anything is signed, point and bound side by side', async () => {
    const before = (await auditor().list({ subject })).items.length;
    const preview = await auditor().preview(request('fail', '0.8'));
    expect(preview).toMatchObject({ recomputed: true, verdict: { claimed: 'fail', computed: 'pass' } });
    const [metric] = preview.metrics;
    expect(Number(metric?.value)).toBeCloseTo(0.9586466165, 9);
    expect(Number(metric?.lower)).toBeCloseTo(0.898747925, 9);
    expect(metric).toMatchObject({ point: 'pass', bound95: 'pass', n: 5800 });
    expect((await auditor().list({ subject })).items).toHaveLength(before);
  });

  it('is recorded with the claimed and the computed verdict, for the members alone', async () => {
    const { record, replay } = await auditor().create({
      ...request('pass', '0.8'),
      name: uniqueName('a'),
      version: '1',
    });
    expect(replay).toBe(false);
    const at = { minBlock: record.ledger.block };
    expect(await world.as('cleveland', 'reader').attestations.get(record.id, at)).toMatchObject({
      private: {
        verdict: { claimed: 'pass', computed: 'pass' },
        metrics: [{ name: 'demographic_parity_ratio', value: expect.stringMatching(/^0\.9586466165/), n: 5800 }],
      },
    });
    expect(await world.as('hungarian', 'reader').attestations.get(record.id, at)).toMatchObject({
      private: 'withheld',
    });
  });

  it('is refused where it claims a pass that the bound does not bear', async () => {
    const refusal = { status: 422, code: 'CLAIM_NOT_BORNE', pointer: '/private/verdict/claimed' };
    await expect(auditor().create(request('pass', '0.9'))).rejects.toMatchObject(refusal);
    await expect(auditor().preview(request('pass', '0.9'))).rejects.toMatchObject(refusal);
    // The gateway is not asked: an endorser finds the same.
    const { subject: about, kind, private: values } = request('pass', '0.9');
    const id = `attestation:auditor-a/${uniqueName('claim')}@1`;
    const { record, commitment } = world.seal('attestation', id, {
      ...values,
      verdict: { claimed: 'pass', computed: 'pass' },
    });
    const argument = JSON.stringify({ id, subject: about, kind, commitment });
    const { code } = await world
      .ledger('auditor-a', 'auditor')
      .simulate('attestations:create', [argument], 'AuditorAMSP', { private: JSON.stringify(record) });
    expect(code).toBe('CLAIM_NOT_BORNE');
  });
});
