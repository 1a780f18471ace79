import { describe, expect, it } from '@jest/globals';
import { amendmentId, consortiumSchema, type HeaderOf, headerSchema, parseId } from '@proofward/evidence';
import { collectionOf, endorsersOf, kinds, markHome } from './kinds.js';

const consortium = consortiumSchema.parse({
  channel: 'proofward',
  organizations: [
    { slug: 'p', mspId: 'PMSP', role: 'provider', epochs: [{ auditors: ['a', 'b'], regulators: ['r'] }] },
    { slug: 'q', mspId: 'QMSP', role: 'provider', epochs: [{ auditors: ['b', 'c'], regulators: [] }] },
    { slug: 'a', mspId: 'AMSP', role: 'auditor' },
    { slug: 'b', mspId: 'BMSP', role: 'auditor' },
    { slug: 'c', mspId: 'CMSP', role: 'auditor' },
    { slug: 'r', mspId: 'RMSP', role: 'regulator' },
  ],
});

function attestation(org: string, author: string, more: object = {}) {
  const time = '2026-01-01T00:00:00.000Z';
  return headerSchema.parse({
    type: 'attestation',
    id: `attestation:${org}/${'0'.repeat(32)}@1`,
    schema: 1,
    author,
    createdTx: '1'.repeat(64),
    status: 'active',
    revision: 1,
    recordedAt: time,
    effectiveAt: time,
    commitment: '2'.repeat(64),
    privateRevision: 1,
    epoch: 1,
    subject: 'model:p/m@1',
    kind: 'fairness',
    ...more,
  });
}

describe('where the mark of an incident must lie', () => {
  const incident = (org: string, author: string, more: object = {}) => {
    const { subject, kind, ...header } = attestation(org, author) as HeaderOf<'attestation'>;
    expect(kind).toBe('fairness');
    const id = `incident:${org}/${'0'.repeat(32)}@1`;
    return headerSchema.parse({
      ...header,
      type: 'incident',
      id,
      status: 'open',
      subjects: [subject],
      severity: 'minor',
      ...more,
    });
  };
  const confidential = { confidential: true };

  it('is the provider’s operations, or where it keeps it to itself, its implicit collection', () => {
    expect(markHome(consortium, incident('p', 'PMSP'))).toBe('operations-p');
    expect(markHome(consortium, incident('p', 'PMSP', confidential))).toBe('_implicit_org_PMSP');
    expect(markHome(consortium, incident('p', 'PMSP', { ...confidential, epoch: 2 }))).toBeUndefined();
  });

  it('is the implicit collection of another member in both cases, who alone then reads it', () => {
    for (const more of [{}, confidential])
      expect(markHome(consortium, incident('r', 'RMSP', more))).toBe('_implicit_org_RMSP');
    const readers = (more: object) => collectionOf(consortium, incident('r', 'RMSP', more) as HeaderOf<'incident'>);
    expect(readers({})).toEqual({ collection: 'audits-p', members: ['PMSP', 'AMSP', 'BMSP', 'RMSP'] });
    expect(readers(confidential)).toEqual({ collection: '_implicit_org_RMSP', members: ['RMSP'] });
    expect(markHome(consortium, incident('c', 'CMSP', confidential))).toBeUndefined();
  });
});

describe('where the mark of an attestation must lie', () => {
  it('is the implicit collection of an auditor among the members', () => {
    expect(markHome(consortium, attestation('a', 'AMSP'))).toBe('_implicit_org_AMSP');
  });

  it.each([
    ['the subject’s owner', attestation('p', 'PMSP')],
    ['an auditor who is no member', attestation('c', 'CMSP')],
    ['a regulator', attestation('r', 'RMSP')],
    ['another than the id says', attestation('a', 'BMSP')],
    ['a member, in an epoch that never was', attestation('a', 'AMSP', { epoch: 2 })],
  ])('is nowhere for %s', (_, header) => {
    expect(markHome(consortium, header)).toBeUndefined();
  });
});

const audit = `attestation:a/${'0'.repeat(32)}@1`;

function amendment(record: string, field: string, author: string, more: object = {}) {
  const time = '2026-01-01T00:00:00.000Z';
  return headerSchema.parse({
    type: 'amendment',
    id: amendmentId(record, field, 1),
    schema: 1,
    author,
    createdTx: '1'.repeat(64),
    status: 'recorded',
    revision: 1,
    recordedAt: time,
    effectiveAt: time,
    commitment: '2'.repeat(64),
    privateRevision: 1,
    epoch: 1,
    record,
    field,
    reasonCode: 'typo',
    ...more,
  }) as HeaderOf<'amendment'>;
}

