import { places } from '../arithmetic/decimal.js';
import { compareFractions, formatFraction, fraction, parseDecimal } from '../arithmetic/fraction.js';
import { canonicalJson } from '../canonical.js';
import { ProofwardError } from '../errors.js';
import type { Criterion } from '../records/criteria.js';
import type { FairnessEvidence, GroupValues } from './evidence.js';
import { type Direction, impactRate, type Metric, metricOf, rateOf } from './metrics.js';
import { checkExclusions, featuresOf, type Group, type Partition, partitionBy } from './partition.js';
import {
  comparison,
  type GroupRate,
  highest,
  rateStatistic,
  recorded,
  type Statistic,
  statisticOf,
} from './statistic.js';

/** What the numbers must show, as an evaluation plan or an attestation says it. */
export interface FairnessPlan {
  readonly criteria: readonly Criterion[];
  /** A rate of fewer observations in a group is inconclusive: of its positives for a true positive rate, and so on. */
  readonly minimumGroupSize?: number | undefined;
}

/**
 * How many groups all criteria together compare. An endorser does nothing else while it recomputes, and ten times as many take
 * it seconds.
 */
export const maximalComparedGroups = 5_000;

/** Where the plan names none: below it the intervals say little. */
export const defaultMinimumGroupSize = 30;

export type Outcome = 'pass' | 'fail' | 'inconclusive';

/** Why a metric is inconclusive. */
export type Inconclusive =
  /** The evidence does not hold what the metric needs; `recomputed` is false. */
  | 'not-recomputable'
  /** Nothing to compare: all groups but one are excluded or unknown. */
  | 'single-group'
  /** 0/0: a group without a single observation for the rate, or a ratio of no selections to none. */
  | 'undefined'
  /** A group has fewer observations for the rate than the plan's minimum. */
  | 'minimum-group-size';

/** Ends of an interval: decimals with 12 places, rounded outward. */
export interface Bounds {
  readonly lower: string;
  readonly upper: string;
}

/** One criterion's metric. Absent members are unknown. */
export interface MetricResult {
  readonly name: string;
  readonly by: string[];
  readonly reference?: GroupValues;
  readonly recomputed: boolean;
  /** How many observations the metric rests on: for a true positive rate the positives of all compared groups. */
  readonly n?: number;
  /** A decimal with 12 places, rounded half to even from the exact fraction. */
  readonly value?: string;
  /** The ends of one-sided 95 % intervals: the one on the unfavourable side is what the gate `bound95` looks at. */
  readonly lower?: string;
  readonly upper?: string;
  /** The two-sided 95 % interval. Of a difference it is signed: it holds 0 where none is shown. */
  readonly interval95?: Bounds;
  /** The groups that the value comes from, the one with the lower rate first. */
  readonly groups?: GroupValues[];
  readonly direction?: Direction;
  readonly threshold: string;
  readonly gate: Criterion['gate'];
  /** What each gate would say; `outcome` is that of the criterion's gate. */
  readonly point: Outcome;
  readonly bound95: Outcome;
  readonly outcome: Outcome;
  readonly reason?: Inconclusive;
}

/** A group as NYC LL144 has it published: its rate, and the ratio of that to the highest rate. */
export interface GroupResult {
  readonly group: GroupValues;
  readonly n: number;
  /** Its part of all people in the groups, 12 places. */
  readonly share: string;
  readonly excluded?: string;
  /** The selection rate, or the scoring rate where the evidence is of scores above a median; with its 95 % interval. */
  readonly rate?: { readonly value: string } & Bounds;
  /** Absent for excluded groups and 0/0. */
  readonly impactRatio?: { readonly value: string } & Bounds;
}

export interface PartitionResult {
  readonly by: string[];
  readonly total: number;
  readonly unknown: number;
  readonly groups: GroupResult[];
}

/** Plain JSON: strings, whole numbers, arrays and objects, so that all endorsers write the same bytes. */
export interface FairnessResult {
  readonly verdict: Outcome;
  /** One for each criterion, in its order. */
  readonly metrics: MetricResult[];
  /** One for each combination of features that the criteria use. */
  readonly partitions: PartitionResult[];
}

/**
 * Recomputes a fairness audit from its counts. Fails where a metric fails, passes where all pass, and is otherwise
 * inconclusive. The same input gives the same bytes on every machine.
 *
 * @param evidence as parsed by `fairnessEvidenceSchema`, which refuses bad counts
 * @param unknownCount how many people belong to no group of the evidence
 * @throws ProofwardError (pointers into the evidence or the plan) SINGLE_GROUP, EXCLUDED_SHARE_TOO_LARGE, COUNTS_DISAGREE
 *   where more than half of all scores are above their median, UNKNOWN_GROUP for a criterion's feature or reference group
 *   that the evidence does not have, RECOMPUTATION_TOO_LARGE
 */
