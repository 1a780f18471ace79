import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../canonical.js';
import { ProofwardError } from '../errors.js';
import { type Criterion, criteriaSchema } from '../records/criteria.js';
import { parseWith } from '../records/validate.js';
import { type FairnessEvidence, fairnessEvidenceSchema } from './evidence.js';
import {
  type FairnessPlan,
  type FairnessResult,
  maximalComparedGroups,
  type MetricResult,
  recomputeFairness,
  verdictOf,
} from './recompute.js';

type Cell = readonly [tp: number, fp: number, fn: number, tn: number];

const confusion = (cells: Record<string, Cell>): FairnessEvidence => ({
  form: 'confusion-counts',
  groups: Object.entries(cells).map(([group, [tp, fp, fn, tn]]) => ({ group: { group }, tp, fp, fn, tn })),
});
const selected = (cells: Record<string, readonly [number, number]>): FairnessEvidence => ({
  form: 'selected-of-total',
  groups: Object.entries(cells).map(([group, [count, total]]) => ({ group: { group }, selected: count, total })),
});
const plan = (...criteria: (Partial<Criterion> & { metric: string })[]): FairnessPlan => ({
  minimumGroupSize: 5,
  criteria: criteriaSchema.parse(criteria.map((criterion) => ({ gate: 'point', threshold: '0', ...criterion }))),
});
const one = (evidence: FairnessEvidence, criterion: Partial<Criterion> & { metric: string }): MetricResult => {
  const [metric] = recomputeFairness(evidence, plan(criterion)).metrics;
  if (metric === undefined) throw new Error('no metric');
  return metric;
};
const code = (call: () => unknown) => {
  try {
    call();
  } catch (error) {
    if (error instanceof ProofwardError) return [error.code, error.pointer];
    throw error;
  }
  return [];
};
/** Whether a text is the number of a published vector, to its digits. */
const expectDigits = (text: string | undefined, vector: string) => {
  expect(Number(text).toFixed((vector.split('.')[1] ?? '').length)).toBe(vector);
};

/** The vector of the design; its figures are fairlearn's and R's. */
const design = confusion({ a: [820, 130, 90, 1960], b: [700, 150, 110, 1840] });

describe('the published vector', () => {
  it.each([
    ['demographic_parity_difference', '0.0130952381', 5800],
    ['demographic_parity_ratio', '0.9586466165', 5800],
    ['equalized_odds_difference', '0.0369013702', 5800],
    ['equalized_odds_ratio', '0.8251993620', 5800],
    ['equal_opportunity_ratio', '0.9590484794', 1720],
  ])('has %s %s', (metric, value, n) => {
    const result = one(design, { metric });
    expectDigits(result.value, value);
    expect([result.n, result.recomputed]).toEqual([n, true]);
  });

  it('has the bounds of Katz and Newcombe', () => {
    const ratio = one(design, { metric: 'demographic_parity_ratio' });
    expectDigits(ratio.lower, '0.8987479250');
    expectDigits(ratio.interval95?.lower, '0.8877074981');
    expectDigits(ratio.interval95?.upper, '1.0352546727');
    // The vector is of b - a; the difference here is of the larger to the smaller rate.
    const difference = one(design, { metric: 'demographic_parity_difference' });
    expectDigits(difference.interval95?.upper, '0.0368708');
    expectDigits(difference.interval95?.lower, '-0.0107375');
    expect(difference.groups).toEqual([{ group: 'b' }, { group: 'a' }]);
  });

  it('has the interval of 8/20 against 10/20, and that of 8/10', () => {
    const ratio = one(selected({ a: [8, 20], b: [10, 20] }), { metric: 'demographic_parity_ratio', threshold: '0.8' });
    expect(ratio.value).toBe('0.800000000000');
    expectDigits(ratio.interval95?.lower, '0.400');
    expectDigits(ratio.interval95?.upper, '1.600');
    expect([ratio.point, ratio.bound95]).toEqual(['pass', 'fail']);
    const rate = one(selected({ a: [3, 5], b: [5, 5] }), { metric: 'selection_rate' });
    expectDigits(rate.interval95?.lower, '0.4901624715');
    expectDigits(rate.interval95?.upper, '0.9433178485');
  });
});

