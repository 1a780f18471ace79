import { canonicalJson } from '@proofward/evidence';
import LogisticRegression from 'ml-logistic-regression';
import { Matrix } from 'ml-matrix';
import { z } from 'zod';
import type { Patient } from './patients.js';

type Values = Patient['values'];

/** What the model looks at. Sex is not among it; that this alone makes nothing fair is what the audit is for. */
const features: Readonly<Record<string, (values: Values) => number | undefined>> = {
  age: ({ age }) => age,
  'atypical angina': ({ cp }) => is(cp, 2),
  'non-anginal pain': ({ cp }) => is(cp, 3),
  'no chest pain': ({ cp }) => is(cp, 4),
  'resting blood pressure': ({ trestbps }) => trestbps,
  cholesterol: ({ chol }) => chol,
  'ST-T abnormality at rest': ({ restecg }) => is(restecg, 1),
  'maximum heart rate': ({ thalach }) => thalach,
  'exercise angina': ({ exang }) => exang,
  'ST depression': ({ oldpeak }) => oldpeak,
};

export const hyperparameters = { numSteps: 1_000, learningRate: 1e-3 } as const;

/** A low one: a missed illness costs more than a second look. */
export const decisionThreshold = '0.3';

const weightsSchema = z.strictObject({
  kind: z.literal('logistic-regression'),
  /** For each feature: mean and deviation of those it was trained on. */
  scaling: z.array(z.strictObject({ feature: z.string(), mean: z.number(), deviation: z.number() })),
  /** As mljs writes it. */
  regression: z.unknown(),
});
type Weights = z.infer<typeof weightsSchema>;

/** A logistic regression for heart disease, by mljs. Not meant for patients. */
export class RiskModel {
  private constructor(
    private readonly weights: Weights,
    private readonly regression: LogisticRegression,
  ) {}

  static train(patients: readonly Patient[]): RiskModel {
    const scaling = Object.entries(features).map(([feature, valueOf]) => {
      const known = patients.map(({ values }) => valueOf(values)).filter((value) => value !== undefined);
      const mean = average(known);
      const deviation = Math.sqrt(average(known.map((value) => (value - mean) ** 2)));
      return { feature, mean, deviation: deviation === 0 ? 1 : deviation };
    });
    const regression = new LogisticRegression(hyperparameters);
    regression.train(
      new Matrix(patients.map(({ values }) => rowOf(scaling, values))),
      Matrix.columnVector(patients.map(({ isIll }) => (isIll ? 1 : 0))),
    );
    return new RiskModel({ kind: 'logistic-regression', scaling, regression: regression.toJSON() }, regression);
  }

  /** From the bytes of a weights' file. */
  static load(bytes: Uint8Array): RiskModel {
    const weights = weightsSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return new RiskModel(weights, LogisticRegression.load(weights.regression));
  }

  /** The weights' file. */
  toBytes(): Uint8Array {
    return new TextEncoder().encode(canonicalJson(JSON.parse(JSON.stringify(this.weights))));
  }

  /** The probability of an illness. */
  riskOf(values: Values): number {
    return (
      this.regression.classifiers[0]?.testScores(new Matrix([rowOf(this.weights.scaling, values)]))[0] ?? Number.NaN
    );
  }

  takesForIll(patient: Patient): boolean {
    return this.riskOf(patient.values) >= Number(decisionThreshold);
  }
}

/** A constant and the standardised features; what is missing counts as the mean. */
function rowOf(scaling: Weights['scaling'], values: Values): number[] {
  return [
    1,
    ...scaling.map(({ feature, mean, deviation }) => {
      const value = features[feature]?.(values);
      return value === undefined ? 0 : (value - mean) / deviation;
    }),
  ];
}

function is(value: number | undefined, code: number): number | undefined {
  return value === undefined ? undefined : Number(value === code);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