export function recomputeFairness(evidence: FairnessEvidence, plan: FairnessPlan, unknownCount = 0): FairnessResult {
  if (evidence.groups.length < 2) {
    throw new ProofwardError('SINGLE_GROUP', 'one group alone is compared with nothing', { pointer: '/groups' });
  }
  checkExclusions(evidence);
  checkMedian(evidence, unknownCount);
  const partitions = new Map<string, Partition>();
  const used = plan.criteria.map((criterion, index) => {
    const by = featuresFor(evidence, criterion, index);
    const key = canonicalJson(by);
    const partition = partitions.get(key) ?? partitionBy(evidence, by);
    partitions.set(key, partition);
    return { criterion, partition };
  });
  const compared = used.reduce((sum, { partition }) => sum + partition.groups.length, 0);
  if (compared > maximalComparedGroups) {
    const message = `the criteria compare ${compared} groups together, and ${maximalComparedGroups} are recomputed at most; attest in parts`;
    throw new ProofwardError('RECOMPUTATION_TOO_LARGE', message, { pointer: '/criteria' });
  }
  const metrics = used.map(({ criterion, partition }, index) =>
    metricResult(evidence, plan, criterion, partition, index),
  );
  return {
    verdict: verdictOf(metrics.map(({ outcome }) => outcome)),
    metrics,
    partitions: [...partitions.values()].map((partition) => partitionResult(evidence, partition)),
  };
}

/** A fail is a fail whatever else is unknown; inconclusive is never a pass. */
export function verdictOf(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('fail')) return 'fail';
  return outcomes.length > 0 && outcomes.every((outcome) => outcome === 'pass') ? 'pass' : 'inconclusive';
}

function checkMedian(evidence: FairnessEvidence, unknownCount: number): void {
  if (evidence.form !== 'above-median') return;
  const sum = (name: 'above' | 'total') => evidence.groups.reduce((total, entry) => total + BigInt(entry[name]), 0n);
  if (2n * sum('above') > sum('total') + BigInt(unknownCount)) {
    const message = 'more than half of all scores are above their median';
    throw new ProofwardError('COUNTS_DISAGREE', message, { pointer: '/groups' });
  }
}

function featuresFor(evidence: FairnessEvidence, { by }: Criterion, index: number): string[] {
  const features = featuresOf(evidence);
  const wanted = by === undefined ? features : [...new Set(by)].sort();
  if (!wanted.every((feature) => features.includes(feature))) {
    const message = 'the evidence has no groups by one of these features';
    throw new ProofwardError('UNKNOWN_GROUP', message, { pointer: `/criteria/${index}/by` });
  }
  return wanted;
}

function metricResult(
  evidence: FairnessEvidence,
  { minimumGroupSize = defaultMinimumGroupSize }: FairnessPlan,
  criterion: Criterion,
  partition: Partition,
  index: number,
): MetricResult {
  const compared = partition.groups.map((group, place) => ({ group, place })).filter(({ group }) => isCompared(group));
  const reference = referencePlace(partition, criterion, index);
  const metric = metricOf(criterion.metric, evidence.form);
  const common = {
    name: criterion.metric,
    by: [...partition.by],
    ...(criterion.reference === undefined ? {} : { reference: criterion.reference }),
    ...(metric === undefined ? {} : { direction: metric.direction }),
    threshold: criterion.threshold,
    gate: criterion.gate,
  };
  const inconclusive = { point: 'inconclusive', bound95: 'inconclusive', outcome: 'inconclusive' } as const;
  if (metric === undefined) return { ...common, recomputed: false, ...inconclusive, reason: 'not-recomputable' };

  const lists = metric.rates.map((rate) =>
    compared.map(({ group, place }): GroupRate => ({ index: place, rate: rateOf(evidence.form, rate, group.counts) })),
  );
  const statistic = compute(metric, lists, reference);
  const n = lists.flat().reduce((sum, { rate }) => sum + rate.n, 0n);
  const figures = {
    ...common,
    recomputed: true,
    n: Number(n),
    ...(statistic === undefined ? {} : shown(statistic, partition)),
  };
  const reason = inconclusiveReason(metric, lists, statistic, minimumGroupSize);
  if (statistic === undefined || reason !== undefined) {
    return { ...figures, ...inconclusive, ...(reason === undefined ? {} : { reason }) };
  }
  const { point, bound95 } = outcomesOf(statistic, metric.direction, criterion.threshold);
  return { ...figures, point, bound95, outcome: criterion.gate === 'point' ? point : bound95 };
}

