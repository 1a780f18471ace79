import { compareFractions, parseDecimal } from '../arithmetic/fraction.js';
import { directionOf } from '../fairness/metrics.js';
import { criterionKey } from '../records/criteria.js';
import { type AttestationRequirement, daysOf, type PolicyCriterion, type Requirement } from './requirements.js';

/**
 * In what a policy asks for less than the one before it; empty where it asks for the same or more, which its owner may do
 * alone. Whatever cannot be compared counts as less.
 */
export function loosenings(before: readonly Requirement[], after: readonly Requirement[]): string[] {
  return before.flatMap((old) => {
    const next = after.find(({ name }) => name === old.name);
    return next === undefined ? [`${old.name} is gone`] : weaker(old, next).map((why) => `${old.name}: ${why}`);
  });
}

function weaker(before: Requirement, after: Requirement): string[] {
  const found: string[] = [];
  if (before.waivable !== true && after.waivable === true) found.push('may be waived');
  if (before.requires === 'sign-off') {
    if (after.requires !== 'sign-off' || after.role !== before.role) return [...found, 'asks for something else'];
    const allowed: readonly string[] = before.within?.relations ?? [];
    const isWider = after.within?.relations.some((relation) => !allowed.includes(relation)) === true;
    return isWider ? [...found, 'takes the sign-off of more parents'] : found;
  }
  if (after.requires === 'sign-off') return [...found, 'asks for something else'];
  return [...found, ...weakerAttestation(before, after)];
}

function weakerAttestation(before: AttestationRequirement, after: AttestationRequirement): string[] {
  const found: string[] = [];
  if (before.kind !== after.kind) found.push('asks for something else');
  if (before.maximalAge !== undefined && !(daysAtMost(after.maximalAge) <= daysOf(before.maximalAge)))
    found.push('takes older ones');
  if ((after.attesters ?? 1) < (before.attesters ?? 1)) found.push('needs fewer organisations');
  if (before.inconclusive !== 'accept' && after.inconclusive === 'accept') found.push('takes inconclusive ones');
  if ((after.minimumGroupSize ?? 0) < (before.minimumGroupSize ?? 0)) found.push('takes smaller groups');
  if ((before.criteria === undefined) !== (after.criteria === undefined)) {
    // The auditor's thresholds can be the stricter ones, so a verdict and figures are not compared.
    found.push('is decided by other figures');
    return found;
  }
  for (const criterion of before.criteria ?? []) {
    const next = after.criteria?.find((candidate) => criterionKey(candidate) === criterionKey(criterion));
    if (next === undefined || isWeaker(criterion, next)) found.push(`asks for less of ${criterion.metric}`);
  }
  return found;
}

function daysAtMost(text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : daysOf(text);
}

function isWeaker(before: PolicyCriterion, after: PolicyCriterion): boolean {
  if (before.gate === 'bound95' && after.gate === 'point') return true;
  const direction = directionOf(before.metric) ?? before.direction;
  if (direction !== (directionOf(after.metric) ?? after.direction)) return true;
  const order = compareFractions(parseDecimal(after.threshold), parseDecimal(before.threshold));
  return direction === 'at-least' ? order < 0 : order > 0;
}
