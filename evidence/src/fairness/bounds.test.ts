import { describe, expect, it } from '@jest/globals';
import { type Real, real } from '../arithmetic/decimal.js';
import { katz, newcombe, normalQuantile, wilson } from './bounds.js';

const digits = ({ lower, upper }: { lower: Real; upper: Real }, places: number) => [
  lower.toFixed(places),
  upper.toFixed(places),
];
const of = (x: number, n: number) => ({ x: BigInt(x), n: BigInt(n) });

describe('the quantiles', () => {
  /** The distribution function by its series, 1/2 + exp(-z^2/2)/sqrt(2 pi) sum of z^(2k+1)/(1 3 5 ... (2k+1)). */
  const cumulative = (z: Real): Real => {
    let term = z;
    let sum = z;
    for (let k = 1; k < 150; k++) {
      term = term
        .times(z)
        .times(z)
        .div(2 * k + 1);
      sum = sum.plus(term);
    }
    const pi = real('3.14159265358979323846264338327950288419716939937511');
    return z.times(z).div(-2).exp().div(pi.times(2).sqrt()).times(sum).plus(0.5);
  };

  it.each(['0.95', '0.975', '0.9875'] as const)('%s is one', (level) => {
    expect(cumulative(normalQuantile(level)).minus(level).abs().lt('1e-36')).toBe(true);
  });
});

describe("Wilson's interval", () => {
  it('is that of the published 8 of 10', () => {
    expect(digits(wilson(of(8, 10), '0.975'), 10)).toEqual(['0.4901624715', '0.9433178485']);
  });

  it('stays within the range of a rate', () => {
    expect(digits(wilson(of(0, 10), '0.975'), 12)).toEqual(['0.000000000000', '0.277532799863']);
    expect(digits(wilson(of(10, 10), '0.975'), 12)).toEqual(['0.722467200137', '1.000000000000']);
  });
});

describe("Newcombe's interval", () => {
  // Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
  it.each([
    [56, 70, 48, 80, '0.0524', '0.3339'],
    [9, 10, 3, 10, '0.1705', '0.8090'],
    [5, 56, 0, 29, '-0.0381', '0.1926'],
    [10, 10, 0, 20, '0.6791', '1.0000'],
    [10, 10, 0, 10, '0.6075', '1.0000'],
  ])('of %i/%i and %i/%i is the published one', (x1, n1, x2, n2, lower, upper) => {
    expect(digits(newcombe(of(x2, n2), of(x1, n1), '0.975'), 4)).toEqual([lower, upper]);
  });
});

describe("Katz's interval", () => {
  it('is the published one', () => {
    expect(digits(katz(of(850, 2800), of(950, 3000), '0.975'), 10)).toEqual(['0.8877074981', '1.0352546727']);
    expect(katz(of(850, 2800), of(950, 3000), '0.95').lower.toFixed(10)).toBe('0.8987479250');
    expect(digits(katz(of(8, 20), of(10, 20), '0.975'), 3)).toEqual(['0.400', '1.600']);
  });

  it('takes half an observation where the method knows no error', () => {
    const all = katz(of(20, 20), of(40, 40), '0.975');
    const spread = Math.exp(1.959963984540054 * Math.sqrt(1 / 19.5 - 1 / 20 + 1 / 39.5 - 1 / 40));
    expect(all.lower.toNumber()).toBeCloseTo(19.5 / 20 / (39.5 / 40) / spread, 12);
    expect(digits(katz(of(40, 40), of(20, 20), '0.975'), 12)).toEqual(digits(all, 12));
    const none = katz(of(0, 20), of(10, 20), '0.975');
    const upper = (0.5 / 20 / (10 / 20)) * Math.exp(1.959963984540054 * Math.sqrt(2 - 1 / 20 + 1 / 10 - 1 / 20));
    expect([none.lower.toNumber(), none.upper.toNumber()]).toEqual([0, expect.closeTo(upper, 10)]);
  });
});
