import { describe, expect, it } from '@jest/globals';
import { recordTypes } from './id.js';
import { initialState, mayTransition, statesOf } from './states.js';

/** Written by hand: every change of state that an author may make. */
const allowed = [
  'dataset registered superseded',
  'dataset registered flagged',
  'dataset registered withdrawn',
  'dataset superseded flagged',
  'dataset superseded withdrawn',
  'dataset flagged registered',
  'dataset flagged superseded',
  'dataset flagged withdrawn',
  'model registered superseded',
  'model registered deprecated',
  'model registered revoked',
  'model superseded deprecated',
  'model superseded revoked',
  'model deprecated revoked',
  'grant active revoked',
  'plan active superseded',
  'plan active revoked',
  'plan superseded revoked',
  'attestation active superseded',
  'attestation active revoked',
  'attestation superseded revoked',
  'response active superseded',
  'response active revoked',
  'response superseded revoked',
  'incident open reported',
  'incident open resolved',
  'incident reported resolved',
  'incident resolved closed',
  'dispute-statement active revoked',
  'dispute open answered',
  'dispute open withdrawn',
  'dispute open upheld',
  'dispute open dismissed',
  'dispute answered withdrawn',
  'dispute answered upheld',
  'dispute answered dismissed',
  'disclosure-request open answered',
  'disclosure-request open answered-late',
  'disclosure-request open overdue',
  'disclosure-request open withdrawn',
  'disclosure-request overdue answered-late',
  'disclosure-request overdue withdrawn',
  'sign-off active revoked',
  'waiver proposed active',
  'waiver proposed revoked',
  'waiver active revoked',
  'release-decision decided withdrawn',
  'deployment running ended',
  'proposal open carried',
  'proposal open rejected',
  'proposal open withdrawn',
  'role active suspended',
  'role suspended active',
];

describe('states', () => {
  it('change as the list says, and in no other way', () => {
    const found = recordTypes.flatMap((type) =>
      statesOf(type).flatMap((from) =>
        statesOf(type)
          .filter((to) => mayTransition(type, from, to))
          .map((to) => `${type} ${from} ${to}`),
      ),
    );
    expect(found.sort()).toEqual([...allowed].sort());
  });

  it('begin in the first one', () => {
    expect(Object.fromEntries(recordTypes.map((type) => [type, initialState(type)]))).toEqual({
      dataset: 'registered',
      grant: 'active',
      model: 'registered',
      plan: 'active',
      attestation: 'active',
      policy: 'active',
      response: 'active',
      incident: 'open',
      dispute: 'open',
      'dispute-statement': 'active',
      amendment: 'recorded',
      'disclosure-request': 'open',
      disclosure: 'shown',
      'sign-off': 'active',
      waiver: 'proposed',
      'release-decision': 'decided',
      deployment: 'running',
      batch: 'recorded',
      proposal: 'open',
      vote: 'cast',
      setting: 'agreed',
      role: 'active',
    });
  });

  it.each(recordTypes)('of a %s never change to themselves or to what is none', (type) => {
    for (const from of [...statesOf(type), 'none', '']) {
      for (const to of [from, 'disputed', 'approved', 'constructor', ''])
        expect(mayTransition(type, from, to)).toBe(false);
    }
  });

  it('that are final have no way out', () => {
    for (const [type, state] of [
      ['dataset', 'withdrawn'],
      ['model', 'revoked'],
      ['attestation', 'revoked'],
    ] as const) {
      for (const to of statesOf(type)) expect(mayTransition(type, state, to)).toBe(false);
    }
  });
});
