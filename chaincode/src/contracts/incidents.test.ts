import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CallerRole } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';

const version = 'model:cleveland/m@1';
const awareAt = '2026-01-30T22:00:00.000Z';
const reportDue = '2026-02-14T22:00:00.000Z';
const writers: Record<string, [string, CallerRole]> = {
  cleveland: ['ClevelandMSP', 'qa'],
  hungarian: ['HungarianMSP', 'clinical-safety'],
  'auditor-a': ['AuditorAMSP', 'auditor'],
  'auditor-c': ['AuditorCMSP', 'auditor'],
  regulator: ['RegulatorMSP', 'inspector'],
};
const idOf = (org: string) => `incident:${org}/${'a1'.repeat(16)}@1`;

let world: SimulatedConsortium;
const by = (org: string) => world.as(...(writers[org] ?? ['', 'qa']));
const open = (org: string, fields: object = {}, values: object = {}) =>
  world.create(
    by(org),
    'incident',
    idOf(org),
    { subjects: [version], severity: 'serious', ...fields },
    { awareAt, reportDue, description: 'Another version answered.', ...values },
  );
const change = (org: string, to: string) => world.transition(by(org), 'incident', { id: idOf(org), to });
/** Where the private part of the last record went. */
const collection = () => (world.transcript.at(-1) ?? []).find(([verb]) => verb === 'put private')?.[1];

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model(version);
});

describe('an incident', () => {
  it.each([
    ['cleveland', 'operations-cleveland'],
    ['hungarian', 'operations-hungarian-e2'],
    ['auditor-a', 'audits-cleveland'],
    ['regulator', 'audits-cleveland'],
  ])('that %s opens lies in %s', async (org, place) => {
    expect(await open(org)).toMatchObject({ header: { status: 'open', severity: 'serious', subjects: [version] } });
    expect(collection()).toBe(place);
    expect(await change(org, 'reported')).toMatchObject({ header: { status: 'reported' } });
  });

  it('is not opened by who is no member, nor by another role of his', async () => {
    await expect(open('auditor-c')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    writers.cleveland = ['ClevelandMSP', 'ml-engineer'];
    await expect(open('cleveland')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    writers.cleveland = ['ClevelandMSP', 'qa'];
  });

  it('is on what exists, all of it', async () => {
    const never = 'dataset:cleveland/never@1';
    await expect(open('cleveland', { subjects: [version, never] })).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/subjects/1',
    });
    await expect(open('regulator', { subjects: [never] })).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/subjects/0',
    });
  });

  it('says when the law wants its report, and nothing else', async () => {
    for (const values of [{ reportDue: undefined }, { reportDue: awareAt }]) {
      await expect(open('cleveland', {}, values)).rejects.toMatchObject({
        code: 'INVALID_FIELD',
        pointer: '/private/reportDue',
      });
    }
    await expect(open('cleveland', { severity: 'minor' })).rejects.toMatchObject({ pointer: '/private/reportDue' });
    const tomorrow = { awareAt: '2026-02-01T22:00:00.000Z', reportDue: '2026-02-16T22:00:00.000Z' };
    await expect(open('cleveland', {}, tomorrow)).rejects.toMatchObject({ pointer: '/private/awareAt' });
  });

  it('is resolved once it was reported, unless it is a minor one', async () => {
    await open('cleveland');
    await expect(change('cleveland', 'resolved')).rejects.toMatchObject({ code: 'INVALID_TRANSITION', pointer: '/to' });
    for (const to of ['reported', 'resolved', 'closed']) {
      expect(await change('cleveland', to)).toMatchObject({ header: { status: to } });
    }
    await expect(change('cleveland', 'open')).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    await open('hungarian', { severity: 'minor' }, { reportDue: undefined });
    expect(await change('hungarian', 'resolved')).toMatchObject({ header: { status: 'resolved' } });
  });
});
