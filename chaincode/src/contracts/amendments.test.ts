import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  amendmentId,
  canonicalJson,
  implicitCollection,
  presentFields,
  type PrivateRecord,
  verifyPresentation,
} from '@proofward/evidence';
import type { Context } from 'fabric-contract-api';
import { consortium, file, SimulatedConsortium } from '../simulation/consortium';
import { AmendmentContract } from './amendments';

const data = 'dataset:hungarian/d@1';
const values = { files: [file], storageLocation: 's3://cardiolgy', licence: 'CC-BY', retention: 'P10Y' };
const corrected = 's3://cardiology';

let world: SimulatedConsortium;
const steward = () => world.as('HungarianMSP', 'data-steward');

interface Amending {
  record?: string;
  field?: string;
  count?: number;
  id?: string;
  by?: ReturnType<SimulatedConsortium['as']>;
  public?: object;
  private?: Record<string, unknown>;
}
const amend = ({ record = data, field = 'storageLocation', count = 1, ...more }: Amending = {}) =>
  world.create(
    more.by ?? steward(),
    'amendment',
    more.id ?? amendmentId(record, field, count),
    { record, field, reasonCode: 'typo', ...more.public },
    { earlier: values.storageLocation, corrected, ...more.private },
  );
const placed = () =>
  (world.transcript.at(-1) ?? []).filter(([verb]) => verb === 'put private').map(([, place]) => place);
const latest = async (record: string, field: string) => {
  const { answer } = await world.ledger.submit(steward(), (ctx: Context) =>
    new AmendmentContract().latest(ctx, canonicalJson({ record, field })),
  );
  return (JSON.parse(answer) as { id: string } | null)?.id;
};

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.create(steward(), 'dataset', data, {}, values);
});

