import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, parseId } from '@proofward/evidence';
import type { Lineage } from '@proofward/client';
import { hex } from '../harness/receipts.js';
import {
  dataset,
  emptyBatch,
  file,
  incident,
  model,
  msp,
  policy,
  signOff,
  uniqueName,
  World,
} from '../harness/world.js';

/** Data turn out to be unusable: what was made from them, decided on that and runs with it is found, and nothing else. */
describe('a recall', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  const cleveland = (role: string) => world.as('cleveland', role);
  const of = (type: string, { nodes }: Lineage) => nodes.filter((node) => node.type === type).map(({ id }) => id);

  /** A decision on a version, and if it allows it a deployment. */
  async function decide(version: string, isApproved: boolean) {
    const requirements = [{ name: 'signed', requires: 'sign-off' as const, role: 'qa' as const }];
    const asked = { ...policy(uniqueName('recall'), parseId(version).name), requirements };
    const { record: rules } = await cleveland('qa').policies.create(asked);
    const signOffs = isApproved ? [(await cleveland('qa').signOffs.create(signOff(version))).record] : [];
    await world.settled();
    const { record } = await cleveland('qa').releases.request(
      { model: version, purpose: 'triage', signOffs: signOffs.map(({ id }) => id) },
      { minBlock: Math.max(...[rules, ...signOffs].map(({ ledger }) => ledger.block)) },
    );
    return record;
  }
  async function deploy(version: string, decision: string, endpoint: string) {
    const { record } = await cleveland('service').deployments.create({
      ...{ model: version, endpoint, mode: 'live', decision },
      private: { configurationDigest: file.sha256 },
    });
    return record;
  }
  /** Three receipts of a window that ends now. */
  async function batch(endpoint: string, window: { from: string; to: string }, first: number, previous?: string) {
    const id = `batch:cleveland/${hex(16)}@1`;
    const more = { window, first, last: first + 2, count: 3, root: hex(), previous, effectiveAt: window.to };
    const asked = canonicalJson({ id, ...emptyBatch(endpoint), ...more });
    const ledger = world.ledger('cleveland', 'service');
    expect(await ledger.submit('batches:create', [asked], [msp.cleveland, msp.auditorA])).toBe('VALID');
    return id;
  }

  it('of a dataset tells every version, decision and deployment downstream of it, with the receipts of that time', async () => {
    const steward = cleveland('data-steward').datasets;
    const engineer = cleveland('ml-engineer').models;
    const { record: raw } = await steward.create(dataset(uniqueName('raw')));
    const { record: clean } = await steward.create({ ...dataset(uniqueName('clean')), parents: [raw.id] });
    const { record: other } = await steward.create(dataset(uniqueName('other')));
    const trained = (await engineer.create(model(uniqueName('trained'), [{ id: clean.id, role: 'training' }]))).record;
    const tested = (await engineer.create(model(uniqueName('tested'), [{ id: raw.id, role: 'testing' }]))).record;
    const innocent = (await engineer.create(model(uniqueName('innocent'), [{ id: other.id, role: 'training' }])))
      .record;
    const parents = [{ id: trained.id, relation: 'quantised' as const }];
    const tuned = (await engineer.create({ ...model(uniqueName('tuned')), parents })).record;

    const refused = await decide(trained.id, false);
    const allowed = await decide(tuned.id, true);
    const unconcerned = await decide(innocent.id, true);
    expect([refused, allowed, unconcerned].map(({ header }) => header.outcome)).toEqual([
      'refused',
      'allowed',
      'allowed',
    ]);
    const endpoint = uniqueName('recalled');
    const begun = new Date(Date.now() - 1_000).toISOString();
    const ended = await deploy(tuned.id, allowed.id, endpoint);
    // Its window began before the first of them, which is the endpoint's first batch.
    const between = new Date().toISOString();
    const first = await batch(endpoint, { from: begun, to: between }, 1);
    const running = await deploy(tuned.id, allowed.id, endpoint);
    const elsewhere = await deploy(innocent.id, unconcerned.id, uniqueName('unconcerned'));
    const now = new Date().toISOString();
    await batch(endpoint, { from: between, to: now }, 4, first);

    await world.settled();
    const withdrawn = await steward.transition(raw.id, { to: 'withdrawn', reasonCode: 'consent-withdrawn' });
    const at = { minBlock: withdrawn.ledger.block };
    await world.settled();
    const reader = world.as('hungarian', 'reader');
    const found = await reader.datasets.recall(raw.id, at);
    expect(found.nodes[0]).toMatchObject({ id: raw.id, status: 'withdrawn', distance: 0 });
    expect(of('dataset', found)).toEqual([raw.id, clean.id]);
    expect(new Set(of('model', found))).toEqual(new Set([tested.id, trained.id, tuned.id]));
    expect(new Set(of('release-decision', found))).toEqual(new Set([refused.id, allowed.id]));
    expect(of('deployment', found)).toEqual([ended.id, running.id]);
    expect(found.nodes).toHaveLength(9);
    expect(found).toMatchObject({ truncated: false, withheld: 9 });
    const [then, live] = found.nodes.filter(({ type }) => type === 'deployment');
    expect(then).toMatchObject({ status: 'ended', receipts: { from: begun, first: 1 } });
    expect(live).toMatchObject({ status: 'running', receipts: { to: now, last: 6 } });
    // What began within the first window has receipts in it; the second is of a time when the first had ended, or nearly.
    expect(live?.receipts?.first).toBe(4);
    const edge = { from: trained.id, to: clean.id, relation: 'datasets', detail: 'training' };
    expect(found.edges).toContainEqual(edge);

    // The same of a model, and of an incident on it.
    const ofModel = await reader.models.recall(trained.id, at);
    expect(ofModel.nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining([trained.id, tuned.id, refused.id, allowed.id, ended.id, running.id]),
    );
    expect(ofModel.nodes).toHaveLength(6);
    const { record: told } = await cleveland('qa').incidents.create(incident([raw.id]));
    const radius = await reader.incidents.blastRadius(told.id, { minBlock: told.ledger.block });
    expect(radius.nodes).toEqual(found.nodes);

    // And as lists, of whatever length.
    const asked = { 'trained-on': 'withdrawn', owner: 'cleveland', ...at };
    const inList = async (list: Promise<{ items: { id: string }[] }>, candidates: { id: string }[]) => {
      const ids = (await list).items.map(({ id }) => id);
      return candidates.filter(({ id }) => ids.includes(id)).map(({ id }) => id);
    };
    const newest = { sort: '-recorded', limit: 200 };
    const lists = [
      await inList(reader.models.list({ ...asked, ...newest }), [trained, tuned, tested, innocent]),
      await inList(reader.releases.list({ ...asked, ...newest }), [refused, allowed, unconcerned]),
      await inList(reader.deployments.list({ ...asked, ...newest, status: 'running' }), [ended, running, elsewhere]),
    ];
    // What was only tested on the data was not made from them.
    expect(lists).toEqual([[trained.id, tuned.id], [refused.id, allowed.id], [running.id]]);
  });

  it('of what has nothing downstream is itself, and of what is not there is not found', async () => {
    const { record } = await cleveland('data-steward').datasets.create(dataset(uniqueName('alone')));
    const found = await world.as('hungarian', 'reader').datasets.recall(record.id, { minBlock: record.ledger.block });
    expect(found.nodes.map(({ id, receipts }) => [id, receipts])).toEqual([[record.id, undefined]]);
    await expect(cleveland('reader').datasets.recall('dataset:cleveland/never@1')).rejects.toMatchObject({
      status: 404,
      code: 'RECORD_NOT_FOUND',
    });
  });
});
