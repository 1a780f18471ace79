import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CallerRole,
  canonicalJson,
  collectionName,
  implicitCollection,
  markKey,
  parseId,
} from '@proofward/evidence';
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

  describe('that is confidential', () => {
    const confidential = { confidential: true };

    it.each(['cleveland', 'auditor-a', 'regulator'])('lies with %s alone, and its reasons too', async (org) => {
      const [mspId = '', role = 'qa'] = writers[org] ?? [];
      expect(await open(org, confidential)).toMatchObject({
        header: { status: 'open', subjects: [version], ...confidential },
      });
      const places = (world.transcript.at(-1) ?? []).filter(([verb]) => verb === 'put private');
      expect(new Set(places.map(([, place]) => place))).toEqual(new Set([implicitCollection(mspId)]));
      expect(await world.readPrivate('incident', idOf(org), world.as(mspId, role))).toMatchObject({ id: idOf(org) });
      for (const [other, theirRole] of Object.values(writers)) {
        if (other === mspId) continue;
        const read = world.readPrivate('incident', idOf(org), world.as(other, theirRole));
        await expect(read).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
      }
      const transient = { private: canonicalJson({ reasonCode: 'as-planned', salt: 'ab'.repeat(32) }) };
      const change = { id: idOf(org), to: 'reported' };
      expect(await world.transition({ ...by(org), transient }, 'incident', change)).toMatchObject({
        header: { status: 'reported' },
      });
      expect(collection()).toBe(implicitCollection(mspId));
    });

    it('is not opened by who is no member either', async () => {
      await expect(open('auditor-c', confidential)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    });

    it('is no second one under its id, and neither takes the place of an open one', async () => {
      const first = await open('cleveland', confidential);
      expect(await open('cleveland', confidential)).toMatchObject({ ...(first as object), replay: true });
      await expect(open('cleveland')).rejects.toMatchObject({ code: 'RECORD_EXISTS' });
      await open('hungarian');
      await expect(open('hungarian', confidential)).rejects.toMatchObject({ code: 'RECORD_EXISTS' });
      // Its implicit collection is the site's own to write: what it marks there alone takes nothing back.
      const header = await world.read('incident', idOf('hungarian'));
      const key = markKey(parseId(idOf('hungarian')));
      world.ledger.putPrivate(implicitCollection('HungarianMSP'), key, Buffer.from('ab'.repeat(32), 'hex'));
      expect(await world.read('incident', idOf('hungarian'))).toEqual(header);
    });

    it('is read where its mark says that it is one, and only there', async () => {
      await open('cleveland', confidential);
      const key = markKey(parseId(idOf('cleveland')));
      const [, , , value = ''] =
        (world.transcript.at(-1) ?? []).find(([verb, , at]) => verb === 'put private' && at === key) ?? [];
      const place = collectionName('operations', 'cleveland', 1);
      world.ledger.putPrivate(place, key, Buffer.from(value, 'hex'));
      await expect(world.read('incident', idOf('cleveland'))).rejects.toMatchObject({ code: 'INTERNAL' });
    });
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