describe('an amendment lies where the record does', () => {
  it.each([
    ['dataset:p/d@1', 'licence', 'PMSP', {}, 'datasets-p', 'datasets-p'],
    ['model:p/m@1', 'trainingRunId', 'PMSP', {}, 'models-p', 'models-p'],
    ['deployment:p/d@1', 'hardware', 'PMSP', {}, 'operations-p', 'operations-p'],
    [audit, 'evaluator', 'AMSP', { subject: 'model:p/m@1' }, 'audits-p', '_implicit_org_AMSP'],
    ['incident:p/i@1', 'authority', 'PMSP', {}, 'operations-p', 'operations-p'],
    ['incident:r/i@1', 'authority', 'RMSP', { subject: 'model:p/m@1' }, 'audits-p', '_implicit_org_RMSP'],
  ])('%s', (record, field, author, more, collection, mark) => {
    const header = amendment(record, field, author, more);
    expect(collectionOf(consortium, header)).toEqual({ collection, members: ['PMSP', 'AMSP', 'BMSP', 'RMSP'] });
    expect(markHome(consortium, header)).toBe(mark);
    // As the record's: the author, and one other member, who is not the subject's owner.
    const sets = endorsersOf(consortium, kinds.amendment, header.id, header, 1);
    const of = endorsersOf(
      consortium,
      kinds[parseId(record).type as 'dataset'],
      record,
      { ...header, subject: 'model:p/m@1' },
      1,
    );
    expect(sets).toEqual(of);
    expect(sets.every(([first]) => first === author)).toBe(true);
  });

  it.each([
    ['of another’s record', amendment('dataset:q/d@1', 'licence', 'PMSP')],
    ['in another’s name', amendment('dataset:p/d@1', 'licence', 'QMSP')],
    ['of a field that is not amended', amendment('dataset:p/d@1', 'files', 'PMSP')],
    ['of a record that is not amended', amendment('plan:a/p@1', 'evaluator', 'AMSP', { subject: 'model:p/m@1' })],
    ['under the name of another field', amendment('dataset:p/d@1', 'licence', 'PMSP', { field: 'retention' })],
    ['of an audit of whom it does not say', amendment(audit, 'evaluator', 'AMSP')],
    ['of an audit on what is no member’s', amendment(audit, 'evaluator', 'AMSP', { subject: 'model:q/m@1' })],
    ['by the subject’s owner', amendment(audit.replace(':a/', ':p/'), 'evaluator', 'PMSP', { subject: 'model:p/m@1' })],
  ])('and has no mark anywhere: one %s', (_, header) => {
    expect(markHome(consortium, header)).toBeUndefined();
  });
});

describe('where the mark of a setting must lie', () => {
  const setting = (id: string) => {
    const { subject, kind, commitment, privateRevision, ...header } = attestation(
      'a',
      'AMSP',
    ) as HeaderOf<'attestation'>;
    expect([subject, kind, commitment, privateRevision]).not.toContain(undefined);
    const value = { of: 'reviewers', reviewers: [{ role: 'qa', certificates: ['qa'] }] };
    const proposal = `proposal:a/${'0'.repeat(32)}@1`;
    return headerSchema.parse({ ...header, type: 'setting', id, status: 'agreed', value, proposal });
  };

  it('is the collection of all, for what belongs to all', () => {
    expect(markHome(consortium, setting('setting:consortium/reviewers@1'))).toBe('consortium');
    expect(markHome(consortium, setting('setting:a/reviewers@1'))).toBeUndefined();
  });
});

describe('who endorses a dispute', () => {
  const kind = kinds.dispute;
  const id = `dispute:q/${'0'.repeat(32)}@1`;
  const fields = { record: audit, subject: 'model:p/m@1' };
  const suspended = (...slugs: string[]) => ({
    ...consortium,
    organizations: consortium.organizations.map((one) =>
      slugs.includes(one.slug) ? { ...one, status: 'suspended' as const } : one,
    ),
  });

  it('is its opener with one that is no party, who is suspended last', () => {
    expect(endorsersOf(consortium, kind, id, fields).map(([, other]) => other)).toEqual(['BMSP', 'CMSP', 'RMSP']);
    const now = suspended('b');
    expect(endorsersOf(now, kind, id, fields).map(([, other]) => other)).toEqual(['CMSP', 'RMSP', 'BMSP']);
    // Of the members too, where the opener is one.
    const ofMember = endorsersOf(now, kind, id.replace(':q/', ':p/'), fields);
    expect(ofMember).toEqual([
      ['PMSP', 'RMSP'],
      ['PMSP', 'BMSP'],
    ]);
  });

  it('is, for a ruling, who rules with another of the panel, of whom those that are active come first', () => {
    expect(endorsersOf(suspended('c'), kind, id, fields, 1, 'BMSP')).toEqual([
      ['BMSP', 'RMSP'],
      ['BMSP', 'CMSP'],
    ]);
  });
});
