import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  canonicalJson,
  collectionName,
  type HeaderOf,
  headerKey,
  incidentOfStop,
  liveKey,
  liveValue,
  markHash,
  markValue,
  noStopBytes,
  parseId,
  stopIncidentId,
  stopKey,
} from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';
import { ReleaseWorld } from '../simulation/release-world';
import type { Proposal } from '../simulation/simulated-ledger';

type Deployment = HeaderOf<'deployment'>;
const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const named = (number: number) => `deployment:hungarian/d${number}@1`;
const instant = (day: number, hour = 0) => new Date(Date.UTC(2026, 1, day, hour)).toISOString();
const at = (day: number, hour = 0) => ({ timestamp: Date.UTC(2026, 1, day, hour) });

let world: SimulatedConsortium;
let release: ReleaseWorld;
let decision: string;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
  release = await ReleaseWorld.open(world);
  decision = (await release.decide()).header.id;
});

const deploy = async (number: number, fields: object = {}, more: Partial<Proposal> = at(2)) => {
  const caller = { ...release.person('ml-engineer', 6), ...more };
  const request = { model: release.model, endpoint: 'triage', mode: 'live', decision, ...fields };
  const made = await world.create(caller, 'deployment', named(number), request, {
    configurationDigest: 'ab'.repeat(32),
  });
  return (made as { header: Deployment }).header;
};
const stop = async (number: number, more: object = {}, caller = release.person('service', 7)) => {
  const request = canonicalJson({ id: named(number), kind: 'stop', ...more });
  const made = await world.call({ ...at(9), ...caller }, (ctx) => world.deployments.stop(ctx, request));
  return made as { header: Deployment; replay: boolean };
};
/** As the site's gateway does after a flagged stop. */
const openIncident = async (number: number, more: object = {}) => {
  const { id, publicFields, privateFields } = incidentOfStop(await read(number));
  const caller = { ...release.person('service', 7), ...at(10) };
  return world.create(caller, 'incident', id, { ...publicFields, ...more }, { ...privateFields });
};
const read = async (number: number) => (await world.read('deployment', named(number))) as Deployment;

