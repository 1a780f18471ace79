import { describe, expect, it } from '@jest/globals';
import { incidentPublicSchema, reportDueOf } from './incident.js';

describe('the report of an incident', () => {
  // Written by hand from Article 73 of Regulation (EU) 2024/1689.
  it.each([
    ['minor', undefined],
    ['serious', '2026-03-16T10:30:00.000Z'],
    ['death', '2026-03-11T10:30:00.000Z'],
    ['widespread', '2026-03-03T10:30:00.000Z'],
  ] as const)('of a %s one is due at %s', (severity, due) => {
    expect(reportDueOf(severity, '2026-03-01T10:30:00.000Z')).toBe(due);
  });
});

describe('the subjects of an incident', () => {
  it.each([
    ['none', []],
    ['one twice', ['model:a/b@1', 'model:a/b@1']],
    ['what is no model or dataset', ['role:a/membership@1']],
  ])('are not %s', (_, subjects) => {
    expect(incidentPublicSchema.safeParse({ subjects, severity: 'minor' }).success).toBe(false);
  });
});
