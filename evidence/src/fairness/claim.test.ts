import { describe, expect, it } from '@jest/globals';
import { ProofwardError } from '../errors.js';
import { checkFairnessClaim, type FairnessClaim } from './claim.js';
import type { FairnessEvidence } from './evidence.js';
import { recomputeFairness } from './recompute.js';

const evidence: FairnessEvidence = {
  form: 'confusion-counts',
  groups: [
    { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
    { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
  ],
};
const name = 'demographic_parity_ratio';
/** Failed at 0.99, passed at 0.8, and inconclusive for a minimum of more than there are. */
const computed = (threshold: string | undefined) =>
  recomputeFairness(evidence, {
    minimumGroupSize: threshold === undefined ? 10_000 : 30,
    criteria: [{ metric: name, gate: 'bound95', threshold: threshold ?? '0.8' }],
  });
const refusal = (claim: FairnessClaim, threshold: string | undefined = '0.8') => {
  try {
    checkFairnessClaim(claim, computed(threshold));
  } catch (error) {
    if (error instanceof ProofwardError) return [error.code, error.pointer];
  }
  return undefined;
};

describe('a claimed verdict', () => {
  const table = (['fail', 'inconclusive', 'pass'] as const).map((verdict) =>
    ['0.99', undefined, '0.8'].map((threshold) =>
      (() => {
        try {
          checkFairnessClaim({ verdict }, computed(threshold));
          return true;
        } catch {
          return false;
        }
      })(),
    ),
  );

  it('is no better than the computed one', () => {
    // Claimed fail, inconclusive, pass against computed fail, inconclusive, pass.
    expect(table).toEqual([
      [true, true, true],
      [false, true, true],
      [false, false, true],
    ]);
    expect(refusal({ verdict: 'pass' }, '0.99')).toEqual(['CLAIM_NOT_BORNE', '/verdict']);
  });
});

describe('a claimed metric', () => {
  const claim = (members: object): FairnessClaim => ({ verdict: 'pass', metrics: [{ name, ...members }] });

  it.each([
    { value: '0.9586466165' },
    { value: '0.958646616541' },
    { value: '0.96' },
    { value: '0.958646616541353383' },
    { value: '0.9586466165', lower: '0.898747925', n: 5800 },
    { lower: '0.8877', upper: '1.0353' },
    {},
  ])('%j is borne', (members) => {
    expect(refusal(claim(members))).toBeUndefined();
  });

  it.each([
    [{ value: '0.9587466165' }, 'value'],
    [{ value: '0.98' }, 'value'],
    [{ value: '0.9586466175' }, 'value'],
    [{ lower: '0.9' }, undefined],
    [{ lower: '0.91' }, 'lower'],
    [{ lower: '0.8988479250' }, 'lower'],
    [{ upper: '1.01' }, 'upper'],
    [{ n: 5801 }, 'n'],
  ])('%j is answered with %s', (members, member) => {
    const expected = member === undefined ? undefined : ['CLAIM_NOT_BORNE', `/metrics/0/${member}`];
    expect(refusal(claim(members))).toEqual(expected);
  });

  it('that was not recomputed is left alone', () => {
    expect(refusal({ verdict: 'pass', metrics: [{ name: 'calibration_error', value: '9' }] })).toBeUndefined();
  });

  it('may be that of any of its partitions', () => {
    const both = recomputeFairness(evidence, {
      minimumGroupSize: 30,
      criteria: [
        { metric: name, gate: 'point', threshold: '0.8' },
        { metric: name, gate: 'point', threshold: '0.8', reference: { sex: 'female' } },
      ],
    });
    expect(() => {
      checkFairnessClaim(claim({ value: '0.9586' }), both);
    }).not.toThrow();
  });
});