describe('an amendment', () => {
  it('lies with the record, which stays as it was; both values are proved', async () => {
    const before = await world.read('dataset', data);
    expect(await amend()).toMatchObject({
      header: {
        status: 'recorded',
        record: data,
        field: 'storageLocation',
        reasonCode: 'typo',
        author: 'HungarianMSP',
        epoch: 2,
      },
      replay: false,
    });
    expect(placed()).toEqual(['datasets-hungarian-e2', 'datasets-hungarian-e2']);
    expect(await world.read('dataset', data)).toEqual(before);

    for (const [type, id, name, value] of [
      ['dataset', data, 'storageLocation', values.storageLocation],
      ['amendment', amendmentId(data, 'storageLocation', 1), 'corrected', corrected],
    ] as const) {
      const { commitment } = (await world.read(type, id)) as { commitment: string };
      const shown = presentFields(world.ledger.channel, (await world.readPrivate(type, id)) as PrivateRecord, [name]);
      expect(shown.fields[0]?.value).toBe(value);
      const context = { channel: world.ledger.channel, type, id, revision: 1 };
      expect(verifyPresentation(context, 1, commitment, shown)).toEqual([{ name, match: true }]);
    }
  });

  it('follows the one before it, whose value it corrects', async () => {
    expect(await latest(data, 'storageLocation')).toBeUndefined();
    await amend();
    const again = { corrected: 's3://cardiology/2026' };
    await expect(amend({ count: 2, private: again })).rejects.toMatchObject({
      code: 'EARLIER_VALUE_DIFFERS',
      pointer: '/private/earlier',
    });
    await expect(amend({ count: 3, private: { earlier: corrected, ...again } })).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/id',
    });
    await expect(amend({ private: again })).rejects.toMatchObject({ code: 'RECORD_EXISTS' });
    await amend({ count: 2, private: { earlier: corrected, ...again } });
    expect(await latest(data, 'storageLocation')).toBe(amendmentId(data, 'storageLocation', 2));
    expect(await latest(data, 'licence')).toBeUndefined();
    // Another field has its own count.
    await amend({ field: 'licence', private: { earlier: 'CC-BY', corrected: 'CC-BY-4.0' } });
    expect(await amend()).toMatchObject({ replay: true });
    await expect(
      world.transition(steward(), 'amendment', { id: amendmentId(data, 'licence', 1), to: 'recorded' }),
    ).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  });

  it.each<[string, Amending, string, string | undefined]>([
    ['of no record', { record: 'dataset:hungarian/none@1' }, 'REFERENCE_NOT_FOUND', '/record'],
    ['of a field that no dataset has', { field: 'constructor' }, 'FIELD_NOT_AMENDABLE', '/field'],
    ['of a field that this one does not have', { field: 'legalBasis' }, 'FIELD_NOT_AMENDABLE', '/field'],
    ['of files', { field: 'files', private: { earlier: [file], corrected: [] } }, 'FIELD_NOT_AMENDABLE', '/field'],
    ['of what is public', { field: 'parents', private: { earlier: [] } }, 'FIELD_NOT_AMENDABLE', '/field'],
    ['that changes nothing', { private: { corrected: values.storageLocation } }, 'INVALID_FIELD', '/private/corrected'],
    ['to a number', { private: { corrected: 7 } }, 'INVALID_FIELD', '/private/corrected'],
    ['to nothing', { private: { corrected: null } }, 'INVALID_FIELD', '/private/corrected'],
    ['to what is too long', { private: { corrected: 'x'.repeat(4097) } }, 'INVALID_FIELD', '/private/corrected'],
    ['of another value', { private: { earlier: 's3://x' } }, 'EARLIER_VALUE_DIFFERS', '/private/earlier'],
    ['without an earlier value', { private: { earlier: undefined } }, 'INVALID_FIELD', '/private/earlier'],
    ['for no reason', { public: { reasonCode: 'because' } }, 'INVALID_FIELD', '/reasonCode'],
    ['under another name', { id: 'amendment:hungarian/dataset.x@1' }, 'INVALID_ID', '/id'],
    ['under a name of no type', { id: 'amendment:hungarian/x@1' }, 'INVALID_ID', '/id'],
    ['counted otherwise', { id: amendmentId(data, 'storageLocation', 1).replace('@1', '@01') }, 'INVALID_ID', '/id'],
    ['in another collection', { public: { subject: 'model:cleveland/m@1' } }, 'REFERENCE_NOT_FOUND', '/subject'],
    ['with a subject', { public: { subject: data } }, 'INVALID_FIELD', '/subject'],
  ])('is not made %s', async (_, amending, code, pointer) => {
    await expect(amend(amending)).rejects.toMatchObject({ code, pointer });
  });

  it('is who wrote the record’s, and his who may write that type', async () => {
    await expect(
      amend({
        by: world.as('ClevelandMSP', 'data-steward'),
        id: amendmentId(data, 'x', 1).replace('hungarian', 'cleveland'),
      }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/record' });
    await expect(amend({ by: world.as('ClevelandMSP', 'data-steward') })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    for (const role of ['ml-engineer', 'qa', 'auditor', 'reader', 'admin'] as const)
      await expect(amend({ by: world.as('HungarianMSP', role) })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await amend({ by: world.as('HungarianMSP', 'service') });
  });

  it.each([
    ...['policy', 'batch', 'proposal', 'vote', 'role'],
    ...['plan', 'dispute', 'disclosure-request', 'disclosure', 'release-decision', 'amendment'],
  ])('is not made of a %s', async (type) => {
    await expect(amend({ record: `${type}:hungarian/x@1` })).rejects.toMatchObject({
      code: 'FIELD_NOT_AMENDABLE',
      pointer: '/record',
    });
  });

  it('of what was said about another’s record lies there, and its mark with its author', async () => {
    await world.model('model:cleveland/m@1');
    const subject = 'model:cleveland/m@1';
    const record = `attestation:auditor-a/${'a1'.repeat(16)}@1`;
    const auditor = world.as('AuditorAMSP', 'auditor');
    const report = 'https://reports.example/2025/17';
    const said = { verdict: { claimed: 'fail' }, reportLocation: report };
    await world.create(auditor, 'attestation', record, { subject, kind: 'fairness' }, said);
    const amending = {
      record,
      field: 'reportLocation',
      by: auditor,
      private: { earlier: report, corrected: 'https://reports.example/2026/17' },
    };
    await expect(amend(amending)).rejects.toMatchObject({ code: 'INVALID_FIELD', pointer: '/subject' });
    await amend({ ...amending, public: { subject } });
    expect(placed()).toEqual(['audits-cleveland', implicitCollection('AuditorAMSP')]);
    const id = amendmentId(record, 'reportLocation', 1);
    expect(await world.read('amendment', id)).toMatchObject({ subject, epoch: 1 });
    expect(await world.readPrivate('amendment', id)).toMatchObject({ fields: { earlier: { value: report } } });
    await expect(world.readPrivate('amendment', id, world.as('HungarianMSP', 'reader'))).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
    await expect(
      amend({ ...amending, public: { subject }, field: 'verdict', private: { earlier: said.verdict, corrected: {} } }),
    ).rejects.toMatchObject({ code: 'FIELD_NOT_AMENDABLE', pointer: '/field' });
  });

  it('of another’s incident lies with its first subject’s provider; an own one with the site', async () => {
    await world.model('model:cleveland/m@1');
    await world.dataset(`dataset:cleveland/i@1`);
    const subjects = ['model:cleveland/m@1', 'dataset:cleveland/i@1'];
    const [subject] = subjects;
    const told = { awareAt: '2026-01-31T11:00:00.000Z', description: 'An answer to the wrong wrad.' };
    const correction = { earlier: told.description, corrected: 'An answer to the wrong ward.' };
    const inspector = world.as('RegulatorMSP', 'inspector');
    const theirs = `incident:regulator/${'b1'.repeat(16)}@1`;
    await world.create(inspector, 'incident', theirs, { subjects, severity: 'minor' }, told);
    const of = (record: string) => ({ record, field: 'description', private: correction });
    await expect(
      amend({ ...of(theirs), by: inspector, public: { subject: 'dataset:cleveland/i@1' } }),
    ).rejects.toMatchObject({ code: 'INVALID_FIELD', pointer: '/subject' });
    await amend({ ...of(theirs), by: inspector, public: { subject } });
    expect(placed()).toEqual(['audits-cleveland', implicitCollection('RegulatorMSP')]);

    const qa = world.as('ClevelandMSP', 'qa');
    const own = `incident:cleveland/${'b2'.repeat(16)}@1`;
    await world.create(qa, 'incident', own, { subjects, severity: 'minor' }, told);
    await amend({ ...of(own), by: qa });
    expect(placed()).toEqual(['operations-cleveland', 'operations-cleveland']);
  });

  it('of a record of an earlier epoch lies with that, where nobody who came later is told the value before', async () => {
    const record = 'dataset:cleveland/d@1';
    const by = world.as('ClevelandMSP', 'data-steward');
    await world.create(by, 'dataset', record, {}, values);
    const organizations = consortium.organizations.map((organization) =>
      organization.slug === 'cleveland'
        ? { ...organization, epochs: [...organization.epochs, { auditors: ['auditor-c'], regulators: ['regulator'] }] }
        : organization,
    );
    await world.applyRole('cleveland', { ...consortium, organizations });
    expect(await amend({ record, by })).toMatchObject({ header: { epoch: 1 } });
    expect(placed()).toEqual(['datasets-cleveland', 'datasets-cleveland']);
    const id = amendmentId(record, 'storageLocation', 1);
    expect(await world.readPrivate('amendment', id, world.as('AuditorAMSP', 'auditor'))).toMatchObject({ id });
    await expect(world.readPrivate('amendment', id, world.as('AuditorCMSP', 'auditor'))).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
  });

  it('is not of an incident that its author keeps to itself, whose value nobody else could check', async () => {
    const description = 'Two records were mixed up.';
    const qa = world.as('HungarianMSP', 'qa');
    for (const [count, confidential] of [true, undefined].entries()) {
      const record = `incident:hungarian/${`a${count}`.repeat(16)}@1`;
      const awareAt = '2026-01-30T22:00:00.000Z';
      const fields = { subjects: [data], severity: 'minor', confidential };
      await world.create(qa, 'incident', record, fields, { awareAt, description });
      const made = amend({
        record,
        field: 'description',
        by: qa,
        private: { earlier: description, corrected: 'Three.' },
      });
      if (confidential === undefined) expect(await made).toMatchObject({ header: { record, field: 'description' } });
      else await expect(made).rejects.toMatchObject({ code: 'FIELD_NOT_AMENDABLE', pointer: '/record' });
    }
  });
});
