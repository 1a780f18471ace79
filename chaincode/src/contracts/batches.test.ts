import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  batchHeadKey,
  batchHeadValue,
  type BatchPublic,
  type CallerRole,
  canonicalJson,
  emptyRoot,
} from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const named = (number: number, org = 'hungarian') => `batch:${org}/b${number}@1`;
const minute = (number: number) => new Date(Date.UTC(2026, 1, 1, 10, number)).toISOString();
const root = 'ab'.repeat(32);

/** The batch of the minute that `number` ends, without items unless the fields say so. */
const batch = (number: number, fields: Partial<BatchPublic> = {}): BatchPublic => {
  const first = fields.first ?? 1;
  const last = fields.last ?? first - 1;
  const count = fields.count ?? last - first + 1;
  return {
    endpoint: 'triage',
    kind: 'receipts',
    window: { from: minute(number - 1), to: minute(number) },
    root: count === 0 ? emptyRoot : root,
    ...fields,
    first,
    last,
    count,
  };
};

let world: SimulatedConsortium;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
});
const record = (
  number: number,
  fields: object = {},
  {
    mspId = 'HungarianMSP',
    role = 'service',
    minutes = number,
  }: { mspId?: string; role?: CallerRole; minutes?: number } = {},
) => {
  const value = batch(number, fields);
  const caller = world.as(mspId, role, { timestamp: Date.parse(minute(minutes)) });
  return world.create(caller, 'batch', named(number), { effectiveAt: value.window.to, ...value });
};

describe('a batch', () => {
  it('follows the one before it, by id, time and number; an empty one does too', async () => {
    expect(await record(1)).toMatchObject({ header: { first: 1, last: 0, count: 0, status: 'recorded' } });
    expect(await record(2, { previous: named(1), last: 5 })).toMatchObject({ header: { count: 5 } });
    expect(await record(3, { previous: named(2), first: 6 })).toMatchObject({ header: { first: 6, last: 5 } });
    expect(await record(4, { previous: named(3), first: 6, last: 6 })).toMatchObject({ header: { count: 1 } });
  });

  it('is refused out of order, and for a time that is spoken for or left out', async () => {
    await expect(record(1, { previous: named(9) })).rejects.toEqual(refused('BATCH_OUT_OF_ORDER', '/previous'));
    await record(1, { last: 5 });
    await expect(record(2, { first: 6 })).rejects.toEqual(refused('BATCH_OUT_OF_ORDER', '/previous'));
    await record(2, { first: 6, previous: named(1) });
    await expect(record(3, { first: 6, previous: named(1) })).rejects.toEqual(
      refused('BATCH_OUT_OF_ORDER', '/previous'),
    );
    for (const from of [minute(1), new Date(Date.parse(minute(2)) + 1).toISOString()]) {
      await expect(record(3, { first: 6, previous: named(2), window: { from, to: minute(3) } })).rejects.toEqual(
        refused('BATCH_OUT_OF_ORDER', '/window/from'),
      );
    }
  });

  it('neither repeats numbers nor leaves any out', async () => {
    await expect(record(1, { first: 2, last: 3 })).rejects.toEqual(refused('SEQUENCE_GAP', '/first'));
    await record(1, { last: 5 });
    await expect(record(2, { previous: named(1), first: 5, last: 7 })).rejects.toEqual(
      refused('SEQUENCE_REPEATED', '/first'),
    );
    await expect(record(2, { previous: named(1), first: 7, last: 8 })).rejects.toEqual(
      refused('SEQUENCE_GAP', '/first'),
    );
  });

  it('says what is missing, with a count that agrees', async () => {
    const missing = [
      { first: 1, last: 1 },
      { first: 3, last: 4 },
    ];
    await expect(record(1, { last: 5, missing })).rejects.toEqual(refused('COUNTS_DISAGREE', '/count'));
    for (const wrong of [
      [{ first: 3, last: 2 }],
      [{ first: 5, last: 6 }],
      [...missing].reverse(),
      [
        { first: 1, last: 2 },
        { first: 3, last: 3 },
      ],
    ]) {
      await expect(record(1, { last: 5, count: 2, missing: wrong })).rejects.toEqual(
        refused('INVALID_FIELD', '/missing'),
      );
    }
    expect(await record(1, { last: 5, count: 2, missing })).toMatchObject({ header: { missing, count: 2 } });
  });

  it('has a window that ends at its own time, not in the future, and late where it is told late', async () => {
    const window = { from: minute(1), to: minute(1) };
    await expect(record(1, { window })).rejects.toEqual(refused('INVALID_FIELD', '/window'));
    await expect(record(1, { effectiveAt: minute(0) })).rejects.toEqual(refused('INVALID_FIELD', '/effectiveAt'));
    await expect(record(1, {}, { minutes: -20 })).rejects.toEqual(refused('INVALID_FIELD', '/effectiveAt'));
    await expect(record(1, { last: -1, count: 0 })).rejects.toEqual(refused('INVALID_FIELD', '/last'));
    await expect(record(1, { first: 3, last: 1, count: 0 })).rejects.toEqual(refused('INVALID_FIELD', '/last'));
    await expect(record(1, { root })).rejects.toEqual(refused('INVALID_FIELD', '/root'));
    expect(await record(1, {}, { minutes: 20 })).toMatchObject({ header: { late: true } });
  });

  it('is the same answer when it comes again, and another one under its id is refused', async () => {
    await record(1, { last: 5 });
    await record(2, { previous: named(1), first: 6 });
    expect(await record(1, { last: 5 })).toMatchObject({ replay: true });
    await expect(record(1, { last: 4 })).rejects.toEqual(refused('RECORD_EXISTS', '/id'));
  });

  it('stands beside those of other endpoints', async () => {
    await record(1, { last: 5 });
    expect(await record(2, { endpoint: 'other', last: 3 })).toMatchObject({ header: { count: 3 } });
  });

  it('is its own service’s to write, and never changes', async () => {
    await expect(record(1, {}, { role: 'ml-engineer' })).rejects.toEqual(refused('FORBIDDEN'));
    await expect(record(1, {}, { mspId: 'ClevelandMSP' })).rejects.toEqual(refused('FORBIDDEN'));
    await record(1);
    const service = world.as('HungarianMSP', 'service');
    await expect(world.transition(service, 'batch', { id: named(1), to: 'superseded' })).rejects.toEqual(
      refused('INVALID_TRANSITION', '/to'),
    );
  });

  it('writes which batch is the last under the key of the head', async () => {
    await record(1);
    const wrote = (world.transcript.at(-1) ?? []).filter(([verb]) => verb === 'put private');
    const value = Buffer.from(batchHeadValue('proofward', named(1))).toString('utf8');
    expect(JSON.stringify(wrote)).toContain(batchHeadKey({ kind: 'receipts', endpoint: 'triage' }));
    expect(value).toBe(canonicalJson(['proofward/batch-head/v1', 'proofward', named(1)]));
  });
});
