import { expect, test } from '@jest/globals';
import { VerifiedSignatures } from './verified-signatures.js';

const bytes = (text: string): Buffer => Buffer.from(text);

test('what held is remembered for exactly that certificate, message and signature', () => {
  VerifiedSignatures.add(VerifiedSignatures.digest('Org1MSP:aa', bytes('message'), bytes('signature')));
  const knows = (certificate: string, message: string, signature: string): boolean =>
    VerifiedSignatures.has(VerifiedSignatures.digest(certificate, bytes(message), bytes(signature)));
  expect(knows('Org1MSP:aa', 'message', 'signature')).toBe(true);
  expect(knows('Org2MSP:aa', 'message', 'signature')).toBe(false);
  expect(knows('Org1MSP:aa', 'essage', 'signaturem')).toBe(false);
  expect(knows('Org1MSP:aas', 'message', 'ignature')).toBe(false);
  expect(knows('Org1MSP:aa', 'message', 'signaturf')).toBe(false);
});

test('it forgets, so that nobody can fill the memory', () => {
  const first = VerifiedSignatures.digest('first', bytes(''), bytes(''));
  VerifiedSignatures.add(first);
  for (let i = 0; i < 10_000; i++) VerifiedSignatures.add(VerifiedSignatures.digest(String(i), bytes(''), bytes('')));
  expect(VerifiedSignatures.has(first)).toBe(false);
});
