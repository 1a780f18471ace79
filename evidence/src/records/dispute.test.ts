import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256, utf8ToBytes } from '../bytes.js';
import { consortiumSchema } from '../consortium.js';
import { disputeName, effectOfDispute, isDisputeOutcome, panelOf, rulingBytes, rulingKey } from './dispute.js';

const members = { auditors: ['a', 'b'], regulators: ['r'] };
const consortium = consortiumSchema.parse({
  channel: 'c',
  organizations: [
    { slug: 'p', mspId: 'PMSP', role: 'provider', epochs: [members] },
    { slug: 'q', mspId: 'QMSP', role: 'provider', epochs: [members] },
    { slug: 's', mspId: 'SMSP', role: 'provider', status: 'suspended', epochs: [members] },
    { slug: 'a', mspId: 'AMSP', role: 'auditor' },
    { slug: 'b', mspId: 'BMSP', role: 'auditor' },
    { slug: 'r', mspId: 'RMSP', role: 'regulator' },
  ],
});

describe('a dispute', () => {
  it('is decided by the active organisations that are no party', () => {
    const parties = { author: 'AMSP', provider: 'PMSP', opener: 'QMSP' };
    expect(panelOf(consortium, parties)).toEqual(['BMSP', 'RMSP']);
    expect(panelOf(consortium, { ...parties, opener: 'PMSP' })).toEqual(['QMSP', 'BMSP', 'RMSP']);
  });

  it('has the name that its attestation gives it, and rulings under keys that it gives', () => {
    const digest = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));
    expect(disputeName('attestation:a/b@1')).toBe(digest('["proofward/dispute/v1","attestation:a/b@1"]').slice(0, 32));
    expect(rulingKey('dispute:a/b@1')).toBe(digest('["proofward/ruling-key/v1","dispute:a/b@1"]'));
    expect(new TextDecoder().decode(rulingBytes('c', 'dispute:a/b@1', 'upheld'))).toBe(
      '["proofward/ruling/v1","c","dispute:a/b@1","upheld"]',
    );
  });

  it.each([
    ['open', 'open', undefined],
    ['answered', 'open', undefined],
    ['withdrawn', undefined, undefined],
    ['dismissed', undefined, undefined],
    ['upheld', 'upheld', 'upheld'],
  ])('that is %s does to its attestation %s before its deadline, and %s from then on', (status, before, after) => {
    const deadline = '2026-02-01T00:00:00.000Z';
    expect(effectOfDispute({ status, deadline }, '2026-01-31T23:59:59.999Z')).toBe(before);
    expect(effectOfDispute({ status, deadline }, deadline)).toBe(after);
  });

  it('is upheld or dismissed, and nothing else', () => {
    expect(['upheld', 'dismissed', 'open', 'withdrawn', 'answered', ''].filter(isDisputeOutcome)).toEqual([
      'upheld',
      'dismissed',
    ]);
  });
});
