import { describe, expect, it } from '@jest/globals';
import { callerRoles, isCallerRole, privateReaders, writers } from './access.js';
import { recordTypes } from './records/id.js';

/** Written by hand: who of an organisation writes what (columns: dataset, model, attestation, role), and reads. */
const expected = {
  'data-steward': [true, false, false, false, 'reads'],
  'ml-engineer': [false, true, false, false, 'reads'],
  service: [true, true, false, false, 'reads'],
  qa: [false, false, false, false, 'reads'],
  'clinical-safety': [false, false, false, false, 'reads'],
  auditor: [false, false, true, false, 'reads'],
  inspector: [false, false, false, false, 'reads'],
  reader: [false, false, false, false, 'reads'],
  admin: [false, false, false, true, 'does not read'],
};

describe('access', () => {
  it('knows these roles and no others', () => {
    expect([...callerRoles].sort()).toEqual(Object.keys(expected).sort());
    expect([...recordTypes]).toEqual(['dataset', 'model', 'attestation', 'role']);
  });

  it.each(Object.entries(expected))('%s', (role, row) => {
    const writes = recordTypes.map((type) => (writers[type].callers as readonly string[]).includes(role));
    const reads = (privateReaders as readonly string[]).includes(role) ? 'reads' : 'does not read';
    expect([...writes, reads]).toEqual(row);
  });

  it('lets providers write their assets, auditors their attestations, and every organisation apply a role', () => {
    expect(recordTypes.map((type) => writers[type].organization)).toEqual(['provider', 'provider', 'auditor', 'any']);
  });

  it.each(['', 'Admin', 'root', null, undefined, ['admin'], 'constructor'])('%p is no role', (role) => {
    expect(isCallerRole(role)).toBe(false);
  });
});
