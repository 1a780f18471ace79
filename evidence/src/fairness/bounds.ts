import { type Real, real } from '../arithmetic/decimal.js';
import { fraction, type Fraction } from '../arithmetic/fraction.js';

/** `x` of `n` observations; 0 <= x <= n, and n > 0 where a rate is formed. */
export interface Proportion {
  readonly x: bigint;
  readonly n: bigint;
}

export interface Interval {
  readonly lower: Real;
  readonly upper: Real;
}

/** Quantiles of the standard normal distribution, to more digits than are computed with. */
const quantiles = {
  '0.95': '1.64485362695147271486384890799163213608319574427532',
  '0.975': '1.95996398454005423552459443052055152795555007786954',
  '0.9875': '2.24140272760494537508537954091366228108296004986444',
} as const;
export type Level = keyof typeof quantiles;

export function normalQuantile(level: Level): Real {
  return real(quantiles[level]);
}

/** Wilson's score interval of a rate: each side holds with the probability `level`. */
export function wilson({ x, n }: Proportion, level: Level): Interval {
  const z = normalQuantile(level);
  const zz = z.times(z);
  const size = real(n);
  const scale = size.plus(zz);
  const centre = real(x).plus(zz.div(2)).div(scale);
  const half = real(fraction(x * (n - x), n))
    .plus(zz.div(4))
    .sqrt()
    .times(z)
    .div(scale);
  // At 0 of n and n of n one side is exact, and its rounding error must not leave the range of a rate.
  return {
    lower: x === 0n ? real(0) : centre.minus(half),
    upper: x === n ? real(1) : centre.plus(half),
  };
}

/** Newcombe's hybrid score interval (his method 10) of the difference `high - low`. */
export function newcombe(low: Proportion, high: Proportion, level: Level): Interval {
  const from = wilson(low, level);
  const to = wilson(high, level);
  const p = real(fraction(low.x, low.n));
  const q = real(fraction(high.x, high.n));
  const difference = real(fraction(high.x * low.n - low.x * high.n, high.n * low.n));
  const below = hypotenuse(q.minus(to.lower), from.upper.minus(p));
  const above = hypotenuse(to.upper.minus(q), p.minus(from.lower));
  return { lower: difference.minus(below), upper: difference.plus(above) };
}

/**
 * Katz's log interval of the ratio `low / high`, low being the smaller rate and high not zero. The method knows no error
 * where nobody or everybody is selected, so there it takes, as Aho and Bowyer (2015) do, half an observation: 0 of n has the
 * lower bound 0 and the upper one of 1/2 of n; all of both are taken as n - 1/2 of n.
 */
export function katz(low: Proportion, high: Proportion, level: Level): Interval {
  const z = normalQuantile(level);
  if (low.x === 0n) return { lower: real(0), upper: logInterval({ x2: 1n, n: low.n }, halves(high), z).upper };
  if (low.x === low.n && high.x === high.n) {
    // The larger sample has the larger rate of the two, and a ratio is of the smaller to the larger.
    const [small, large] = low.n <= high.n ? [low, high] : [high, low];
    return logInterval({ x2: 2n * small.n - 1n, n: small.n }, { x2: 2n * large.n - 1n, n: large.n }, z);
  }
  return logInterval(halves(low), halves(high), z);
}

/** A number of observations in halves. */
interface Halves {
  readonly x2: bigint;
  readonly n: bigint;
}

function halves({ x, n }: Proportion): Halves {
  return { x2: 2n * x, n };
}

function logInterval(low: Halves, high: Halves, z: Real): Interval {
  const ratio = real(fraction(low.x2 * high.n, high.x2 * low.n));
  const spread = real(variance(low))
    .plus(real(variance(high)))
    .sqrt()
    .times(z)
    .exp();
  return { lower: ratio.div(spread), upper: ratio.times(spread) };
}

/** 1/x - 1/n, as one fraction: their difference would lose digits. */
function variance({ x2, n }: Halves): Fraction {
  return fraction(2n * n - x2, x2 * n);
}

function hypotenuse(a: Real, b: Real): Real {
  return a.times(a).plus(b.times(b)).sqrt();
}
