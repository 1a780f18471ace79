import type { AttestationPrivate } from '@proofward/evidence';
import { type NearestMeanModel, predictsIll } from './model.js';
import { isIll, type Sample, sexOf } from './samples.js';

/** The largest difference in the rate at which the ill are found that the auditor lets pass. */
const tolerated = 0.1;

/**
 * A fairness audit by sex. 26 % of the women in this data set are ill against 63 % of the men, so demographic parity would
 * fail even for a perfect model; equal opportunity, the difference between the true positive rates, is the honest metric.
 */
export function auditFairness(
  model: NearestMeanModel,
  datasetId: string,
  samples: readonly Sample[],
): AttestationPrivate {
  const groups = (['female', 'male'] as const).map((sex) => {
    const count = (ill: boolean, predicted: boolean) =>
      samples.filter((s) => sexOf(s) === sex && isIll(s) === ill && predictsIll(model, s) === predicted).length;
    return {
      group: { sex },
      tp: count(true, true),
      fp: count(false, true),
      fn: count(true, false),
      tn: count(false, false),
    };
  });
  const rates = groups.map(({ tp, fn }) => (tp + fn === 0 ? undefined : tp / (tp + fn)));
  const known = rates.filter((rate) => rate !== undefined);
  const difference = known.length === rates.length ? Math.max(...known) - Math.min(...known) : undefined;
  return {
    verdict: { claimed: difference === undefined ? 'inconclusive' : difference <= tolerated ? 'pass' : 'fail' },
    dataset: datasetId,
    sensitiveFeatures: ['sex'],
    favourableLabel: 'ill, so referred',
    evidence: { form: 'confusion-counts', groups },
    unknownCount: samples.filter((sample) => sexOf(sample) === undefined).length,
    metrics: [
      {
        name: 'equal_opportunity_difference',
        ...(difference === undefined ? {} : { value: difference.toFixed(10) }),
        n: samples.filter(isIll).length,
      },
    ],
  };
}
