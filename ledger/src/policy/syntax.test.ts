import { describe, expect, test } from '@jest/globals';
import { hex } from '../encoding/digest.js';
import { parsePolicy, PolicySyntaxError } from './syntax.js';

describe('the policy language', () => {
  test('gives the bytes that a Fabric network was given', () => {
    const policy = parsePolicy("OutOf(2, 'P.peer', OutOf(1, 'A1.peer', 'A2.peer', 'R.peer'))");
    expect(hex(policy.serializeBinary())).toBe(
      '121a12180802120208001210120e08011202080112020802120208031a0712050a015010031a0812060a02413110031a0812060a02413210031a0712050a01521003',
    );
  });

  test('AND is all of them and OR is one, in any case and with either quotes', () => {
    const bytes = (text: string): string => hex(parsePolicy(text).serializeBinary());
    expect(bytes(`and("A.member", 'B.admin')`)).toBe(bytes("OutOf(2,'A.member','B.admin')"));
    expect(bytes("OR('A.member','B.admin')")).toBe(bytes("outof(1,'A.member','B.admin')"));
  });

  test.each([
    '',
    'A.member',
    "AND('A.member'",
    "AND('A.boss')",
    "XOR('A.member')",
    "OutOf('A.member')",
    "OR('A.member') x",
    "OutOf(4,'A.member')",
  ])('refuses %p', (text) => {
    expect(() => parsePolicy(text)).toThrow(PolicySyntaxError);
  });
});