describe('a gate', () => {
  it.each<[string, Criterion['gate'], string, string]>([
    ['demographic_parity_ratio', 'point', '0.9586466165', 'pass'],
    ['demographic_parity_ratio', 'point', '0.9586466166', 'fail'],
    ['demographic_parity_ratio', 'bound95', '0.8987479249', 'pass'],
    ['demographic_parity_ratio', 'bound95', '0.898747926', 'fail'],
    ['demographic_parity_difference', 'point', '0.0130952381', 'pass'],
    ['demographic_parity_difference', 'point', '0.013095238', 'fail'],
    ['demographic_parity_difference', 'bound95', '0.034', 'pass'],
    ['demographic_parity_difference', 'bound95', '0.033', 'fail'],
    ['equalized_odds_difference', 'point', '0.0369013703', 'pass'],
    ['true_positive_rate_group_min', 'point', '0.86', 'pass'],
    ['true_positive_rate_group_min', 'bound95', '0.86', 'fail'],
    ['false_positive_rate_group_max', 'point', '0.08', 'pass'],
    ['false_positive_rate_group_max', 'point', '0.07', 'fail'],
    ['accuracy_score', 'bound95', '0.91', 'pass'],
    ['accuracy_score', 'bound95', '0.915', 'fail'],
  ])('on %s, %s %s: %s', (metric, gate, threshold, outcome) => {
    const result = one(design, { metric, gate, threshold });
    expect([result.outcome, result.threshold, result.gate]).toEqual([outcome, threshold, gate]);
    expect(result.outcome).toBe(result[gate]);
  });

  it('compares a point with its threshold exactly, where binary floating point does not', () => {
    expect(1 / 3 / (5 / 12)).not.toBe(0.8);
    const met = one(selected({ a: [4, 12], b: [5, 12] }), { metric: 'demographic_parity_ratio', threshold: '0.8' });
    expect(met.outcome).toBe('pass');
    const big = 2 ** 51;
    const almost = one(selected({ a: [big - 1, big], b: [big, big] }), { metric: 'impact_ratio', threshold: '1' });
    expect([almost.value, almost.outcome]).toEqual(['1.000000000000', 'fail']);
  });

  it('corrects the maximum of two differences (Bonferroni): each is tested at 97.5 %', () => {
    const odds = one(design, { metric: 'equalized_odds_difference' });
    const [tpr, fpr] = ['true_positive_rate', 'false_positive_rate'].map((rate) =>
      one(design, { metric: `${rate}_difference` }),
    );
    // The two-sided 95 % interval of one is 97.5 % on each side.
    const uppers = [tpr?.interval95?.upper, fpr?.interval95?.upper].map(Number);
    expect(Number(odds.upper)).toBe(Math.max(...uppers));
    expect(Number(odds.upper)).toBeGreaterThan(Math.max(Number(tpr?.upper), Number(fpr?.upper)));
  });

  it('needs every group to pass, so the least certain one decides', () => {
    const pair = selected({ a: [800, 1000], b: [900, 1000] });
    const small = selected({ a: [800, 1000], b: [900, 1000], c: [9, 10] });
    const of = (evidence: FairnessEvidence) =>
      one(evidence, { metric: 'impact_ratio', gate: 'bound95', threshold: '0.8' });
    expect([of(pair).outcome, of(small).outcome]).toEqual(['pass', 'fail']);
    expect(of(small).value).toBe(of(pair).value);
  });
});