describe('a deployment', () => {
  it('begins when it says, and ends when the next live one on its endpoint begins', async () => {
    expect(await deploy(1)).toMatchObject({ status: 'running', from: instant(2), mode: 'live' });
    await deploy(2, { endpoint: 'other' });
    await deploy(3, { mode: 'canary', share: '0.05' });
    expect(await read(1)).toMatchObject({ status: 'running' });
    await deploy(4, {}, at(5));
    expect(await read(1)).toMatchObject({ status: 'ended', from: instant(2), to: instant(5), revision: 2 });
    expect(await read(2)).toMatchObject({ status: 'running' });
    expect(await read(3)).toMatchObject({ status: 'running' });
    await deploy(5, { effectiveAt: instant(6) }, at(7));
    expect(await read(4)).toMatchObject({ status: 'ended', to: instant(6), late: true });
    expect(await read(5)).toMatchObject({ status: 'running', from: instant(6), late: true });
  });

  it('does not begin before the live one that it closes, nor in the future', async () => {
    await deploy(1, {}, at(5));
    await expect(deploy(2, { effectiveAt: instant(4) }, at(6))).rejects.toEqual(
      refused('INVALID_FIELD', '/effectiveAt'),
    );
    await expect(deploy(2, { effectiveAt: instant(7) }, at(6))).rejects.toEqual(
      refused('INVALID_FIELD', '/effectiveAt'),
    );
  });

  it('has a share where it is beside the live one, and only there', async () => {
    await expect(deploy(1, { share: '0.5' })).rejects.toEqual(refused('INVALID_FIELD', '/share'));
    await expect(deploy(1, { mode: 'shadow' })).rejects.toEqual(refused('INVALID_FIELD', '/share'));
    for (const share of ['0', '0.0', '1.5', '-0.1', '50%']) {
      await expect(deploy(1, { mode: 'canary', share })).rejects.toEqual(refused('INVALID_FIELD', '/share'));
    }
    await deploy(1, { mode: 'shadow', share: '1' });
  });

  it('rests on an allowing decision of this site about this model, made before it begins', async () => {
    await world.model('model:cleveland/heart-risk@2');
    await expect(deploy(1, { model: 'model:cleveland/heart-risk@2' })).rejects.toEqual(
      refused('DECISION_INVALID', '/decision'),
    );
    await expect(deploy(1, { model: 'model:cleveland/never@1' })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/model'),
    );
    await expect(deploy(1, { decision: 'release-decision:hungarian/never@1' })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/decision'),
    );
    const refusal = (await release.decide({ signOffs: [] })).header.id;
    await expect(deploy(1, { decision: refusal })).rejects.toEqual(refused('DECISION_INVALID', '/decision'));
    await expect(deploy(1, { effectiveAt: '2026-01-30T00:00:00.000Z' })).rejects.toEqual(
      refused('DECISION_INVALID', '/decision'),
    );
    const theirs = world.create(
      world.as('ClevelandMSP', 'ml-engineer', at(2)),
      'deployment',
      'deployment:cleveland/d1@1',
      { model: release.model, endpoint: 'triage', mode: 'live', decision },
      { configurationDigest: 'ab'.repeat(32) },
    );
    await expect(theirs).rejects.toEqual(refused('DECISION_INVALID', '/decision'));
  });

  it('rests on nothing that was taken back since', async () => {
    const auditor = world.as('AuditorAMSP', 'auditor');
    await world.transition(auditor, 'attestation', { id: release.audit, to: 'revoked' });
    await expect(deploy(1)).rejects.toEqual(refused('DECISION_INVALID', '/decision'));
  });

  it('rests on no decision that was withdrawn, and on no revoked model', async () => {
    await deploy(1);
    await world.transition(release.person('qa', 3), 'release-decision', { id: decision, to: 'withdrawn' });
    await expect(deploy(2)).rejects.toEqual(refused('DECISION_INVALID', '/decision'));
    await world.transition(world.as('ClevelandMSP', 'ml-engineer'), 'model', { id: release.model, to: 'revoked' });
    await expect(deploy(2)).rejects.toEqual(refused('DECISION_INVALID', '/model'));
  });

  it('rests on a decision whose end has not come, neither by its own time nor by the ledger’s', async () => {
    const { id } = await release.waive('qa', instant(4));
    decision = (await release.decide({ signOffs: [], waivers: [id] })).header.id;
    await deploy(1, {}, at(3, 23));
    await expect(deploy(2, {}, at(4))).rejects.toEqual(refused('DECISION_INVALID', '/decision'));
    await expect(deploy(2, { effectiveAt: instant(3) }, at(4))).rejects.toEqual(
      refused('DECISION_INVALID', '/decision'),
    );
  });

  it('rests on the policies that are in force', async () => {
    await world.create(world.as('HungarianMSP', 'qa'), 'policy', 'policy:hungarian/site@2', {
      scope: 'site',
      replaces: release.sitePolicy,
      requirements: [{ name: 'qa', requires: 'sign-off', role: 'qa' }],
    });
    await expect(deploy(1)).rejects.toEqual(refused('DECISION_INVALID', '/decision'));
  });

  it('is ended by its site, at a time after it began', async () => {
    await deploy(1, { mode: 'canary', share: '0.1' });
    const end = (effectiveAt: string) =>
      world.call({ ...release.person('ml-engineer', 6), ...at(8) }, (ctx) =>
        world.deployments.transition(ctx, canonicalJson({ id: named(1), to: 'ended', effectiveAt })),
      );
    await expect(end(instant(1))).rejects.toEqual(refused('INVALID_FIELD', '/effectiveAt'));
    expect(await end(instant(8))).toMatchObject({ header: { status: 'ended', to: instant(8) } });
    for (const to of ['stopped', 'rolled-back', 'running']) {
      const change = world.transition(release.person('ml-engineer', 6), 'deployment', { id: named(1), to });
      await expect(change).rejects.toEqual(refused('INVALID_TRANSITION', '/to'));
    }
  });
});

