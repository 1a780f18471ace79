import { describe, expect, it } from '@jest/globals';
import { hasPrivatePart, privateRecordSchema, privateSchemas, privateValues } from './private.js';
import { recordTypes } from './id.js';
import { rolePublic, roleId } from './role.js';
import { formatId } from './id.js';
import { consortiumSchema } from '../consortium.js';
import { readFileSync } from 'node:fs';

const vector = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));

describe('private records', () => {
  it('exist for all types but policies, batches and roles', () => {
    expect(recordTypes.filter((type) => !hasPrivatePart(type))).toEqual([
      'policy',
      'batch',
      'proposal',
      'vote',
      'setting',
      'role',
    ]);
  });

  it.each(Object.keys(privateSchemas))('of a %s are read as they were written', (type) => {
    const { record, values } = (vector(type) as { private: { record: unknown; values: unknown } }).private;
    expect(privateValues(privateRecordSchema.parse(record))).toEqual(values);
  });

  it('have salted fields with plain names, and nothing else', () => {
    const record = {
      schema: 1,
      type: 'dataset',
      id: 'dataset:a/b@1',
      revision: 1,
      fields: { licence: { salt: 'ab'.repeat(32), value: 'MIT' } },
    };
    expect(privateRecordSchema.safeParse(record).success).toBe(true);
    for (const wrong of [
      { ...record, schema: 2 },
      { ...record, type: 'role' },
      { ...record, id: 'role:a/membership@1' },
      { ...record, revision: 0 },
      { ...record, extra: 1 },
      { ...record, fields: { licence: { value: 'MIT' } } },
      { ...record, fields: { licence: { salt: 'ab', value: 'MIT' } } },
      { ...record, fields: { 'a b': { salt: 'ab'.repeat(32), value: 'MIT' } } },
      { ...record, fields: { licence: { salt: 'ab'.repeat(32), value: 'MIT', extra: 1 } } },
    ]) {
      expect(privateRecordSchema.safeParse(wrong).success).toBe(false);
    }
  });
});

describe('role records', () => {
  it('say for each epoch who the other members are, in the order of preference', () => {
    const consortium = consortiumSchema.parse((vector('consortium') as { consortium: unknown }).consortium);
    const [, hungarian, auditor] = consortium.organizations;
    if (hungarian === undefined || auditor === undefined) throw new Error('not the consortium of the vectors');
    expect(rolePublic(consortium, hungarian)).toEqual({
      mspId: 'HungarianMSP',
      role: 'provider',
      epochs: [
        ['AuditorBMSP', 'RegulatorMSP'],
        ['AuditorAMSP', 'AuditorBMSP', 'RegulatorMSP'],
      ],
    });
    expect(rolePublic(consortium, auditor).epochs).toEqual([]);
    expect(formatId(roleId('hungarian'))).toBe('role:hungarian/membership@1');
  });
});
