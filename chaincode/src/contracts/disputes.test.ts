import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  anyTwo,
  bytesToHex,
  type CallerRole,
  disputeName,
  implicitCollection,
  rulingBytes,
  rulingKey,
  voteName,
} from '@proofward/evidence';
import type { Context } from 'fabric-contract-api';
import { consortium, SimulatedConsortium } from '../simulation/consortium';
import { ReleaseWorld } from '../simulation/release-world';
import { disputeOf } from './disputes';

const version = 'model:cleveland/m@1';
const attestation = `attestation:auditor-a/${'a1'.repeat(16)}@1`;
const deadline = '2026-03-01T00:00:00.000Z';
const people: Record<string, [string, CallerRole]> = {
  cleveland: ['ClevelandMSP', 'qa'],
  hungarian: ['HungarianMSP', 'qa'],
  'auditor-a': ['AuditorAMSP', 'auditor'],
  'auditor-b': ['AuditorBMSP', 'auditor'],
  'auditor-c': ['AuditorCMSP', 'auditor'],
  regulator: ['RegulatorMSP', 'inspector'],
};
const idOf = (org: string) => `dispute:${org}/${disputeName(attestation)}@1`;

let world: SimulatedConsortium;
const by = (org: string, timestamp?: number) =>
  world.as(...(people[org] ?? ['', 'qa']), timestamp === undefined ? {} : { timestamp });
const open = (org: string, fields: object = {}, id = idOf(org)) =>
  world.create(
    by(org),
    'dispute',
    id,
    { record: attestation, subject: version, deadline, ...fields },
    { reason: 'The holdout shares patients with the training data.', evidenceDigest: 'ab'.repeat(32) },
  );
const change = (who: string, to: string, org = 'hungarian', timestamp?: number) =>
  world.transition(by(who, timestamp), 'dispute', { id: idOf(org), to });
const standing = async (timestamp?: number) => {
  const { answer } = await world.ledger.submit(by('hungarian', timestamp), async (ctx: Context) =>
    JSON.stringify((await disputeOf(ctx.stub, consortium, attestation)) ?? 'none'),
  );
  return JSON.parse(answer) as unknown;
};
const placed = () =>
  (world.transcript.at(-1) ?? []).filter(([verb]) => verb === 'put private').map(([, place]) => place);

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model(version);
  await world.attestation(attestation, version);
});

