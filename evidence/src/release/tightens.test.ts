import { describe, expect, it } from '@jest/globals';
import type { AttestationRequirement, Requirement } from './requirements.js';
import { loosenings } from './tightens.js';

const ratio = { metric: 'demographic_parity_ratio', gate: 'point' as const, threshold: '0.8' };
const difference = { metric: 'equal_opportunity_difference', gate: 'point' as const, threshold: '0.1' };
const fair: AttestationRequirement = {
  name: 'fair',
  requires: 'attestation',
  kind: 'fairness',
  criteria: [ratio, difference],
  minimumGroupSize: 30,
  maximalAge: 'P365D',
  attesters: 1,
};
const qa: Requirement = { name: 'qa', requires: 'sign-off', role: 'qa' };
const isLoosened = (before: Requirement, after: Requirement | undefined) =>
  loosenings([before], after === undefined ? [] : [after]).length > 0;

describe('a policy that follows another', () => {
  it.each<[string, Requirement]>([
    ['the same', fair],
    ['another one beside it', { ...fair, criteria: [...(fair.criteria ?? []), { ...ratio, by: ['sex'] }] }],
    ['a higher threshold of what must be high', { ...fair, criteria: [{ ...ratio, threshold: '0.9' }, difference] }],
    ['a lower threshold of what must be low', { ...fair, criteria: [ratio, { ...difference, threshold: '0.05' }] }],
    ['the same number written otherwise', { ...fair, criteria: [{ ...ratio, threshold: '0.80' }, difference] }],
    ['the bound', { ...fair, criteria: [{ ...ratio, gate: 'bound95' }, difference] }],
    ['a younger one', { ...fair, maximalAge: 'P364D' }],
    ['more organisations', { ...fair, attesters: 2 }],
    ['larger groups', { ...fair, minimumGroupSize: 31 }],
  ])('may ask for %s', (_, after) => {
    expect(loosenings([fair], [after, qa])).toEqual([]);
  });

  it('may take back what it let pass', () => {
    const lenient: Requirement = { ...fair, waivable: true, inconclusive: 'accept' };
    expect(loosenings([lenient], [fair])).toEqual([]);
    expect(loosenings([lenient], [lenient])).toEqual([]);
    expect(loosenings([{ ...qa, waivable: true }], [qa])).toEqual([]);
  });

  it.each<[string, Requirement | undefined]>([
    ['leave a requirement out', undefined],
    ['rename it', { ...fair, name: 'fairer' }],
    ['make it waivable', { ...fair, waivable: true }],
    ['ask for a sign-off instead', { ...qa, name: 'fair' }],
    ['ask for another kind', { ...fair, kind: 'safety' }],
    ['leave a criterion out', { ...fair, criteria: [ratio] }],
    ['leave all criteria out', { ...fair, criteria: undefined }],
    ['ask for it by other groups', { ...fair, criteria: [{ ...ratio, by: ['age'] }, difference] }],
    ['lower the threshold of what must be high', { ...fair, criteria: [{ ...ratio, threshold: '0.79' }, difference] }],
    ['raise the threshold of what must be low', { ...fair, criteria: [ratio, { ...difference, threshold: '0.2' }] }],
    ['take older ones', { ...fair, maximalAge: 'P366D' }],
    ['take any age', { ...fair, maximalAge: undefined }],
    ['take inconclusive ones', { ...fair, inconclusive: 'accept' }],
    ['take smaller groups', { ...fair, minimumGroupSize: 29 }],
    ['leave the size of groups out', { ...fair, minimumGroupSize: undefined }],
  ])('may not %s', (_, after) => {
    expect(isLoosened(fair, after)).toBe(true);
  });

  it('may not take the point for the bound, fewer organisations, another role, or another side of the threshold', () => {
    expect(isLoosened({ ...fair, attesters: 2 }, fair)).toBe(true);
    expect(isLoosened({ ...fair, attesters: 2 }, { ...fair, attesters: undefined })).toBe(true);
    const bound: Requirement = { ...fair, criteria: [{ ...ratio, gate: 'bound95' }] };
    expect(isLoosened(bound, { ...fair, criteria: [ratio] })).toBe(true);
    expect(isLoosened(qa, { ...qa, role: 'clinical-safety' })).toBe(true);
    expect(isLoosened(qa, { ...qa, waivable: true })).toBe(true);
    const own = (direction: 'at-least' | 'at-most'): Requirement => ({
      ...fair,
      criteria: [{ metric: 'auroc', gate: 'point', threshold: '0.8', direction }],
    });
    expect(isLoosened(own('at-least'), own('at-least'))).toBe(false);
    expect(isLoosened(own('at-least'), own('at-most'))).toBe(true);
  });

  it('may narrow the bounds of a change, and not widen them', () => {
    const within = (...relations: ('fine-tuned' | 'quantised')[]): Requirement => ({ ...qa, within: { relations } });
    expect(isLoosened(qa, within('fine-tuned'))).toBe(true);
    expect(isLoosened(within('fine-tuned'), within('fine-tuned', 'quantised'))).toBe(true);
    expect(isLoosened(within('fine-tuned', 'quantised'), within('fine-tuned'))).toBe(false);
    expect(isLoosened(within('fine-tuned'), qa)).toBe(false);
  });

  it('says what it asks for less of', () => {
    expect(loosenings([fair, qa], [{ ...fair, maximalAge: 'P400D', attesters: 1 }])).toEqual([
      'fair: takes older ones',
      'qa is gone',
    ]);
  });
});
