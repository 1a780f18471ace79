import { msp } from '@hyperledger/fabric-protos';
import { describe, expect, test } from '@jest/globals';
import { mergedSets } from './merged-sets.js';
import { type PrincipalSet, satisfyingSets } from './satisfying-sets.js';
import { parsePolicy } from './syntax.js';

const ROLES = ['member', 'admin', 'client', 'peer', 'orderer'];

function setsOf(policy: string): PrincipalSet[] {
  return satisfyingSets(parsePolicy(policy)) ?? [];
}

function shown(sets: readonly PrincipalSet[]): string[] {
  return sets.map((set) =>
    set
      .map(({ message }) => {
        const role = msp.MSPRole.deserializeBinary(message.getPrincipal_asU8());
        return `${role.getMspIdentifier()}.${ROLES[role.getRole()] ?? ''}`;
      })
      .join(' '),
  );
}

describe('the sets that satisfy a policy', () => {
  test('are told with repetitions, in the order of the rules', () => {
    expect(shown(setsOf("OutOf(2,'A.peer','B.member',AND('C.peer','A.peer'))"))).toEqual([
      'A.peer B.member',
      'A.peer C.peer A.peer',
      'B.member C.peer A.peer',
    ]);
  });

  test('do not exist for a gate that asks for more than it has, or for nothing', () => {
    expect(setsOf("OutOf(3,'A.peer','B.peer')")).toEqual([]);
    expect(setsOf("OutOf(0,'A.peer')")).toEqual([]);
  });

  test('are bounded for a wide gate', () => {
    const many = Array.from({ length: 40 }, (_, i) => `'M${i}.peer'`).join(',');
    const { length } = setsOf(`OutOf(20,${many})`);
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThanOrEqual(10_000);
  });
});

describe('the sets that satisfy two policies', () => {
  test('are as small as can be, and a peer stands for a member', () => {
    expect(shown(mergedSets(setsOf("OR('A.member','B.member')"), setsOf("OR('A.peer','C.peer')")))).toEqual([
      'A.peer',
      'C.peer B.member',
    ]);
  });

  test('take two signers where both policies ask for one that cannot be the same', () => {
    expect(shown(mergedSets(setsOf("AND('A.peer','A.peer')"), setsOf("AND('A.peer','B.peer')")))).toEqual([
      'A.peer B.peer A.peer',
    ]);
  });

  test('lose one that would do to another that names a principal twice, as in Fabric', () => {
    const first = setsOf("OutOf(2,'A.peer','B.member',AND('C.peer','A.peer'))");
    expect(shown(mergedSets(first, setsOf("AND('C.peer','A.peer')")))).toEqual(['C.peer A.peer A.peer']);
  });
});