describe('a dispute', () => {
  it.each([
    ['cleveland', 'operations-cleveland'],
    ['auditor-b', 'audits-cleveland'],
    ['regulator', 'audits-cleveland'],
    ['hungarian', '_implicit_org_HungarianMSP'],
    ['auditor-c', '_implicit_org_AuditorCMSP'],
  ])('that %s opens lies in %s, its mark with its opener', async (org, place) => {
    expect(await standing()).toBe('none');
    expect(await open(org)).toMatchObject({ header: { status: 'open', record: attestation } });
    expect(placed()).toEqual([place, implicitCollection(people[org]?.[0] ?? '')]);
    expect(await standing()).toBe('open');
  });

  it('is no author’s of his own attestation, and of the name that the attestation gives it', async () => {
    await expect(open('auditor-a')).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/record' });
    for (const id of [`dispute:hungarian/${'c3'.repeat(16)}@1`, idOf('hungarian').replace('@1', '@2')]) {
      await expect(open('hungarian', {}, id)).rejects.toMatchObject({ code: 'INVALID_ID', pointer: '/id' });
    }
  });

  it('names the subject of the attestation, and a deadline within ninety days', async () => {
    await world.model('model:cleveland/n@1');
    await expect(open('hungarian', { subject: 'model:cleveland/n@1' })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/subject',
    });
    for (const wrong of ['2026-01-31T12:00:00.000Z', '2026-05-02T00:00:00.000Z']) {
      await expect(open('hungarian', { deadline: wrong })).rejects.toMatchObject({
        code: 'INVALID_FIELD',
        pointer: '/deadline',
      });
    }
  });

  it('is answered by who attested, and withdrawn by who opened it', async () => {
    await open('hungarian');
    for (const who of ['cleveland', 'hungarian', 'auditor-b']) {
      await expect(change(who, 'answered')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await change('auditor-a', 'answered')).toMatchObject({ header: { status: 'answered' } });
    expect(await standing()).toBe('open');
    await expect(change('auditor-a', 'withdrawn')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await change('hungarian', 'withdrawn')).toMatchObject({ header: { status: 'withdrawn' } });
    expect(await standing()).toBe('none');
  });

  it.each([
    ['upheld', 'upheld'],
    ['dismissed', 'none'],
  ])('is %s by two organisations that are no party and say so', async (outcome, after) => {
    await open('hungarian');
    for (const party of ['cleveland', 'hungarian', 'auditor-a']) {
      await expect(change(party, outcome)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await change('auditor-b', outcome)).toMatchObject({
      header: { status: 'open', rulings: [{ organization: 'AuditorBMSP', outcome }] },
    });
    expect(placed()).toEqual(['_implicit_org_AuditorBMSP']);
    await expect(change('auditor-b', outcome)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    const other = outcome === 'upheld' ? 'dismissed' : 'upheld';
    expect(await change('auditor-c', other)).toMatchObject({ header: { status: 'open' } });
    expect(await standing()).toBe('open');
    expect(await change('regulator', outcome)).toMatchObject({ header: { status: outcome } });
    expect(await standing()).toBe(after);
  });

  it('has no effect after its deadline, and is not decided any more', async () => {
    await open('hungarian');
    const over = Date.parse(deadline);
    expect(await standing(over - 1)).toBe('open');
    expect(await standing(over)).toBe('none');
    await expect(change('auditor-b', 'upheld', 'hungarian', over)).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
      pointer: '/to',
    });
  });

  it('is not decided by rulings alone, which an organisation can write for itself', async () => {
    await open('hungarian');
    const put = (mspId: string, outcome: 'upheld' | 'dismissed') => {
      const id = idOf('hungarian');
      world.ledger.putPrivate(implicitCollection(mspId), rulingKey(id), rulingBytes(world.ledger.channel, id, outcome));
    };
    put('AuditorBMSP', 'upheld');
    put('RegulatorMSP', 'upheld');
    expect(await standing()).toBe('open');
    // A party's word is none.
    put('AuditorBMSP', 'dismissed');
    put('AuditorAMSP', 'dismissed');
    expect(await change('auditor-c', 'upheld')).toMatchObject({ header: { status: 'upheld' } });
    expect(await standing()).toBe('upheld');
  });

  it('by one organisation leaves room for another’s', async () => {
    await open('hungarian');
    await open('auditor-c');
    await change('hungarian', 'withdrawn');
    expect(await standing()).toBe('open');
  });

  it('takes no reason code, which would lie where its reader may not write', async () => {
    await open('hungarian');
    const transient = { private: JSON.stringify({ reasonCode: 'x', salt: 'ab'.repeat(32) }) };
    await expect(
      world.transition({ ...by('hungarian'), transient }, 'dispute', { id: idOf('hungarian'), to: 'withdrawn' }),
    ).rejects.toMatchObject({ code: 'INVALID_FIELD', pointer: '/reasonCode' });
  });
});