describe('extreme rates', () => {
  const ratio = (evidence: FairnessEvidence) => one(evidence, { metric: 'impact_ratio', threshold: '0.5' });

  it('are not taken as certain', () => {
    const all = ratio(selected({ a: [20, 20], b: [20, 20] }));
    expect([all.value, Number(all.lower) < 0.95, Number(all.upper) > 1.05]).toEqual(['1.000000000000', true, true]);
    const none = ratio(selected({ a: [0, 20], b: [10, 20] }));
    expect([none.value, none.lower, none.outcome]).toEqual(['0.000000000000', '0.000000000000', 'fail']);
    expect(Number(none.upper)).toBeGreaterThan(0);
  });

  it('of 0/0 are inconclusive', () => {
    expect(ratio(selected({ a: [0, 20], b: [0, 20] }))).toMatchObject({ outcome: 'inconclusive', reason: 'undefined' });
    const noPositives = confusion({ a: [0, 5, 0, 20], b: [9, 3, 4, 20] });
    const odds = one(noPositives, { metric: 'equalized_odds_difference', threshold: '1' });
    expect(odds).toMatchObject({ outcome: 'inconclusive', reason: 'undefined', recomputed: true });
    expect(odds.value).toBeUndefined();
    expect(one(noPositives, { metric: 'demographic_parity_ratio', threshold: '0.1' }).outcome).toBe('pass');
  });
});

describe('the minimum group size', () => {
  const evidence = confusion({ a: [3, 5, 1, 20], b: [9, 3, 4, 20] });

  it('is of the observations that the rate is of', () => {
    expect(one(evidence, { metric: 'demographic_parity_ratio', threshold: '0.1' }).outcome).toBe('pass');
    const result = one(evidence, { metric: 'equal_opportunity_ratio', threshold: '0.1' });
    expect(result).toMatchObject({ outcome: 'inconclusive', point: 'inconclusive', reason: 'minimum-group-size' });
    // 3/4 against 9/13 all the same.
    expect(result.value).toBe('0.923076923077');
  });

  it('is 30 if the plan says nothing', () => {
    const of = (n: number) =>
      recomputeFairness(selected({ a: [20, n], b: [20, 31] }), {
        criteria: [{ metric: 'impact_ratio', gate: 'point', threshold: '0.8' }],
      }).verdict;
    expect([of(29), of(30)]).toEqual(['inconclusive', 'pass']);
  });

  it('is met by exactly as many', () => {
    const at = confusion({ a: [4, 5, 1, 20], b: [9, 3, 4, 20] });
    expect(one(at, { metric: 'equal_opportunity_ratio', threshold: '0.1' }).outcome).toBe('pass');
  });
});

describe('a reference group', () => {
  const evidence = selected({ a: [50, 100], b: [60, 100], c: [40, 100] });

  it('is the one with the highest rate', () => {
    const result = one(evidence, { metric: 'demographic_parity_ratio' });
    expect([result.value, result.groups]).toEqual(['0.666666666667', [{ group: 'c' }, { group: 'b' }]]);
  });

  it('that is named is compared with all, in both directions', () => {
    const of = (metric: string, group: string) => one(evidence, { metric, reference: { group } });
    expect(of('demographic_parity_ratio', 'a').value).toBe('0.800000000000');
    expect(of('demographic_parity_ratio', 'c').value).toBe('0.666666666667');
    expect(of('demographic_parity_difference', 'c').value).toBe('0.200000000000');
    expect(of('demographic_parity_difference', 'a').reference).toEqual({ group: 'a' });
  });

  it('must be there', () => {
    const wrong = (criterion: Partial<Criterion>) =>
      code(() => one(evidence, { metric: 'impact_ratio', ...criterion }));
    expect(wrong({ reference: { group: 'd' } })).toEqual(['UNKNOWN_GROUP', '/criteria/0/reference']);
    expect(wrong({ reference: { sex: 'a' } })).toEqual(['UNKNOWN_GROUP', '/criteria/0/reference']);
    expect(wrong({ by: ['sex'] })).toEqual(['UNKNOWN_GROUP', '/criteria/0/by']);
  });
});

/** Intersections of two features, as NYC LL144 has them audited. */
const intersections: FairnessEvidence = {
  form: 'selected-of-total',
  groups: [
    { group: { sex: 'female', race: 'a' }, selected: 300, total: 1000 },
    { group: { sex: 'male', race: 'a' }, selected: 400, total: 1000 },
    { group: { sex: 'female', race: 'b' }, selected: 100, total: 500 },
    { group: { sex: 'male', race: 'b' }, selected: 200, total: 500 },
    { group: { sex: 'female', race: 'c' }, selected: 1, total: 20, excluded: 'under 2 %' },
    { group: { sex: 'male', race: 'c' }, selected: 9, total: 20, excluded: 'under 2 %' },
    { group: { sex: 'male', race: '' }, selected: 5, total: 60 },
  ],
};

