import { describe, expect, it } from '@jest/globals';
import { accessLogReaders, callerRoles, isCallerRole, privateReaders, stoppers, writers } from './access.js';
import { recordTypes, type RecordType } from './records/id.js';

/** Written by hand: who of which organisation writes what, and who of it reads private records. */
const expected: Record<RecordType, string> = {
  dataset: 'provider: data-steward, service',
  grant: 'provider: data-steward',
  model: 'provider: ml-engineer, service',
  plan: 'auditor: auditor',
  attestation: 'auditor: auditor',
  policy: 'provider: qa, clinical-safety',
  response: 'provider: data-steward, ml-engineer, qa, clinical-safety',
  incident: 'provider or auditor or regulator: qa, clinical-safety, service, auditor, inspector',
  dispute: 'any: qa, clinical-safety, auditor, inspector',
  'dispute-statement': 'auditor or regulator: auditor, inspector',
  amendment: 'any: data-steward, ml-engineer, service, qa, clinical-safety, auditor, inspector',
  'disclosure-request': 'auditor or regulator: auditor, inspector',
  disclosure: 'any: data-steward, ml-engineer, qa, clinical-safety, auditor, inspector',
  'sign-off': 'provider: qa, clinical-safety',
  waiver: 'provider: qa, clinical-safety',
  'release-decision': 'provider: ml-engineer, qa, service',
  deployment: 'provider: ml-engineer, service',
  batch: 'provider: service',
  proposal: 'any: admin',
  vote: 'any: admin',
  setting: 'any: admin',
  role: 'any: admin',
};
const roles = [
  'data-steward',
  'ml-engineer',
  'service',
  'qa',
  'clinical-safety',
  'auditor',
  'inspector',
  'reader',
  'admin',
];

describe('access', () => {
  it('knows these roles and no others', () => {
    expect([...callerRoles]).toEqual(roles);
  });

  it('lets these write, and no others', () => {
    const found = recordTypes.map((type) => [
      type,
      `${[writers[type].organization].flat().join(' or ')}: ${writers[type].callers.join(', ')}`,
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it('lets all but administrators read private records', () => {
    expect([...privateReaders]).toEqual(roles.filter((role) => role !== 'admin'));
  });

  it('lets administrators, auditors and inspectors see who has read what', () => {
    expect([...accessLogReaders]).toEqual(['admin', 'auditor', 'inspector']);
  });

  it('lets everybody but those who only look stop a deployment', () => {
    expect([...stoppers]).toEqual(['data-steward', 'ml-engineer', 'service', 'qa', 'clinical-safety', 'admin']);
  });

  it.each(['', 'Admin', 'root', null, undefined, ['admin'], 'constructor'])('%p is no role', (role) => {
    expect(isCallerRole(role)).toBe(false);
  });
});