describe('the panel', () => {
  let proposals = 0;
  const suspend = async (organization: string, status = 'suspended') => {
    const admin = (org: string) => world.as(people[org]?.[0] ?? '', 'admin');
    const proposal = `proposal:cleveland/${String(++proposals).padStart(32, '0')}@1`;
    const change = { kind: 'standing', organization, status };
    await world.create(admin('cleveland'), 'proposal', proposal, { change, deadline });
    for (const org of ['cleveland', 'hungarian', 'auditor-a', 'regulator']) {
      await world.create(admin(org), 'vote', `vote:${org}/${voteName(proposal)}@1`, { proposal, choice: 'yes' });
    }
    await world.transition(admin('cleveland'), 'proposal', { id: proposal, to: 'carried' });
  };

  it('is of those who are active by vote, whatever the file says, when they rule', async () => {
    await open('hungarian');
    await change('auditor-b', 'upheld');
    await suspend('auditor-b');
    await suspend('auditor-c');
    await expect(change('auditor-c', 'upheld')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // What the one ruled that was suspended since stays there, and counts no more.
    expect(await change('regulator', 'upheld')).toMatchObject({
      header: { status: 'open', rulings: [{ organization: 'AuditorBMSP' }, { organization: 'RegulatorMSP' }] },
    });
    expect(await standing()).toBe('open');
    await suspend('auditor-c', 'active');
    expect(await change('auditor-c', 'upheld')).toMatchObject({ header: { status: 'upheld' } });
    await expect(change('auditor-c', 'upheld')).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    // A decision that was made is not undone by a vote on who made it.
    await suspend('auditor-c');
    expect(await standing()).toBe('upheld');
  });

  it('decides by what two said once both are active, when one of them says it again', async () => {
    await open('hungarian');
    await change('auditor-b', 'upheld');
    await suspend('auditor-b');
    await change('regulator', 'upheld');
    await expect(change('regulator', 'upheld')).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    await suspend('auditor-b', 'active');
    await expect(change('regulator', 'dismissed')).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    expect(await change('regulator', 'upheld')).toMatchObject({ header: { status: 'upheld' } });
  });

  it('is of two at least, or nothing is disputed', async () => {
    await suspend('auditor-c');
    await suspend('auditor-b');
    await expect(open('hungarian')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await suspend('auditor-b', 'active');
    await open('hungarian');
    const policies = (world.transcript.at(-1) ?? [])
      .filter(([verb]) => verb === 'policy')
      .map((effect) => effect.at(-1));
    expect(policies).toEqual([bytesToHex(anyTwo(['AuditorBMSP', 'RegulatorMSP']))]);
  });
});

describe('an attestation that is disputed', () => {
  it('counts for no new decision, nor for a deployment on an old one, until the dispute is dismissed', async () => {
    world = await SimulatedConsortium.open();
    const release = await ReleaseWorld.open(world);
    const { header: decision } = await release.decide();
    expect(decision.outcome).toBe('allowed');
    const id = `dispute:auditor-b/${disputeName(release.audit)}@1`;
    await world.create(
      by('auditor-b'),
      'dispute',
      id,
      { record: release.audit, subject: release.model, deadline },
      { reason: 'x', evidenceDigest: 'ab'.repeat(32) },
    );
    const { evaluation } = await release.decide();
    expect(evaluation).toMatchObject({ outcome: 'refused', requirements: [{ result: 'disputed' }, { result: 'met' }] });
    const deploy = (name: string) =>
      world.create(
        release.person('service', 6),
        'deployment',
        `deployment:hungarian/${name}@1`,
        {
          model: release.model,
          decision: decision.id,
          endpoint: 'triage',
          mode: 'live',
        },
        { configurationDigest: 'ab'.repeat(32) },
      );
    await expect(deploy('disputed')).rejects.toMatchObject({ code: 'DECISION_INVALID' });

    for (const who of ['auditor-c', 'regulator']) {
      await world.transition(by(who), 'dispute', { id, to: 'dismissed' });
    }
    expect((await release.decide()).evaluation.outcome).toBe('allowed');
    expect(await deploy('dismissed')).toMatchObject({ header: { status: 'running' } });
    const another = `dispute:regulator/${disputeName(release.audit)}@1`;
    await world.create(
      by('regulator'),
      'dispute',
      another,
      { record: release.audit, subject: release.model, deadline },
      { reason: 'x', evidenceDigest: 'ab'.repeat(32) },
    );
    for (const who of ['auditor-c', 'hungarian']) {
      await world.transition(by(who), 'dispute', { id: another, to: 'upheld' });
    }
    expect((await release.decide()).evaluation).toMatchObject({
      outcome: 'refused',
      requirements: [{ result: 'missing' }, { result: 'met' }],
    });
  });
});