describe('categories and intersections', () => {
  const result = recomputeFairness(
    intersections,
    plan(
      { metric: 'impact_ratio', threshold: '0.8' },
      { metric: 'impact_ratio', by: ['sex'], threshold: '0.5' },
      { metric: 'impact_ratio', by: ['race'], threshold: '0.8' },
    ),
    17,
  );

  it('come from one table', () => {
    // 100/500 against 200/500, which is as high as 400/1000 and the smaller of the two; 401/1520 against 614/1580.
    expect(result.metrics.map(({ value }) => value)).toEqual(['0.500000000000', '0.678874507115', '0.857142857143']);
    expect(result.metrics[0]?.groups).toEqual([
      { sex: 'female', race: 'b' },
      { sex: 'male', race: 'b' },
    ]);
    expect([result.verdict, ...result.metrics.map(({ outcome }) => outcome)]).toEqual(['fail', 'fail', 'pass', 'pass']);
  });

  it('leave out whom they may, and nobody else', () => {
    const groups = (index: number) => result.partitions[index]?.groups ?? [];
    expect(groups(0).map(({ excluded }) => excluded !== undefined)).toEqual([false, false, false, false, true, true]);
    expect(groups(1).map(({ n, excluded }) => [n, excluded])).toEqual([
      [1520, undefined],
      [1580, undefined],
    ]);
    expect(groups(2).map(({ group, excluded }) => [group['race'], excluded])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['c', 'under 2 %'],
    ]);
    expect(result.partitions.map(({ total, unknown }) => [total, unknown])).toEqual([
      [3040, 60],
      [3100, 0],
      [3040, 60],
    ]);
  });

  it('show the rate of every group, and its impact ratio if it is compared', () => {
    const [first, , , , excluded] = result.partitions[0]?.groups ?? [];
    expect(first).toMatchObject({ n: 1000, share: '0.328947368421', rate: { value: '0.300000000000' } });
    expect(first?.impactRatio?.value).toBe('0.750000000000');
    expect([excluded?.rate?.value, excluded?.impactRatio]).toEqual(['0.050000000000', undefined]);
    const top = result.partitions[1]?.groups[1]?.impactRatio;
    expect(top).toEqual({ value: '1.000000000000', lower: '1.000000000000', upper: '1.000000000000' });
  });

  it('do not exclude 2 % or more', () => {
    const evidence = structuredClone(intersections);
    const [, , , , excluded] = evidence.groups;
    if (excluded !== undefined) excluded.total = 65;
    expect(code(() => one(evidence, { metric: 'impact_ratio' }))).toEqual([
      'EXCLUDED_SHARE_TOO_LARGE',
      '/groups/4/excluded',
    ]);
  });

  it('are inconclusive where only one is left', () => {
    const evidence = selected({ a: [500, 1000], b: [1, 10] });
    const [, b] = evidence.groups;
    if (b !== undefined) b.excluded = 'under 2 %';
    expect(one(evidence, { metric: 'impact_ratio', threshold: '0' })).toMatchObject({
      outcome: 'inconclusive',
      reason: 'single-group',
    });
  });
});

describe('scores above a median', () => {
  const evidence: FairnessEvidence = {
    form: 'above-median',
    groups: [
      { group: { sex: 'female' }, above: 40, total: 100 },
      { group: { sex: 'male' }, above: 60, total: 100 },
    ],
  };

  it('give scoring rates and their impact ratio, and no selection rate', () => {
    const [impact, scoring, selection] = recomputeFairness(
      evidence,
      plan(
        { metric: 'impact_ratio', threshold: '0.6' },
        { metric: 'scoring_rate_ratio' },
        { metric: 'demographic_parity_ratio' },
      ),
    ).metrics;
    expect([impact?.value, impact?.outcome]).toEqual(['0.666666666667', 'pass']);
    expect(scoring?.value).toBe(impact?.value);
    expect(selection).toMatchObject({ recomputed: false, outcome: 'inconclusive', reason: 'not-recomputable' });
  });

  it('are at most half of all', () => {
    const more = { ...evidence, groups: evidence.groups.map((entry) => ({ ...entry, above: 51 })) } as FairnessEvidence;
    const check = (unknown: number) => code(() => recomputeFairness(more, plan({ metric: 'impact_ratio' }), unknown));
    expect(check(3)).toEqual(['COUNTS_DISAGREE', '/groups']);
    expect(check(4)).toEqual([]);
  });
});

