import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, stopIncidentId } from '@proofward/evidence';
import { ProblemError } from '@proofward/client';
import { randomBytes } from 'node:crypto';
import { deployLive } from '../harness/deployed.js';
import { eventually } from '../harness/receipts.js';
import { file, msp, uniqueName, World } from '../harness/world.js';

/** A stop needs the site alone, so it goes through without approval; that it did is an incident, whoever is down meanwhile. */
describe('a stop without approval', () => {
  let world: World;
  const down = new Set<string>();
  const stop = async (name: string) => {
    await world.stack.stop(name);
    down.add(name);
  };
  const start = async (name: string) => {
    await world.stack.start(name);
    down.delete(name);
  };
  beforeAll(async () => {
    world = await World.attach();
  });
  afterEach(async () => {
    for (const name of down) await start(name);
  }, 120_000);
  afterAll(() => {
    world.close();
  });

  const opened = (deployment: string, slug = 'cleveland') =>
    eventually('the incident is open', async () => {
      try {
        return await world.as(slug, 'reader').incidents.get(stopIncidentId(deployment));
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'RECORD_NOT_FOUND') return undefined;
        throw error;
      }
    });
  const owing = async (slug: string, endpoint: string, minBlock: number) => {
    const asked = { endpoint, 'owes-incident': 'true', minBlock };
    return (await world.as(slug, 'reader').deployments.list(asked)).items.map(({ id }) => id);
  };
  /** What cleveland's chaincode says to a next live deployment there. */
  const next = async ({ model, decision, endpoint }: { model: string; decision: string; endpoint: string }) => {
    const id = `deployment:cleveland/${randomBytes(16).toString('hex')}@1`;
    const { record, commitment } = world.seal('deployment', id, { configurationDigest: file.sha256 });
    const request = canonicalJson({ id, model, decision, endpoint, mode: 'live', commitment });
    const ledger = world.ledger('cleveland', 'service');
    return (await ledger.simulate('deployments:create', [request], msp.cleveland, { private: canonicalJson(record) }))
      .code;
  };

  it('opens an incident by itself, on the deployment, and says there what was missing', async () => {
    const endpoint = uniqueName('unapproved');
    const { version, decision, live } = await deployLive(world, endpoint);
    const { record: other } = await world.as('cleveland', 'service').deployments.create({
      ...{ model: version.id, endpoint, mode: 'canary', share: '0.1', decision: decision.id },
      private: { configurationDigest: file.sha256 },
    });
    const stopped = await world
      .as('cleveland', 'data-steward')
      .deployments.rollback(live.id, { returnedTo: version.id });
    expect(stopped.header.flags).toEqual(['approval-missing']);
    const incident = await opened(live.id);
    expect(incident).toMatchObject({
      status: 'open',
      header: { subjects: [live.id], severity: 'minor', author: msp.cleveland, effectiveAt: stopped.header.to },
      private: { awareAt: stopped.recordedAt },
    });
    const at = { minBlock: incident.ledger.block };
    expect((await world.as('hungarian', 'reader').deployments.get(live.id, at)).beside).toMatchObject([
      { id: incident.id, type: 'incident', status: 'open' },
    ]);
    expect(await world.as('regulator', 'inspector').incidents.get(incident.id, at)).toMatchObject({
      private: { description: expect.stringContaining('no sign-off of the site approves it') as unknown as string },
    });
    expect(await owing('hungarian', endpoint, incident.ledger.block)).toEqual([]);
    expect(await next({ model: version.id, decision: decision.id, endpoint })).toBe('ok');

    // One that was approved is none.
    const { items } = await world.as('cleveland', 'reader').signOffs.list({ model: version.id });
    const approvals = items.map(({ id }) => id);
    const approved = await world.as('cleveland', 'service').deployments.stop(other.id, { approvals });
    expect(approved.header.flags).toBeUndefined();
    expect(await owing('hungarian', endpoint, approved.ledger.block)).toEqual([]);
    await world.settled();
    await expect(world.as('cleveland', 'reader').incidents.get(stopIncidentId(other.id))).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
    });
  });

  it('holds nobody back who opens the next one at once', async () => {
    const endpoint = uniqueName('at-once');
    const { version, decision, live } = await deployLive(world, endpoint);
    const { deployments } = world.as('cleveland', 'service');
    await deployments.stop(live.id);
    const { record } = await deployments.create({
      ...{ model: version.id, endpoint, mode: 'live', decision: decision.id },
      private: { configurationDigest: file.sha256 },
    });
    expect(record.status).toBe('running');
    expect(await opened(live.id)).toMatchObject({ status: 'open' });
  });

  it('owes it while nobody else answers and after a crash, and nothing else goes live there before', async () => {
    const endpoint = uniqueName('alone');
    const { version, decision, live } = await deployLive(world, endpoint);
    const request = { model: version.id, decision: decision.id, endpoint };
    const others = ['auditor-a', 'auditor-b', 'regulator'].map((slug) => `chaincode.${slug}`);
    for (const name of others) await stop(name);
    const stopped = await world.as('cleveland', 'service').deployments.stop(live.id);
    expect(stopped).toMatchObject({ status: 'stopped', header: { flags: ['approval-missing'] } });
    await stop('gateway.cleveland');
    for (const name of others) await start(name);

    expect(await owing('hungarian', endpoint, stopped.ledger.block)).toEqual([live.id]);
    expect(await next(request)).toBe('INCIDENT_OWED');
    await start('gateway.cleveland');
    const incident = await opened(live.id);
    expect(incident).toMatchObject({ status: 'open', header: { subjects: [live.id] } });
    expect(await owing('hungarian', endpoint, incident.ledger.block)).toEqual([]);
    expect(await next(request)).toBe('ok');
  }, 180_000);
});
