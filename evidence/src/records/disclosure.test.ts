import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { consortiumSchema } from '../consortium.js';
import { counterpartOf, disclosureRequestPrivateSchema, othersOf, requestStatusAt, unanswered } from './disclosure.js';
import { mayTransition, statesOf } from './states.js';

const vector = JSON.parse(readFileSync(new URL('../../vectors/consortium.json', import.meta.url), 'utf8')) as {
  consortium: unknown;
};
const consortium = consortiumSchema.parse(vector.consortium);

describe('a disclosure request', () => {
  it('is overdue from its deadline on, if nobody has answered or withdrawn it', () => {
    const deadline = '2026-03-26T00:00:00.000Z';
    const at = (status: string, moment: string) => requestStatusAt({ status, deadline }, moment);
    expect(at('open', '2026-03-25T23:59:59.999Z')).toBe('open');
    expect(at('open', deadline)).toBe('overdue');
    for (const status of ['answered', 'answered-late', 'withdrawn', 'overdue'])
      expect(at(status, '2027-01-01T00:00:00.000Z')).toBe(status);
  });

  it('waits for an answer in the states that can become answered', () => {
    const states = statesOf('disclosure-request');
    const waiting = states.filter((from) => mayTransition('disclosure-request', from, 'answered-late'));
    expect(waiting).toEqual([...unanswered]);
  });

  it('asks for a field once, and by a name that a field can have', () => {
    const asked = { record: 'model:a/b@1', fields: ['licence'], legalBasis: 'Article 74(12)' };
    expect(disclosureRequestPrivateSchema.safeParse(asked).success).toBe(true);
    for (const wrong of [{ fields: [] }, { fields: ['licence', 'licence'] }, { fields: ['a b'] }, { legalBasis: '' }])
      expect(disclosureRequestPrivateSchema.safeParse({ ...asked, ...wrong }).success).toBe(false);
  });
});

describe('who else holds it', () => {
  it('is the recipient, or the addressee where it was served over the ledger', () => {
    expect(counterpartOf({ recipient: 'regulator' })).toBe('regulator');
    expect(counterpartOf({ addressee: 'cleveland', served: 'ledger' })).toBe('cleveland');
    expect(counterpartOf({ addressee: 'cleveland', served: 'otherwise' })).toBeUndefined();
    expect(counterpartOf({ subject: 'model:a/b@1' })).toBeUndefined();
  });
});

describe('the others', () => {
  it('are all active organisations, auditors first and regulators last', () => {
    expect(othersOf(consortium, 'AuditorAMSP')).toEqual([
      'AuditorBMSP',
      'ClevelandMSP',
      'HungarianMSP',
      'RegulatorMSP',
    ]);
    const [first, ...rest] = consortium.organizations;
    if (first === undefined) throw new Error('nobody');
    const suspended = { ...consortium, organizations: [{ ...first, status: 'suspended' as const }, ...rest] };
    expect(othersOf(suspended, 'AuditorAMSP')).not.toContain('ClevelandMSP');
  });
});
