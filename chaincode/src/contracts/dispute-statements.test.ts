import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CallerRole, disputeName } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';

const subject = 'model:cleveland/m@1';
const audit = `attestation:auditor-a/${'a1'.repeat(16)}@1`;
const dispute = `dispute:cleveland/${disputeName(audit)}@1`;
const people: Record<string, [string, CallerRole]> = {
  cleveland: ['ClevelandMSP', 'auditor'],
  'auditor-a': ['AuditorAMSP', 'auditor'],
  'auditor-b': ['AuditorBMSP', 'auditor'],
  'auditor-c': ['AuditorCMSP', 'auditor'],
  regulator: ['RegulatorMSP', 'inspector'],
};

let world: SimulatedConsortium;
const by = (org: string) => world.as(...(people[org] ?? ['', 'reader']));
const say = (org: string, part: string, fields: object = {}, name = 'b2') =>
  world.create(
    by(org),
    'dispute-statement',
    `dispute-statement:${org}/${name.repeat(16)}@1`,
    { dispute, subject, part, ...fields },
    { text: 'No patient is in both.' },
  );

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model(subject);
  await world.attestation(audit, subject);
  await world.create(
    world.as('ClevelandMSP', 'qa'),
    'dispute',
    dispute,
    { record: audit, subject, deadline: '2026-03-15T00:00:00.000Z' },
    { reason: 'The holdout shares patients.', evidenceDigest: 'ab'.repeat(32) },
  );
});

describe('a statement in a dispute', () => {
  it('is the attestation’s author’s answer, and nobody else’s, and lies with the attestation', async () => {
    expect(await say('auditor-a', 'answer')).toMatchObject({ header: { dispute, part: 'answer', status: 'active' } });
    const place = (world.transcript.at(-1) ?? []).find(([verb]) => verb === 'put private')?.[1];
    expect(place).toBe('audits-cleveland');
    for (const org of ['auditor-b', 'regulator'])
      await expect(say(org, 'answer')).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/part' });
    await expect(say('cleveland', 'answer')).rejects.toMatchObject({ code: 'UNKNOWN_ORGANIZATION' });
  });

  it('is a reason of who has ruled, from then on', async () => {
    await expect(say('auditor-b', 'reasons')).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/part' });
    await world.transition(by('auditor-b'), 'dispute', { id: dispute, to: 'upheld' });
    expect(await say('auditor-b', 'reasons')).toMatchObject({ header: { part: 'reasons' } });
    for (const org of ['auditor-a', 'regulator'])
      await expect(say(org, 'reasons')).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/part' });
    await world.transition(by('regulator'), 'dispute', { id: dispute, to: 'upheld' });
    expect(await say('regulator', 'reasons')).toMatchObject({ header: { part: 'reasons' } });
    // After the decision too, and the answer stands beside it.
    expect(await say('auditor-a', 'answer')).toMatchObject({ replay: false });
  });

  it('is of a dispute that there is, about what that is about, by an organisation that reads the audit', async () => {
    const never = `dispute:hungarian/${disputeName(audit)}@1`;
    await expect(say('auditor-a', 'answer', { dispute: never })).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/dispute',
    });
    await world.model('model:cleveland/other@1');
    await expect(say('auditor-a', 'answer', { subject: 'model:cleveland/other@1' })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/subject',
    });
    await world.transition(by('auditor-c'), 'dispute', { id: dispute, to: 'dismissed' });
    await expect(say('auditor-c', 'reasons')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
  });
});
