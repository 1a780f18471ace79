import { describe, expect, it } from '@jest/globals';
import policiesPb from '@hyperledger/fabric-protos/lib/common/policies_pb.js';
import principalPb from '@hyperledger/fabric-protos/lib/msp/msp_principal_pb.js';
import { bytesToHex } from '../bytes.js';
import { alone, anyTwo, authorAndOneOther, majorityKeyPolicy } from './key.js';

/** Who satisfies the policy, as a peer evaluates it: each signature counts once. */
function satisfied(bytes: Uint8Array, signers: string[]): boolean {
  const envelope = policiesPb.SignaturePolicyEnvelope.deserializeBinary(bytes);
  const identities = envelope.getIdentitiesList().map((principal) => {
    const role = principalPb.MSPRole.deserializeBinary(principal.getPrincipal_asU8());
    expect(principal.getPrincipalClassification()).toBe(principalPb.MSPPrincipal.Classification.ROLE);
    expect(role.getRole()).toBe(principalPb.MSPRole.MSPRoleType.PEER);
    return role.getMspIdentifier();
  });
  const holds = (rule: policiesPb.SignaturePolicy): boolean => {
    const several = rule.getNOutOf();
    if (several === undefined) return signers.includes(identities[rule.getSignedBy()] ?? '');
    return several.getRulesList().filter(holds).length >= several.getN();
  };
  const rule = envelope.getRule();
  return rule !== undefined && holds(rule);
}

describe('anyTwo', () => {
  it('wants two of them, whoever they are, and no others', () => {
    const policy = anyTwo(['A', 'B', 'C']);
    for (const two of [
      ['A', 'B'],
      ['B', 'C'],
      ['C', 'A', 'X'],
    ])
      expect(satisfied(policy, two)).toBe(true);
    for (const few of [[], ['A'], ['A', 'X'], ['X', 'Y']]) expect(satisfied(policy, few)).toBe(false);
  });

  it('is not made of fewer than two', () => {
    expect(() => anyTwo(['A'])).toThrow('two of fewer');
  });
});

describe('authorAndOneOther', () => {
  it('has these bytes for ever', () => {
    expect(bytesToHex(authorAndOneOther('P', ['A1', 'A2', 'R']))).toBe(
      '121a12180802120208001210120e08011202080112020802120208031a0712050a015010031a0812060a02413110031a0812060a02413210031a0712050a01521003',
    );
    expect(bytesToHex(authorAndOneOther('P', ['A1']))).toBe(
      '121212100802120208001208120608011202' + '08011a0712050a015010031a0812060a0241311003',
    );
  });

  it('wants the author and one of the others, whoever that is', () => {
    const policy = authorAndOneOther('P', ['A', 'B', 'R']);
    for (const other of ['A', 'B', 'R']) expect(satisfied(policy, ['P', other])).toBe(true);
    for (const signers of [[], ['P'], ['P', 'P'], ['A', 'B', 'R'], ['P', 'X']]) {
      expect(satisfied(policy, signers)).toBe(false);
    }
  });

  it('depends on the order, which is therefore fixed by its caller', () => {
    expect(bytesToHex(authorAndOneOther('P', ['A', 'B']))).not.toBe(bytesToHex(authorAndOneOther('P', ['B', 'A'])));
  });

  it('is never made for an author alone or with a name twice', () => {
    expect(() => authorAndOneOther('P', [])).toThrow();
    expect(() => authorAndOneOther('P', ['P', 'A'])).toThrow();
    expect(() => authorAndOneOther('P', ['A', 'A'])).toThrow();
  });
});

describe('alone', () => {
  it('has these bytes: one of one, a peer of A', () => {
    expect(bytesToHex(alone('A'))).toBe('12081206080112020800' + '1a0712050a01411003');
  });
});

describe('majorityKeyPolicy', () => {
  it('has these bytes for ever', () => {
    expect(bytesToHex(majorityKeyPolicy(['A', 'B', 'C']))).toBe(
      '1210120e0802120208001202080112020802' + '1a0712050a014110031a0712050a014210031a0712050a01431003',
    );
  });

  it('wants more than half', () => {
    const policy = majorityKeyPolicy(['A', 'B', 'C', 'D']);
    expect(satisfied(policy, ['A', 'B'])).toBe(false);
    expect(satisfied(policy, ['B', 'C', 'D'])).toBe(true);
    expect(() => majorityKeyPolicy(['A', 'A', 'B'])).toThrow();
  });
});
