import { isIll, type Sample } from './samples.js';

/**
 * A nearest-mean classifier: small enough to read, and made from the hospital's own records, so that the first model
 * version on the ledger is the fingerprint of something real. It is not meant for patients.
 */
export interface NearestMeanModel {
  kind: 'nearest-mean';
  features: { name: string; healthyMean: number; illMean: number; deviation: number }[];
}

const features = ['age', 'cp', 'trestbps', 'thalach', 'exang', 'oldpeak'];

export function trainModel(samples: readonly Sample[]): NearestMeanModel {
  return {
    kind: 'nearest-mean',
    features: features.map((name) => {
      const values = (ill: boolean) =>
        samples.filter((sample) => isIll(sample) === ill).flatMap((sample) => sample[name] ?? []);
      const every = [...values(true), ...values(false)];
      const center = mean(every);
      return {
        name,
        healthyMean: rounded(mean(values(false))),
        illMean: rounded(mean(values(true))),
        deviation: rounded(Math.sqrt(mean(every.map((value) => (value - center) ** 2)))),
      };
    }),
  };
}

/** Whether the model takes the person for ill; a missing value does not count. */
export function predictsIll(model: NearestMeanModel, sample: Sample): boolean {
  let towardsIll = 0;
  for (const { name, healthyMean, illMean, deviation } of model.features) {
    const value = sample[name];
    if (value === undefined) continue;
    towardsIll += ((value - healthyMean) / deviation) ** 2 - ((value - illMean) / deviation) ** 2;
  }
  return towardsIll > 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
