import { readFile } from 'node:fs/promises';
import type { MetricResult } from '@proofward/evidence';
import { fingerprintFiles } from '@proofward/client/files';
import { ill, of, type Patient, sexes } from '../patients.js';
import { decisionThreshold, RiskModel } from '../risk-model.js';
import type { Cast, Story } from './cast.js';
import { type HospitalData, percent, seed } from './data.js';
import type { Version } from './training.js';

/** By how much the rates at which the ill are found may differ between the sexes. */
export const tolerated = '0.1';
/** Of all four hospitals' women only 50 are ill, so the usual 30 of each group would leave nothing to train on. */
export const minimumGroupSize = 20;

const equalOpportunity = { metric: 'equal_opportunity_difference', gate: 'point' as const, threshold: tolerated };
const parity = { metric: 'demographic_parity_ratio', gate: 'point' as const, threshold: '0.8' };

/** Plan, previews and attestation; answers the attestation's id. */
export async function audit(
  story: Story,
  { auditor, hospitals }: Cast,
  data: readonly HospitalData[],
  version: Version,
): Promise<string> {
  const { parties, tell } = story;
  const { plans, attestations, datasets, models } = parties.as(auditor, 'auditor');
  const isFirst = version.version === '1';
  const common = {
    sensitiveFeatures: ['sex'],
    minimumGroupSize,
    decisionThreshold,
    favourableLabel: 'ill, so referred',
    evaluator: auditor,
  };
  const { record: plan } = await plans.create({
    subject: version.id,
    kind: 'fairness',
    private: { ...common, criteria: [equalOpportunity], seed },
  });
  if (isFirst) {
    tell.say(
      `Before it looks at any result ${auditor} records its plan: equal opportunity, which is that the ill are found as often among women as among men, to within ${tolerated}; at least ${minimumGroupSize} ill people of each sex.`,
    );
  }

  const held = await models.verify(version.id, { files: await fingerprintFiles(version.folder) });
  const results = [held.result];
  for (const { holdout } of data) {
    results.push((await datasets.verify(holdout.id, { files: await fingerprintFiles([holdout.file]) })).result);
  }
  tell.that(
    results.every((result) => result === 'match'),
    `${auditor} has the weights of ${version.id} and the ${data.length} files that were held out; each is what was recorded.`,
  );

  const model = RiskModel.load(await readFile(version.file));
  const predicted = (patient: Patient) => model.takesForIll(patient);
  const everybody = data.flatMap(({ holdout }) => holdout.patients);
  const attest = (criteria: (typeof parity | typeof equalOpportunity)[], claimed: Claim, groups: Counts[]) => ({
    subject: version.id,
    kind: 'fairness' as const,
    private: { ...common, criteria, verdict: { claimed }, evidence: { form: 'confusion-counts' as const, groups } },
  });

  if (isFirst) {
    const perfect = await attestations.preview(
      attest(
        [parity],
        'fail',
        countsOf(everybody, ({ isIll }) => isIll),
      ),
    );
    const [metric] = perfect.metrics;
    tell.that(
      perfect.verdict.computed === 'fail',
      `Demographic parity would not do: a model that is never wrong comes to a ratio of ${rounded(metric?.value)} on these people, and fails at 0.8.`,
    );
    for (const { slug, holdout } of data) {
      const groups = countsOf(holdout.patients, predicted);
      const found = await attestations.preview(attest([equalOpportunity], 'inconclusive', groups));
      tell.that(
        found.verdict.computed === 'inconclusive',
        `${slug} alone is inconclusive: ${sexes.map((sex) => foundOf(holdout.patients, sex, predicted)).join(', and ')}.`,
      );
    }
    const [last] = data.slice(-1);
    if (last !== undefined) {
      await tell.refused(
        'CLAIM_NOT_BORNE',
        () => attestations.create(attest([equalOpportunity], 'pass', countsOf(last.holdout.patients, predicted))),
        `An auditor who claimed a pass for ${last.slug} would be refused`,
      );
    }
  }

  const groups = countsOf(everybody, predicted);
  const request = { ...attest([equalOpportunity], 'pass', groups), plan: plan.id };
  const { record } = await attestations.create(request);
  const { metrics, verdict } = (await attestations.preview(request)) satisfies { metrics: MetricResult[] };
  const [metric] = metrics;
  tell.that(
    typeof record.private === 'object' && record.private.verdict.computed === 'pass' && verdict.computed === 'pass',
    `All ${hospitals.length} together: ${sexes.map((sex) => foundOf(everybody, sex, predicted)).join(', and ')}.`,
  );
  const isWithin = Number(metric?.value) <= Number(tolerated);
  tell.that(
    isWithin && metric?.point === 'pass',
    `The difference is ${rounded(metric?.value)}. The endorsers compute it again from the counts, and record ${record.id}: pass.`,
  );
  tell.that(
    metric?.bound95 !== 'pass' && Number(metric?.upper) > Number(tolerated),
    `So few people bear no more than that: at 95 % the difference may be ${rounded(metric?.upper)}, and by that bound it would be: ${metric?.bound95 ?? ''}. The record has both, with n = ${metric?.n ?? 0}.`,
  );
  return record.id;
}

type Claim = 'pass' | 'fail' | 'inconclusive';
interface Counts {
  group: { sex: string };
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

function countsOf(patients: readonly Patient[], predicted: (patient: Patient) => boolean): Counts[] {
  return sexes.map((sex) => {
    const group = of(patients, sex);
    const count = (isIll: boolean, isTold: boolean) =>
      group.filter((patient) => patient.isIll === isIll && predicted(patient) === isTold).length;
    return {
      group: { sex },
      tp: count(true, true),
      fp: count(false, true),
      fn: count(true, false),
      tn: count(false, false),
    };
  });
}

function foundOf(patients: readonly Patient[], sex: 'female' | 'male', predicted: (patient: Patient) => boolean) {
  const those = ill(of(patients, sex));
  const found = those.filter(predicted).length;
  const share = those.length === 0 ? '' : ` (${percent(found / those.length)})`;
  return `of ${those.length} ill ${sex === 'female' ? 'women' : 'men'} ${found} are found${share}`;
}

function rounded(text: string | undefined): string {
  return text === undefined ? '?' : Number(text).toFixed(3);
}