describe('what cannot be recomputed', () => {
  it.each([
    'roc_auc_score_group_min',
    'f1_score_group_min',
    'demographic_parity',
    'equalized_odds',
    'equalized_odds_group_min',
    'constructor_ratio',
    'constructor',
    'scoring_rate_ratio',
    'calibration_error',
  ])('%s says so', (metric) => {
    const result = recomputeFairness(design, plan({ metric, threshold: '0' }));
    expect(result.metrics[0]).toMatchObject({ recomputed: false, outcome: 'inconclusive' });
    expect(result.verdict).toBe('inconclusive');
  });

  it('needs ground truth where there is none', () => {
    const metrics = ['equalized_odds_difference', 'accuracy_score', 'predictive_parity_ratio'];
    for (const metric of metrics) {
      expect(one(design, { metric }).recomputed).toBe(true);
      expect(one(selected({ a: [1, 9], b: [2, 9] }), { metric }).recomputed).toBe(false);
    }
  });
});

describe('a verdict', () => {
  it.each([
    [['pass', 'pass'], 'pass'],
    [['pass', 'inconclusive'], 'inconclusive'],
    [['fail', 'inconclusive', 'pass'], 'fail'],
    [[], 'inconclusive'],
  ] as const)('of %j is %s', (outcomes, verdict) => {
    expect(verdictOf(outcomes)).toBe(verdict);
  });
});

describe('bad evidence', () => {
  const parse = (groups: unknown, form = 'confusion-counts') =>
    code(() => parseWith(fairnessEvidenceSchema, { form, groups }, '/private/evidence'));
  const cell = { group: { sex: 'f' }, tp: 1, fp: 2, fn: 3, tn: 4 };
  const other = { ...cell, group: { sex: 'm' } };

  it.each<[string, unknown, string, string]>([
    ['a negative count', [cell, { ...other, tp: -1 }], 'NEGATIVE_COUNT', '/groups/1/tp'],
    ['a fraction', [cell, { ...other, fn: 0.5 }], 'FRACTIONAL_COUNT', '/groups/1/fn'],
    ['a huge count', [cell, { ...other, tn: 2 ** 53 }], 'COUNT_TOO_LARGE', '/groups/1/tn'],
    ['a huge sum', [cell, { ...other, tn: 2 ** 53 - 1 }], 'COUNT_TOO_LARGE', '/groups'],
    ['a wrong total', [{ ...cell, total: 11 }, other], 'COUNTS_DISAGREE', '/groups/0'],
    ['a group twice', [cell, other, cell], 'DUPLICATE_GROUP', '/groups/2/group'],
    ['other features', [cell, { ...other, group: { race: 'a' } }], 'GROUP_FEATURES_DIFFER', '/groups/1/group'],
    ['a text', [cell, { ...other, tp: '1' }], 'INVALID_FIELD', '/groups/1/tp'],
    ['a missing count', [cell, { group: { sex: 'm' }, tp: 1, fp: 1, fn: 1 }], 'INVALID_FIELD', '/groups/1/tn'],
    ['no number', [cell, { ...other, tp: Number.NaN }], 'INVALID_FIELD', '/groups/1/tp'],
    ['no group', [], 'INVALID_FIELD', '/groups'],
    ['another member', [cell, { ...other, selected: 1 }], 'INVALID_FIELD', '/groups/1/selected'],
  ])('with %s has a code that says so', (_, groups, expected, pointer) => {
    expect(parse(groups)).toEqual([expected, `/private/evidence${pointer}`]);
  });

  it('with more selected, or more above the median, than there are has a code', () => {
    expect(parse([{ group: { sex: 'f' }, selected: 5, total: 4 }], 'selected-of-total')).toEqual([
      'COUNTS_DISAGREE',
      '/private/evidence/groups/0',
    ]);
    expect(parse([{ group: { sex: 'f' }, above: 5, total: 4 }], 'above-median')).toEqual([
      'COUNTS_DISAGREE',
      '/private/evidence/groups/0',
    ]);
  });

  it('with a right total is accepted', () => {
    expect(parse([{ ...cell, total: 10 }, other])).toEqual([]);
  });

  it('of a single group is not compared', () => {
    expect(code(() => one(confusion({ a: [1, 2, 3, 4] }), { metric: 'impact_ratio' }))).toEqual([
      'SINGLE_GROUP',
      '/groups',
    ]);
  });
});

