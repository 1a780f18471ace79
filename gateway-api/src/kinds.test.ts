import { describe, expect, it } from '@jest/globals';
import { consortiumSchema, headerSchema } from '@proofward/evidence';
import { markHome } from './kinds.js';

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
