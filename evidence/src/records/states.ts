import type { RecordType } from './id.js';

/**
 * The states of each record type and where a record may go from each. One table: contracts, gateway, OpenAPI and
 * docs/records.md are made from it. The first state is the one a record is created in.
 *
 * A policy is superseded by the one that replaces it, in the same transaction, so nobody is ever without one.
 *
 * A deployment is `stopped` and `rolled-back` by a key of its own beside the header, which the site alone may write.
 *
 * That an attestation is disputed is no state of it: the dispute stands beside it.
 */
export const stateTable = {
  dataset: {
    registered: ['superseded', 'flagged', 'withdrawn'],
    superseded: ['flagged', 'withdrawn'],
    flagged: ['registered', 'superseded', 'withdrawn'],
    withdrawn: [],
  },
  model: {
    registered: ['superseded', 'deprecated', 'revoked'],
    superseded: ['deprecated', 'revoked'],
    deprecated: ['revoked'],
    revoked: [],
  },
  grant: {
    active: ['revoked'],
    revoked: [],
  },
  plan: {
    active: ['superseded', 'revoked'],
    superseded: ['revoked'],
    revoked: [],
  },
  attestation: {
    active: ['superseded', 'revoked'],
    superseded: ['revoked'],
    revoked: [],
  },
  policy: {
    active: [],
    superseded: [],
  },
  response: {
    active: ['superseded', 'revoked'],
    superseded: ['revoked'],
    revoked: [],
  },
  // A report is not taken back, and neither is an end: what comes up again is another incident.
  incident: {
    open: ['reported', 'resolved'],
    reported: ['resolved'],
    resolved: ['closed'],
    closed: [],
  },
  // The attestation's author answers, the opener withdraws, organisations that are no party uphold or dismiss.
  dispute: {
    open: ['answered', 'withdrawn', 'upheld', 'dismissed'],
    answered: ['withdrawn', 'upheld', 'dismissed'],
    withdrawn: [],
    upheld: [],
    dismissed: [],
  },
  'dispute-statement': {
    active: ['revoked'],
    revoked: [],
  },
  // What is wrong in an amendment is corrected by the next one.
  amendment: {
    recorded: [],
  },
  // The addressee's disclosure answers it, in time or late. That it is overdue follows from the time, and can be recorded.
  'disclosure-request': {
    open: ['answered', 'answered-late', 'overdue', 'withdrawn'],
    overdue: ['answered-late', 'withdrawn'],
    answered: [],
    'answered-late': [],
    withdrawn: [],
  },
  // What was shown cannot be taken back.
  disclosure: {
    shown: [],
  },
  'sign-off': {
    active: ['revoked'],
    revoked: [],
  },
  // A waiver is proposed by one person and made active by another.
  waiver: {
    proposed: ['active', 'revoked'],
    active: ['revoked'],
    revoked: [],
  },
  'release-decision': {
    decided: ['withdrawn'],
    withdrawn: [],
  },
  deployment: {
    running: ['ended'],
    ended: [],
    stopped: [],
    'rolled-back': [],
  },
  // What a batch says is never taken back.
  batch: {
    recorded: [],
  },
  // Carried and rejected follow from the votes; a vote is not taken back.
  proposal: {
    open: ['carried', 'rejected', 'withdrawn'],
    carried: [],
    rejected: [],
    withdrawn: [],
  },
  vote: {
    cast: [],
  },
  // A proposal that is carried writes its next revision.
  setting: {
    agreed: [],
  },
  role: {
    active: ['suspended'],
    suspended: ['active'],
  },
} as const satisfies Record<RecordType, Record<string, readonly string[]>>;

export function statesOf(type: RecordType): [string, ...string[]] {
  return Object.keys(stateTable[type]) as [string, ...string[]];
}

export function initialState(type: RecordType): string {
  return statesOf(type)[0];
}

export function mayTransition(type: RecordType, from: string, to: string): boolean {
  const targets = (stateTable[type] as Record<string, readonly string[]>)[from];
  return targets?.includes(to) ?? false;
}
