import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256, utf8ToBytes } from '../bytes.js';
import { canonicalJson } from '../canonical.js';
import type { PrivateRecord } from '../records/private.js';
import { hasRegistrant, registrantBytes, registrantKey, registrantOf, registrantSchema } from './registrant.js';
import { recordTypes } from '../records/id.js';

const digestOf = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));
const record: PrivateRecord = {
  schema: 1,
  type: 'waiver',
  id: 'waiver:a/b@1',
  revision: 1,
  fields: { reason: { salt: 'ab'.repeat(32), value: 'x' } },
};

describe('who made a record', () => {
  it('is kept for what another person has to speak on', () => {
    expect(recordTypes.filter(hasRegistrant)).toEqual(['model', 'sign-off', 'waiver']);
  });

  it('lies under a key made of the commitment, with a salt made of the private record', () => {
    expect(registrantKey('c', 'cd'.repeat(32))).toBe(digestOf(`["proofward/registrant/v1","c","${'cd'.repeat(32)}"]`));
    const salt = digestOf(`["proofward/registrant-salt/v1","c",${canonicalJson(record)}]`);
    expect(registrantOf('c', record, 'e')).toEqual({ schema: 1, id: record.id, enrollmentId: 'e', salt });
    expect(new TextDecoder().decode(registrantBytes(registrantOf('c', record, 'e')))).toBe(
      `{"enrollmentId":"e","id":"waiver:a/b@1","salt":"${salt}","schema":1}`,
    );
  });

  it('cannot be guessed without the salts of the record', () => {
    const other = { ...record, fields: { reason: { salt: 'ac'.repeat(32), value: 'x' } } };
    expect(registrantOf('c', other, 'e').salt).not.toBe(registrantOf('c', record, 'e').salt);
  });

  it('has an enrolment id, and nothing else beside it', () => {
    const registrant = registrantOf('c', record, 'e');
    expect(registrantSchema.safeParse(registrant).success).toBe(true);
    for (const wrong of [
      { ...registrant, enrollmentId: '' },
      { ...registrant, name: 'x' },
      { ...registrant, schema: 2 },
    ])
      expect(registrantSchema.safeParse(wrong).success).toBe(false);
  });
});
