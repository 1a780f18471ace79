import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256, utf8ToBytes } from '../bytes.js';
import { consortiumSchema, consortiumSlug } from '../consortium.js';
import { type Choice, outcomeOf, voteName } from './vote.js';

const votes = (yes: number, no: number): Choice[] => [
  ...Array.from({ length: yes }, () => 'yes' as const),
  ...Array.from({ length: no }, () => 'no' as const),
];

describe('votes', () => {
  it.each([
    [5, 2, 0, undefined],
    [5, 3, 0, 'carried'],
    [5, 3, 2, 'carried'],
    [5, 2, 2, undefined],
    [5, 2, 3, 'rejected'],
    [5, 0, 3, 'rejected'],
    [4, 2, 0, undefined],
    [4, 3, 0, 'carried'],
    [4, 2, 2, 'rejected'],
    [4, 0, 1, undefined],
    [3, 0, 0, undefined],
  ])('of %p organisations, %p for and %p against: %p', (organizations, yes, no, outcome) => {
    expect(outcomeOf(votes(yes, no), organizations)).toBe(outcome);
  });

  it('have the name that their proposal gives them', () => {
    const digest = bytesToHex(sha256(utf8ToBytes('["proofward/vote/v1","proposal:a/b@1"]')));
    expect(voteName('proposal:a/b@1')).toBe(digest.slice(0, 32));
  });

  it('are on what belongs to all, whose name no organisation has', () => {
    const organizations = [consortiumSlug, 'a', 'b'].map((slug) => ({ slug, mspId: `${slug}MSP`, role: 'auditor' }));
    const { error } = consortiumSchema.safeParse({ channel: 'c', organizations });
    expect(error?.issues.map(({ message }) => message)).toEqual(['consortium is the name of all']);
  });
});
