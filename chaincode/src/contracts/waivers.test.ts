import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CallerRole } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';
import type { Proposal } from '../simulation/simulated-ledger';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const version = 'model:cleveland/m@1';
const id = `waiver:hungarian/${'b2'.repeat(16)}@1`;
const end = Date.UTC(2026, 5, 1);
const until = new Date(end).toISOString();

let world: SimulatedConsortium;
const person = (enrollmentId: string, more: Partial<Proposal> = {}, role: CallerRole = 'qa', mspId = 'HungarianMSP') =>
  world.as(mspId, role, { attributes: { 'hf.EnrollmentID': enrollmentId, role }, ...more });
const propose = (caller = person('first'), fields: object = {}) =>
  world.create(
    caller,
    'waiver',
    id,
    { model: version, requirement: 'robustness', until, ...fields },
    { reason: 'The audit is under way.', compensatingControl: 'Each output is confirmed.' },
  );
const approve = (caller: Proposal) => world.transition(caller, 'waiver', { id, to: 'active' });

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model(version);
});

describe('a waiver', () => {
  it('is proposed by one person and made active by another of the site', async () => {
    expect(await propose()).toMatchObject({ header: { status: 'proposed', requirement: 'robustness', until } });
    await expect(approve(person('first'))).rejects.toEqual(refused('SECOND_PERSON_REQUIRED', '/id'));
    await expect(approve(person('first', {}, 'clinical-safety'))).rejects.toEqual(refused('SECOND_PERSON_REQUIRED'));
    await expect(approve(person('second', {}, 'qa', 'ClevelandMSP'))).rejects.toEqual(refused('FORBIDDEN'));
    expect(await approve(person('second'))).toMatchObject({ header: { status: 'active', revision: 2 } });
    await expect(approve(person('second'))).rejects.toEqual(refused('INVALID_TRANSITION'));
  });

  it('is withdrawn by any of them, the proposer too', async () => {
    await propose();
    expect(await world.transition(person('first'), 'waiver', { id, to: 'revoked' })).toMatchObject({
      header: { status: 'revoked' },
    });
    await expect(approve(person('second'))).rejects.toEqual(refused('INVALID_TRANSITION'));
  });

  it('ends in the future, also when it is approved', async () => {
    await expect(propose(person('first', { timestamp: end }))).rejects.toEqual(refused('INVALID_FIELD', '/until'));
    await propose(person('first', { timestamp: end - 1 }));
    await expect(approve(person('second', { timestamp: end }))).rejects.toEqual(refused('INVALID_FIELD', '/until'));
    expect(await approve(person('second', { timestamp: end - 1 }))).toMatchObject({ header: { status: 'active' } });
  });

  it('is of a model that exists, with a reason and what is done instead', async () => {
    await expect(propose(person('first'), { model: 'model:cleveland/never@1' })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/model'),
    );
    await expect(propose(person('first'), { until: undefined })).rejects.toEqual(refused('INVALID_FIELD', '/until'));
    await expect(propose(person('first', {}, 'ml-engineer'))).rejects.toEqual(refused('FORBIDDEN'));
  });
});
