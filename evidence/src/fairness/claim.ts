import { places } from '../arithmetic/decimal.js';
import { compareFractions, fraction, type Fraction, parseDecimal } from '../arithmetic/fraction.js';
import { ProofwardError } from '../errors.js';
import type { FairnessResult, Outcome } from './recompute.js';

/** What an attestation says of its own numbers. */
export interface FairnessClaim {
  readonly verdict: Outcome;
  readonly metrics?: readonly {
    readonly name: string;
    readonly value?: string | undefined;
    readonly lower?: string | undefined;
    readonly upper?: string | undefined;
    readonly n?: number | undefined;
  }[];
}

const favour: Record<Outcome, number> = { fail: 0, inconclusive: 1, pass: 2 };

/**
 * Refuses a claim that the numbers do not bear: a verdict that is better than the computed one, another value (to the digits
 * that were claimed) or n, or bounds that are narrower than the computed ones. A worse verdict and wider bounds are borne: the
 * auditor may know more than the counts. What was not recomputed is not compared.
 *
 * @throws ProofwardError CLAIM_NOT_BORNE, its pointer into the claim
 */
export function checkFairnessClaim(claim: FairnessClaim, computed: FairnessResult): void {
  if (favour[claim.verdict] > favour[computed.verdict]) {
    refuse('/verdict', `the numbers bear ${computed.verdict}, not ${claim.verdict}`);
  }
  claim.metrics?.forEach(({ name, value, lower, upper, n }, index) => {
    // A metric may be computed over several partitions or references; the claim is of one of them.
    const results = computed.metrics.filter((metric) => metric.name === name && metric.recomputed);
    if (results.length === 0) return;
    const differing = results.map((result) => {
      if (n !== undefined && n !== result.n) return 'n';
      if (value !== undefined && !isValue(value, result.value)) return 'value';
      if (lower !== undefined && !isBeyond(lower, result.lower, -1n)) return 'lower';
      if (upper !== undefined && !isBeyond(upper, result.upper, 1n)) return 'upper';
      return undefined;
    });
    const [first] = differing;
    if (first !== undefined && !differing.includes(undefined)) {
      refuse(`/metrics/${index}/${first}`, `the numbers bear another ${first} of ${name}`);
    }
  });
}

function refuse(pointer: string, message: string): never {
  throw new ProofwardError('CLAIM_NOT_BORNE', message, { pointer });
}

/** Whether the claimed value is the computed one to within one unit of the last digit that is given of both. */
function isValue(claimed: string, computed: string | undefined): boolean {
  if (computed === undefined) return false;
  return isBeyond(claimed, computed, 1n) && isBeyond(claimed, computed, -1n);
}

/** Whether a claimed bound is the computed one, to the digits that are given of both, or lies further out. */
function isBeyond(claimed: string, computed: string | undefined, side: 1n | -1n): boolean {
  if (computed === undefined) return false;
  const [, digits = ''] = claimed.split('.');
  const unit = fraction(side, 10n ** BigInt(Math.min(digits.length, places)));
  const order = compareFractions(add(parseDecimal(claimed), unit), parseDecimal(computed));
  return side === 1n ? order >= 0 : order <= 0;
}

function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den + b.num * a.den, a.den * b.den);
}