describe('more groups than an endorser recomputes', () => {
  const largest = confusion(Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [index, [1, 2, 3, 4]])));
  const names = ['selection_rate', 'true_positive_rate', 'false_positive_rate', 'precision_score', 'accuracy_score'];
  const most = names.map((name) => ({ metric: `${name}_ratio` }));

  it('are refused, whichever criteria compare them', () => {
    expect(code(() => recomputeFairness(largest, plan(...most, { metric: 'equalized_odds_ratio' })))).toEqual([
      'RECOMPUTATION_TOO_LARGE',
      '/criteria',
    ]);
  });

  it('may be so many', () => {
    expect(recomputeFairness(largest, plan(...most)).metrics).toHaveLength(maximalComparedGroups / 1000);
  });
});

describe('any table', () => {
  const size = fc.integer({ min: 0, max: 2000 });
  const cellOf = fc.tuple(size, size, size, size);
  const cells = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), cellOf, { minKeys: 2, noNullPrototype: true });
  const names = ['selection_rate', 'true_positive_rate', 'false_positive_rate', 'precision_score', 'accuracy_score'];
  const everything = plan(
    ...names.flatMap((name) =>
      ['_ratio', '_difference', '_group_min', '_group_max', ''].map((end) => ({
        metric: name + end,
        threshold: '0.8',
      })),
    ),
    { metric: 'equalized_odds_ratio', threshold: '0.5', gate: 'bound95' },
    { metric: 'equalized_odds_difference', threshold: '0.5', gate: 'bound95' },
  );
  const computed = (evidence: FairnessEvidence): FairnessResult => recomputeFairness(evidence, everything);

  it('has its values as plain floating point has them, between their bounds', () => {
    fc.assert(
      fc.property(cells, (table) => {
        const { metrics } = computed(confusion(table));
        const of = Object.values(table);
        const rates = of.map(([tp, fp, fn, tn]) => (tp + fp) / (tp + fp + fn + tn));
        const ratio = metrics.find(({ name }) => name === 'selection_rate_ratio');
        const difference = metrics.find(({ name }) => name === 'selection_rate_difference');
        if (rates.every(Number.isFinite) && Math.max(...rates) > 0) {
          expect(Number(ratio?.value)).toBeCloseTo(Math.min(...rates) / Math.max(...rates), 10);
          expect(Number(difference?.value)).toBeCloseTo(Math.max(...rates) - Math.min(...rates), 10);
        } else expect(ratio?.value).toBeUndefined();
        for (const { value, lower, upper, interval95 } of metrics.filter((metric) => metric.value !== undefined)) {
          const order = [interval95?.lower, lower, value, upper, interval95?.upper].map(Number);
          // A value is rounded to the nearest, its bounds outward.
          for (const [index, next] of order.slice(1).entries())
            expect(next).toBeGreaterThanOrEqual((order[index] ?? 0) - 1e-12);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same bytes in any order of its groups, and they are JSON', () => {
    fc.assert(
      fc.property(cells, (table) => {
        const evidence = confusion(table);
        const turned = { ...evidence, groups: [...evidence.groups].reverse() } as FairnessEvidence;
        const text = canonicalJson(computed(evidence));
        expect(canonicalJson(computed(turned))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it('is never passed by the bound and failed by the point', () => {
    fc.assert(
      fc.property(cells, (table) => {
        for (const { point, bound95 } of computed(confusion(table)).metrics) {
          expect([point, bound95]).not.toEqual(['fail', 'pass']);
        }
      }),
      { numRuns: 30 },
    );
  });
});
