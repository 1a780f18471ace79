import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  amendableFields,
  amendableTypes,
  amendedType,
  amendmentCount,
  amendmentId,
  amendmentName,
  isAmendmentOf,
  requireAmendable,
} from './amendment.js';
import { idPartSchema, recordTypes } from './id.js';
import { settledType } from './placement.js';
import { privateSchemas } from './private.js';

const record = 'dataset:cleveland/d@1';
const field = 'licence';

/** Written by hand: what is amended, and nothing else. */
const amended = `
  dataset storageLocation licence legalBasis consent collectionPeriod retention rai readableId
  grant legalBasis
  model trainingRunId trainingPeriod hyperparameters responsibleTeam externalIds readableId
  attestation evaluator reportLocation
  response text measures
  incident description timeline affected authority immediateMeasures
  sign-off title comment
  waiver comment
  deployment hardware
`;

describe('an amendment', () => {
  it('is of the fields that the list says, all of which are private ones', () => {
    const lines = Object.entries(amendableFields).map(([type, fields]) => [type, ...fields].join(' '));
    expect(lines).toEqual(
      amended
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    );
    for (const type of amendableTypes)
      expect(Object.keys(privateSchemas[type].shape)).toEqual(expect.arrayContaining([...amendableFields[type]]));
    for (const type of recordTypes) {
      const of = () => requireAmendable(`${type}:cleveland/d@1`, 'files');
      expect(of).toThrow(expect.objectContaining({ code: 'FIELD_NOT_AMENDABLE' }));
    }
    for (const name of ['constructor', '__proto__', 'status', ''])
      expect(() => requireAmendable(record, name)).toThrow(expect.objectContaining({ pointer: '/field' }));
    expect(requireAmendable(record, field)).toBe('dataset');
  });

  it('has the name that docs/records.md says, and counts', () => {
    const digest = createHash('sha256').update(`["proofward/amendment/v1","${record}","${field}"]`).digest('hex');
    const name = `dataset.${digest.slice(0, 32)}`;
    expect(amendmentName(record, field)).toBe(name);
    expect(amendmentId(record, field, 12)).toBe(`amendment:cleveland/${name}@12`);
    expect(amendmentCount(`amendment:cleveland/${name}@12`, { record, field })).toBe(12);
    for (const other of [`${name}@0`, `${name}@01`, `${name}@x`, `${name}@1234567890`, `${name}x@1`])
      expect(amendmentCount(`amendment:cleveland/${other}`, { record, field })).toBeUndefined();
    expect(amendmentCount(`amendment:hungarian/${name}@1`, { record, field })).toBeUndefined();
    for (const type of amendableTypes) {
      const long = amendmentName(`${type}:cleveland/d@1`, field);
      expect(idPartSchema.safeParse(long).success).toBe(true);
      expect(amendedType(long)).toBe(type);
    }
  });

  it('lies where the type in its name says, and nowhere without one', () => {
    expect(settledType({ type: 'amendment', name: amendmentName(record, field) })).toBe('dataset');
    for (const name of ['x', 'policy.x', 'amendment.x', 'role.x', 'constructor.x', 'dispute.x'])
      expect(settledType({ type: 'amendment', name })).toBeUndefined();
    expect(settledType({ type: 'dispute', name: 'dataset.x' })).toBe('dispute');
  });

  it('is of an own record and an amendable field, or none', () => {
    const id = amendmentId(record, field, 1);
    expect(isAmendmentOf({ id, record, field })).toBe(true);
    for (const [other, name] of [
      [record, 'files'],
      ['policy:cleveland/p@1', 'scope'],
      ['dataset:hungarian/d@1', field],
    ] as const) {
      const wrong = amendmentId(other, name, 1).replace('hungarian', 'cleveland');
      expect(isAmendmentOf({ id: wrong, record: other, field: name })).toBe(false);
      expect(isAmendmentOf({ id, record: other, field: name })).toBe(false);
    }
  });
});