function isCompared(group: Group): boolean {
  return group.excluded === undefined;
}

function referencePlace(partition: Partition, { reference }: Criterion, index: number): number | undefined {
  if (reference === undefined) return undefined;
  const key = canonicalJson(reference);
  const place = partition.groups.findIndex((group) => isCompared(group) && canonicalJson(group.values) === key);
  if (place !== -1) return place;
  const message = 'the evidence has no such group to compare with';
  throw new ProofwardError('UNKNOWN_GROUP', message, { pointer: `/criteria/${index}/reference` });
}

function compute({ aggregate }: Metric, lists: GroupRate[][], reference: number | undefined): Statistic | undefined {
  if (aggregate !== 'overall') return statisticOf(aggregate, lists, reference);
  const overall = rateStatistic(pooled(lists));
  return overall === undefined ? undefined : { ...overall, from: [] };
}

function pooled(lists: GroupRate[][]): GroupRate['rate'] {
  return lists.flat().reduce((sum, { rate }) => ({ x: sum.x + rate.x, n: sum.n + rate.n }), { x: 0n, n: 0n });
}

function shown(statistic: Statistic, partition: Partition) {
  const { value, lower, upper, interval95, from } = statistic;
  const groups = from.map((place) => partition.groups[place]?.values).filter((values) => values !== undefined);
  return { value: formatFraction(value, places), lower, upper, interval95, ...(from.length === 0 ? {} : { groups }) };
}

function inconclusiveReason(
  { aggregate }: Metric,
  lists: readonly (readonly GroupRate[])[],
  statistic: Statistic | undefined,
  minimumGroupSize: number,
): Inconclusive | undefined {
  if (aggregate !== 'overall' && lists.some((list) => list.length < 2)) return 'single-group';
  if (statistic === undefined) return 'undefined';
  if (lists.flat().some(({ rate }) => rate.n < minimumGroupSize)) return 'minimum-group-size';
  return undefined;
}

/** The point is compared exactly; the bound as it is recorded, so that whoever reads the record comes to the same. */
function outcomesOf({ value, lower, upper }: Statistic, direction: Direction, threshold: string) {
  const limit = parseDecimal(threshold);
  const meets = (order: number): Outcome => ((direction === 'at-least' ? order >= 0 : order <= 0) ? 'pass' : 'fail');
  const bound = parseDecimal(direction === 'at-least' ? lower : upper);
  return { point: meets(compareFractions(value, limit)), bound95: meets(compareFractions(bound, limit)) };
}

function partitionResult(evidence: FairnessEvidence, { by, groups, total, unknown }: Partition): PartitionResult {
  const rates = groups.map(({ counts }, index) => ({
    index,
    rate: rateOf(evidence.form, impactRate(evidence.form), counts),
  }));
  const base = highest(rates.filter(({ index, rate }) => rate.n > 0n && groups[index]?.excluded === undefined));
  return {
    by: [...by],
    total: Number(total),
    unknown: Number(unknown),
    groups: groups.map(({ values, n, excluded }, index): GroupResult => {
      const rate = rates[index]?.rate ?? { x: 0n, n: 0n };
      const own = rateStatistic(rate);
      const isComparable = own !== undefined && base !== undefined && excluded === undefined;
      const impactRatio = isComparable ? impactRatioOf({ index, rate }, base) : undefined;
      return {
        group: values,
        n: Number(n),
        share: formatFraction(fraction(n, total === 0n ? 1n : total), places),
        ...(excluded === undefined ? {} : { excluded }),
        ...(own === undefined ? {} : { rate: { value: formatFraction(own.value, places), ...own.interval95 } }),
        ...(impactRatio === undefined ? {} : { impactRatio }),
      };
    }),
  };
}

/** The group that all are compared with is itself, with certainty. */
function impactRatioOf(group: GroupRate, base: GroupRate): ({ value: string } & Bounds) | undefined {
  const ratio = comparison('ratio', group, base);
  if (ratio === undefined) return undefined;
  const value = formatFraction(ratio.value, places);
  return group.index === base.index
    ? { value, lower: value, upper: value }
    : { value, ...recorded(ratio.bounds('0.975')) };
}