describe('a stop', () => {
  it('is flagged where nobody approved it, and done all the same', async () => {
    await deploy(1);
    expect(await stop(1)).toMatchObject({
      header: { status: 'stopped', to: instant(9), flags: ['approval-missing'], revision: 2 },
      replay: false,
    });
    expect(await read(1)).toMatchObject({ status: 'stopped', to: instant(9) });
    await openIncident(1);
    await deploy(2, {}, at(10));
    expect(
      await stop(
        2,
        { approvals: [release.signOff], effectiveAt: instant(11) },
        { ...release.person('qa', 3), ...at(12) },
      ),
    ).toMatchObject({ header: { status: 'stopped', to: instant(11), late: true } });
    expect(await read(2)).not.toHaveProperty('flags');
  });

  it('is flagged for approvals that are of somebody else or came later, and for a version that nobody knows', async () => {
    await deploy(1, {}, { timestamp: Date.UTC(2026, 1, 2) });
    const unknown = `sign-off:hungarian/${'ee'.repeat(16)}@1`;
    const returnedTo = 'model:cleveland/never@1';
    expect(await stop(1, { kind: 'rollback', returnedTo, approvals: [unknown] })).toMatchObject({
      header: { status: 'rolled-back', returnedTo, flags: ['approval-missing', 'returned-to-unknown'] },
    });
    await openIncident(1);
    await deploy(2, {}, at(10));
    const effectiveAt = '2026-01-01T00:00:00.000Z';
    expect(await stop(2, { approvals: [release.signOff], effectiveAt })).toMatchObject({
      header: { flags: ['approval-late'] },
    });
  });

  it('names the version returned to where it is a rollback, and only there', async () => {
    await deploy(1);
    await expect(stop(1, { returnedTo: release.model })).rejects.toEqual(refused('INVALID_FIELD', '/returnedTo'));
    await expect(stop(1, { kind: 'rollback' })).rejects.toEqual(refused('INVALID_FIELD', '/returnedTo'));
    expect(await stop(1, { kind: 'rollback', returnedTo: release.model, approvals: [release.signOff] })).toMatchObject({
      header: { status: 'rolled-back', returnedTo: release.model },
    });
  });

  it('is final, and the same when it is asked for again', async () => {
    await deploy(1);
    const { header } = await stop(1);
    expect(await stop(1, { effectiveAt: instant(3) })).toEqual({ header, replay: true });
    const change = world.transition(release.person('ml-engineer', 6), 'deployment', { id: named(1), to: 'ended' });
    await expect(change).rejects.toEqual(refused('INVALID_TRANSITION', '/to'));
    // What the site's own modified chaincode writes over it changes nothing.
    const made = (await world.read('deployment', named(1))) as Deployment;
    const mark = markHash(markValue(world.ledger.channel, made));
    world.ledger.put(stopKey(headerKey(parseId(named(1)), mark)), noStopBytes(named(1)));
    expect(await read(1)).toEqual(header);
    expect(await stop(1)).toEqual({ header, replay: true });
  });

  it('that is flagged owes an incident, before which nothing else goes live there', async () => {
    await deploy(1);
    await stop(1);
    await expect(deploy(2, {}, at(11))).rejects.toEqual(refused('INCIDENT_OWED', '/endpoint'));
    await deploy(2, { mode: 'canary', share: '0.1' }, at(11));
    await deploy(3, { endpoint: 'other' }, at(11));
    expect(await openIncident(1)).toMatchObject({
      header: { id: stopIncidentId(named(1)), status: 'open', severity: 'minor', subjects: [named(1)] },
    });
    expect(await deploy(4, {}, at(11))).toMatchObject({ status: 'running' });
    // One that was approved owes none.
    await stop(4, { approvals: [release.signOff] }, { ...release.person('service', 7), ...at(12) });
    expect(await deploy(5, {}, at(13))).toMatchObject({ status: 'running' });
  });

  it('is not settled by an incident of something else under the name', async () => {
    await deploy(1);
    await stop(1);
    await openIncident(1, { subjects: [release.model] });
    await expect(deploy(2, {}, at(11))).rejects.toEqual(refused('INCIDENT_OWED', '/endpoint'));
  });

  it('leaves the endpoint to the next one, and is not moved by it', async () => {
    await deploy(1);
    await stop(1, { approvals: [release.signOff] });
    await deploy(2, {}, at(11));
    expect(await read(1)).toMatchObject({ status: 'stopped', to: instant(9) });
    expect(await read(2)).toMatchObject({ status: 'running', from: instant(11) });
  });

  it('is the site’s, by anybody there who is not there to look only', async () => {
    await deploy(1);
    await expect(stop(1, {}, world.as('ClevelandMSP', 'qa'))).rejects.toEqual(refused('FORBIDDEN'));
    await expect(stop(1, {}, world.as('HungarianMSP', 'reader'))).rejects.toEqual(refused('FORBIDDEN'));
    await expect(stop(2)).rejects.toEqual(refused('RECORD_NOT_FOUND', '/id'));
    expect(await stop(1, {}, world.as('HungarianMSP', 'data-steward'))).toMatchObject({ replay: false });
  });

  it('is not of what has ended', async () => {
    await deploy(1);
    await deploy(2, {}, at(3));
    await expect(stop(1)).rejects.toEqual(refused('INVALID_TRANSITION', '/id'));
  });
});

describe('what is live', () => {
  it('is one at a time: the value is read at its version, so one of two at once is invalid', async () => {
    await deploy(1);
    await deploy(2, {}, at(3));
    const effects = world.transcript.at(-1) ?? [];
    const collection = collectionName('operations', 'hungarian', 2);
    const key = liveKey('triage');
    expect(effects).toContainEqual(['get private', collection, key]);
    const value = Buffer.from(liveValue(world.ledger.channel, named(2))).toString('hex');
    expect(effects).toContainEqual(['put private', collection, key, value]);
  });
});
