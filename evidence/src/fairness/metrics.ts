import type { Proportion } from './bounds.js';

export const evidenceForms = ['confusion-counts', 'selected-of-total', 'above-median'] as const;
export type EvidenceForm = (typeof evidenceForms)[number];

/** Counts by name; the names depend on the form of the evidence. */
export type Counts = Readonly<Record<string, bigint>>;

type Rate = (counts: (name: string) => bigint) => Proportion;

const positives: Rate = (of) => ({ x: of('tp'), n: of('tp') + of('fn') });
const negatives: Rate = (of) => ({ x: of('fp'), n: of('fp') + of('tn') });
const complement =
  (rate: Rate): Rate =>
  (of) => {
    const { x, n } = rate(of);
    return { x: n - x, n };
  };
const all = (of: (name: string) => bigint) => of('tp') + of('fp') + of('fn') + of('tn');
const accuracy: Rate = (of) => ({ x: of('tp') + of('tn'), n: all(of) });

/** The rates that each form of evidence gives, by the names of fairlearn and scikit-learn, and `scoring_rate` of LL144. */
const rates: Record<EvidenceForm, Readonly<Record<string, Rate>>> = {
  'confusion-counts': {
    selection_rate: (of) => ({ x: of('tp') + of('fp'), n: all(of) }),
    true_positive_rate: positives,
    recall_score: positives,
    false_positive_rate: negatives,
    true_negative_rate: complement(negatives),
    false_negative_rate: complement(positives),
    precision_score: (of) => ({ x: of('tp'), n: of('tp') + of('fp') }),
    accuracy_score: accuracy,
    zero_one_loss: complement(accuracy),
  },
  'selected-of-total': { selection_rate: (of) => ({ x: of('selected'), n: of('total') }) },
  'above-median': { scoring_rate: (of) => ({ x: of('above'), n: of('total') }) },
};

const lossRates = ['false_positive_rate', 'false_negative_rate', 'zero_one_loss'];

/** Metrics whose name does not say their rates. */
const compounds: Readonly<Record<string, readonly string[]>> = {
  demographic_parity: ['selection_rate'],
  equal_opportunity: ['true_positive_rate'],
  equalized_odds: ['true_positive_rate', 'false_positive_rate'],
  predictive_parity: ['precision_score'],
};

/** How a metric comes from its rates: over all groups together, or from the groups' rates. */
export type Aggregate = 'overall' | 'difference' | 'ratio' | 'group_min' | 'group_max';
export type Direction = 'at-least' | 'at-most';

export interface Metric {
  /** The names of its rates; of more than one, the worst counts (fairlearn's `worst_case`). */
  readonly rates: readonly [string, ...string[]];
  readonly aggregate: Aggregate;
  /** On which side of its threshold a metric passes. */
  readonly direction: Direction;
}

/** The rate that impact ratios are formed from (NYC LL144): the scoring rate where scores were compared with a median. */
export function impactRate(form: EvidenceForm): string {
  return form === 'above-median' ? 'scoring_rate' : 'selection_rate';
}

/**
 * What is computed for a metric's name from evidence of that form; undefined for what cannot be recomputed from it.
 *
 * Names are fairlearn's: `demographic_parity_ratio`, `equalized_odds_difference`, a rate's own name, and a rate's name with
 * `_difference`, `_ratio`, `_group_min` or `_group_max`; `impact_ratio` is LL144's.
 */
export function metricOf(name: string, form: EvidenceForm): Metric | undefined {
  if (name === 'impact_ratio') return { rates: [impactRate(form)], aggregate: 'ratio', direction: 'at-least' };
  const known = (rate: string) => Object.hasOwn(rates[form], rate);
  const match = /^(.+)_(difference|ratio|group_min|group_max)$/.exec(name);
  const [, stem = name, aggregate = 'overall'] = (match ?? []) as [string?, string?, Aggregate?];
  const isSpread = aggregate === 'difference' || aggregate === 'ratio';
  const [first, ...others] = isSpread && Object.hasOwn(compounds, stem) ? (compounds[stem] ?? []) : [stem];
  if (first === undefined || ![first, ...others].every(known)) return undefined;
  const isLoss = aggregate === 'difference' || (aggregate !== 'ratio' && lossRates.includes(first));
  return { rates: [first, ...others], aggregate, direction: isLoss ? 'at-most' : 'at-least' };
}

/** On which side of its threshold a metric of that name passes, whatever it is computed from; undefined for other names. */
export function directionOf(name: string): Direction | undefined {
  for (const form of evidenceForms) {
    const metric = metricOf(name, form);
    if (metric !== undefined) return metric.direction;
  }
  return undefined;
}

/** The proportion that a rate is of some counts. */
export function rateOf(form: EvidenceForm, rate: string, counts: Counts): Proportion {
  const formula = rates[form][rate];
  if (formula === undefined) throw new Error(`${form} gives no ${rate}`);
  return formula((name) => counts[name] ?? 0n);
}

/** How many observations some counts are of. */
export function sizeOf(form: EvidenceForm, counts: Counts): bigint {
  return rateOf(form, impactRate(form), counts).n;
}
