import { type Real, roundDown, roundUp } from '../arithmetic/decimal.js';
import { compareFractions, fraction, type Fraction } from '../arithmetic/fraction.js';
import { type Interval, katz, type Level, newcombe, type Proportion, wilson } from './bounds.js';
import type { Aggregate } from './metrics.js';

/** A group's rate. */
export interface GroupRate {
  /** The group's place in its partition. */
  readonly index: number;
  readonly rate: Proportion;
}

/** A statistic with its bounds as they are recorded, rounded outward. */
export interface Statistic {
  readonly value: Fraction;
  /** Each end alone holds with 95 %. */
  readonly lower: string;
  readonly upper: string;
  /** Both ends together hold with 95 %. */
  readonly interval95: { readonly lower: string; readonly upper: string };
  /** The groups that the value comes from, as places in the partition: one, or the one with the lower rate first. */
  readonly from: readonly number[];
}

/** One candidate for the statistic: a group, or a pair. */
interface Candidate {
  readonly value: Fraction;
  readonly from: readonly number[];
  readonly bounds: (level: Level) => Interval;
}

/**
 * The statistic over the groups' rates: of several lists (equalized odds has two) the worst counts.
 *
 * That the worst of several comparisons passes means that each does, so each is tested at its own 95 %; the worst of two
 * rates' differences or ratios is tested at 97.5 % each (Bonferroni).
 *
 * @param lists for each rate of the metric its groups, none of them empty
 * @param reference the place of the group that the others are compared with; the highest rate's if undefined
 * @returns undefined where a rate is 0/0, a ratio is, or nothing is left to compare
 */
export function statisticOf(
  aggregate: Exclude<Aggregate, 'overall'>,
  lists: readonly (readonly GroupRate[])[],
  reference: number | undefined,
): Statistic | undefined {
  if (lists.flat().some(({ rate }) => rate.n === 0n)) return undefined;
  const candidates = lists.flatMap((list) => candidatesOf(aggregate, list, reference));
  const known = candidates.filter((candidate) => candidate !== undefined);
  if (known.length === 0 || known.length < candidates.length) return undefined;
  const isLowest = aggregate === 'ratio' || aggregate === 'group_min';
  const [oneSided, twoSided]: [Level, Level] = lists.length === 1 ? ['0.95', '0.975'] : ['0.975', '0.9875'];
  const worst = known.reduce((a, b) => {
    const order = compareFractions(b.value, a.value);
    return (isLowest ? order < 0 : order > 0) ? b : a;
  });
  const single = outermost(known, oneSided, isLowest);
  return { value: worst.value, from: worst.from, ...single, interval95: outermost(known, twoSided, isLowest) };
}

/** Wilson's interval of one rate. */
export function rateStatistic(rate: Proportion): Omit<Statistic, 'from'> | undefined {
  if (rate.n === 0n) return undefined;
  const single = wilson(rate, '0.95');
  const both = wilson(rate, '0.975');
  return { value: fraction(rate.x, rate.n), ...recorded(single), interval95: recorded(both) };
}

function candidatesOf(
  aggregate: Exclude<Aggregate, 'overall'>,
  list: readonly GroupRate[],
  reference: number | undefined,
): (Candidate | undefined)[] {
  if (aggregate === 'group_min' || aggregate === 'group_max') {
    return list.map(({ index, rate }) => ({
      value: fraction(rate.x, rate.n),
      from: [index],
      bounds: (level) => wilson(rate, level),
    }));
  }
  const base = reference === undefined ? highest(list) : list.find(({ index }) => index === reference);
  if (base === undefined) return [undefined];
  return list.filter((group) => group !== base).map((group) => comparison(aggregate, group, base));
}

/** Two groups' difference or ratio, the one with the lower rate first; undefined for a ratio of nothing to nothing. */
export function comparison(
  aggregate: 'difference' | 'ratio',
  group: GroupRate,
  base: GroupRate,
): Candidate | undefined {
  const [low, high] = compareRates(group.rate, base.rate) <= 0 ? [group, base] : [base, group];
  const from = [low.index, high.index];
  const [a, b] = [low.rate, high.rate];
  if (aggregate === 'difference') {
    return {
      value: fraction(b.x * a.n - a.x * b.n, a.n * b.n),
      from,
      bounds: (level) => newcombe(a, b, level),
    };
  }
  if (b.x === 0n) return undefined;
  return { value: fraction(a.x * b.n, a.n * b.x), from, bounds: (level) => katz(a, b, level) };
}

/** The group with the highest rate; of several the smallest, whose rate is the least certain. */
export function highest(list: readonly GroupRate[]): GroupRate | undefined {
  const [first, ...others] = list;
  if (first === undefined) return undefined;
  return others.reduce((a, b) => {
    const order = compareRates(b.rate, a.rate);
    return order > 0 || (order === 0 && b.rate.n < a.rate.n) ? b : a;
  }, first);
}

function compareRates(a: Proportion, b: Proportion): number {
  return compareFractions(fraction(a.x, a.n), fraction(b.x, b.n));
}

function outermost(
  candidates: readonly Candidate[],
  level: Level,
  isLowest: boolean,
): { lower: string; upper: string } {
  const bounds = candidates.map((candidate) => candidate.bounds(level));
  const pick = (a: Real, b: Real) => ((isLowest ? a.lte(b) : a.gte(b)) ? a : b);
  const outer = (side: (interval: Interval) => Real) => bounds.map(side).reduce(pick);
  return recorded({ lower: outer(({ lower }) => lower), upper: outer(({ upper }) => upper) });
}

export function recorded({ lower, upper }: Interval): { lower: string; upper: string } {
  return { lower: roundDown(lower), upper: roundUp(upper) };
}
