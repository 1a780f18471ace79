import { z } from 'zod';
import { decimals, type Real, roundUp } from '../arithmetic/decimal.js';
import { compareFractions, fraction, parseDecimal } from '../arithmetic/fraction.js';
import { ProofwardError } from '../errors.js';
import { countSchema, decimalSchema } from '../records/fields.js';

/** A decimal above `low` and at most `high`. */
const between = (low: string, high: string) =>
  decimalSchema.refine(
    (text) => {
      const value = parseDecimal(text);
      return compareFractions(value, parseDecimal(low)) > 0 && compareFractions(value, parseDecimal(high)) <= 0;
    },
    // What is no decimal has been refused before, and cannot be compared.
    { error: `not above ${low} and at most ${high}`, when: ({ issues }) => issues.length === 0 },
  );

/** A training with noise: DP-SGD with Poisson sampling. */
export const gaussianTrainingSchema = z.strictObject({
  /** The chance of each sample to be in a step, rounded up. */
  samplingRate: between('0', '1'),
  /** The noise's standard deviation over the clipping norm. */
  noiseMultiplier: between('0.1', '1000000'),
  steps: countSchema.min(1),
  delta: between('0', '1'),
  /** How many samples there are; delta must be below its inverse. */
  samples: countSchema.min(1),
});
export type GaussianTraining = z.infer<typeof gaussianTrainingSchema>;

const orders = { first: 2, last: 256 };

/** More digits than elsewhere: the rounding error of a logarithm is multiplied by the steps, up to 2^53 of them. */
const { real } = decimals(64);

/**
 * An upper bound of epsilon by Renyi differential privacy of the subsampled Gaussian mechanism (Mironov, Talwar and Zhang
 * 2019, whose sum is exact at whole orders), turned into (epsilon, delta) as by Canonne, Kamath and Steinke 2020:
 *
 *     A(a) = sum over k of C(a,k) (1-q)^(a-k) q^k exp(k(k-1) / (2 sigma^2))
 *     epsilon = min over a = 2..256 of T ln A(a)/(a-1) + ln(1 - 1/a) - ln(delta a)/(a-1)
 *
 * Poisson sampling is assumed. An accountant that sums whole distributions (PRV) gives less; this certifies.
 *
 * @returns epsilon with 12 decimal places, rounded up, and the order at which it is reached
 * @throws ProofwardError DELTA_TOO_LARGE where delta is not below 1/samples: it would allow to publish a sample whole
 */
export function epsilonUpperBound(training: GaussianTraining): { epsilon: string; order: number } {
  const { samplingRate, noiseMultiplier, steps, delta, samples } = training;
  if (compareFractions(parseDecimal(delta), fraction(1n, BigInt(samples))) >= 0) {
    throw new ProofwardError('DELTA_TOO_LARGE', `delta is not below 1/${samples}`, { pointer: '/delta' });
  }
  const moments = momentsOf(real(samplingRate), real(noiseMultiplier));
  const lnDelta = real(delta).ln();
  let best: { epsilon: Real; order: number } | undefined;
  for (let order = orders.first; order <= orders.last; order++) {
    const renyi = moments(order).ln().times(steps);
    const a = real(order);
    const epsilon = renyi
      .minus(lnDelta)
      .minus(a.ln())
      .div(order - 1)
      .plus(a.minus(1).div(a).ln());
    if (best === undefined || epsilon.lt(best.epsilon)) best = { epsilon, order };
  }
  if (best === undefined) throw new Error('no order');
  return { epsilon: roundUp(best.epsilon.isNegative() ? real(0) : best.epsilon), order: best.order };
}

/**
 * A(a). C(a,k) is a! / k! / (a-k)!, so with the factorials in two tables each order is a! times the sum of their products; all
 * terms are positive, and none of them cancels.
 */
function momentsOf(q: Real, sigma: Real): (order: number) => Real {
  const kept = real(1).minus(q);
  const variance = sigma.times(sigma);
  let factorial = real(1);
  const factorials = [factorial];
  const chosen = [real(1)];
  const left = [real(1)];
  let drawn = real(1);
  let spared = real(1);
  for (let k = 1; k <= orders.last; k++) {
    factorial = factorial.times(k);
    drawn = drawn.times(q);
    spared = spared.times(kept);
    factorials.push(factorial);
    const moment = real((k * (k - 1)) / 2)
      .div(variance)
      .exp();
    chosen.push(drawn.times(moment).div(factorial));
    left.push(spared.div(factorial));
  }
  const zero = real(0);
  return (order) =>
    Array.from({ length: order + 1 }, (_, k) => (chosen[k] ?? zero).times(left[order - k] ?? zero))
      .reduce((sum, term) => sum.plus(term), zero)
      .times(factorials[order] ?? zero);
}
