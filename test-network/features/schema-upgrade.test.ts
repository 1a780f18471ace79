import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commitmentOf, parseId } from '@proofward/evidence';
import type { RecordAnswer } from '@proofward/client';
import { openNetwork, Stack } from '@proofward/network';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deployLive } from '../harness/deployed.js';
import { secondGateway, type SecondGateway } from '../harness/gateways.js';
import { makeNextRelease, modelVersion2, type NextRelease } from '../harness/next-release.js';
import { networkBeside } from '../harness/place.js';
import { project, target } from '../harness/project.js';
import { carryChange } from '../harness/votes.js';
import { dataset, file, model, policy, signOff, uniqueName, World } from '../harness/world.js';

/**
 * A consortium of its own is upgraded to a release in which models have a second schema version: one gateway before its
 * chaincode, one after it. What was recorded before stays as it was.
 */
describe('a chaincode upgrade that changes a schema', () => {
  const folder = join(project, '.proofward', `schema-upgrade-${target}`);
  const options = networkBeside(join(folder, 'state'));
  let world: World;
  let next: NextRelease;
  const upgraded = new Map<string, SecondGateway>();

  /** A model as the next release has it. */
  const secondModel = (name: string, more: object = {}) => {
    const { private: values, ...request } = model(name);
    return { ...request, ...modelVersion2.public, ...more, private: { ...values, ...modelVersion2.private } };
  };

  beforeAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    next = await makeNextRelease(folder);
    await new Stack(await openNetwork(options)).up();
    world = await World.attach(options);
  }, 300_000);
  afterAll(async () => {
    world.close();
    for (const gateway of upgraded.values()) await gateway.stop();
    await world.stack.down();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** Replaces an organisation's gateway by one of the next release. */
  async function upgradeGateway(slug: string): Promise<void> {
    await world.stack.stop(`gateway.${slug}`);
    upgraded.set(slug, await secondGateway(world, slug, {}, next.flags));
  }
  const as = (slug: string, role: string) => upgraded.get(slug)?.as(role) ?? world.as(slug, role);

  it('leaves what was recorded before readable, traceable and provable, beside what is recorded after', async () => {
    const { record: data } = await as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('before')));
    const endpoint = uniqueName('triage');
    const name = uniqueName('before');
    const request = {
      ...model(name, [{ id: data.id, role: 'training' }]),
      private: { fingerprint: { files: [file] }, [modelVersion2.dropped]: 'the first team' },
    };
    const engineer = as('cleveland', 'ml-engineer');
    const { record: first } = await engineer.models.create(request);
    const { live, version: running } = await deployLive(world, endpoint);
    const ranAt = new Date().toISOString();
    const before = await read('cleveland', first.id, live.ledger.block);
    expect(before.header.schema).toBe(1);

    // A gateway that is ahead of the chaincode reads what there is, and cannot write what the chaincode does not know.
    await upgradeGateway('hungarian');
    const { header } = await as('hungarian', 'reader').models.get(first.id, { minBlock: live.ledger.block });
    expect(header).toEqual(first.header);
    const theirName = uniqueName('theirs');
    const createTheirs = () => as('hungarian', 'ml-engineer').models.create(secondModel(theirName));
    await expect(createTheirs()).rejects.toMatchObject({ code: 'SCHEMA_VERSION_DIFFERS' });

    await (await openNetwork({ ...options, bundle: next.bundle })).deploy();

    // The gateway of the release before goes on in its own version, until a majority votes that this is over.
    expect(await engineer.models.create(request)).toMatchObject({ replay: true, record: { header: before.header } });
    const late = () => ({ ...request, ...model(uniqueName('late')) });
    const { record: between } = await engineer.models.create(late());
    expect(between.header.schema).toBe(1);
    const theirs = await createTheirs();
    expect(theirs.record.header).toMatchObject({ schema: 2, modality: 'tabular' });
    const unknown = carryMinimum(3);
    await expect(unknown).rejects.toMatchObject({ code: 'INVALID_FIELD', pointer: '/change/value/schemas/0/minimum' });
    const { id: proposal, block } = await carryMinimum(2);
    await expect(engineer.models.create(late())).rejects.toMatchObject({ status: 503, code: 'SCHEMA_VERSION_RETIRED' });
    expect(await engineer.models.create(request)).toMatchObject({ replay: true, record: { header: before.header } });
    // What did not change is written by either release.
    await as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('between')));
    const agreed = await as('cleveland', 'reader').settings.get('setting:consortium/schemas@1', { minBlock: block });
    expect(agreed.header).toMatchObject({ proposal, value: { schemas: [{ type: 'model', minimum: 2 }] } });

    // The release before passes over what it cannot read, and does not guess.
    await expect(as('cleveland', 'reader').models.get(theirs.record.id, { minBlock: block })).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
    });
    await upgradeGateway('cleveland');

    // It has read the ledger anew, and so has what it passed over.
    expect(await read('cleveland', theirs.record.id, block)).toMatchObject({
      header: { schema: 2, modality: 'tabular' },
      private: 'withheld',
    });
    const after = await read('cleveland', first.id, block);
    expect({ ...after, blockHeight: 0 }).toEqual({ ...before, blockHeight: 0 });
    expect(commitment(after)).toBe(after.header.commitment);
    // So does what was recorded in the first version beside the second.
    const kept = await read('cleveland', between.id, block);
    expect(kept.header).toEqual(between.header);
    expect(commitment(kept)).toBe(between.header.commitment);
    expect(JSON.parse(await world.ledger('auditor-b', 'auditor').evaluate('models:read', first.id))).toEqual(
      first.header,
    );
    const shown = as('cleveland', 'reader').models;
    expect(await shown.verify(first.id, { files: [file] })).toMatchObject({ result: 'match' });

    await world.settled();
    const more = { parents: [{ id: first.id, relation: 'fine-tuned' }], name, version: '2' };
    const { record: second } = await as('cleveland', 'ml-engineer').models.create(secondModel(name, more));
    expect(second).toMatchObject({ header: { schema: 2 }, private: modelVersion2.private });
    const minBlock = second.ledger.block;
    const seen = await read('cleveland', second.id, minBlock);
    expect(commitment(seen)).toBe(seen.header.commitment);
    const listed = await shown.list({ name, minBlock });
    expect(listed.items.map(({ header }) => header.schema).sort()).toEqual([1, 2]);
    const up = await shown.lineage(second.id, { direction: 'up', minBlock });
    expect(up.nodes.map(({ id }) => id)).toEqual(expect.arrayContaining([first.id, data.id]));

    // A change of state leaves a record in the version that it was made in.
    const { header: changed } = await as('cleveland', 'ml-engineer').models.transition(first.id, { to: 'deprecated' });
    expect(changed).toEqual({
      ...first.header,
      ...{ status: 'deprecated', revision: 2, recordedAt: changed.recordedAt, effectiveAt: changed.effectiveAt },
    });

    const traced = await as('cleveland', 'reader').trace({ endpoint, at: ranAt }, { minBlock });
    expect(traced.candidates).toMatchObject([{ deployment: { id: live.id }, model: { id: running.id } }]);
    const decided = await deploySecond(second.id, endpoint);
    const now = await as('cleveland', 'reader').trace(
      { endpoint, at: new Date().toISOString() },
      { minBlock: decided.ledger.block },
    );
    expect(now.candidates).toMatchObject([{ deployment: { id: decided.id }, model: { id: second.id } }]);

    // Nothing new is of the version before, or of one that nobody knows.
    const old = model(uniqueName('old'));
    await expect(as('cleveland', 'ml-engineer').models.create(old)).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/modality',
    });
    const id = `model:cleveland/${uniqueName('old')}@1`;
    const { record } = world.seal('model', id, old.private);
    const create = async (schema: number) => {
      const sealed = { ...record, schema };
      const argument = {
        id,
        purpose: 'triage',
        modality: 'tabular',
        commitment: commitmentOf(options.topology.channel, sealed),
      };
      const fields = schema === 1 ? { ...argument, modality: undefined } : argument;
      const outcome = await world
        .ledger('cleveland', 'ml-engineer')
        .simulate('models:create', [JSON.stringify(fields)], undefined, { private: JSON.stringify(sealed) });
      return outcome.code;
    };
    expect(await create(1)).toBe('SCHEMA_VERSION_RETIRED');
    expect(await create(3)).toBe('SCHEMA_VERSION_DIFFERS');
  }, 300_000);

  function carryMinimum(minimum: number) {
    return carryChange(world, { kind: 'setting', value: { of: 'schemas', schemas: [{ type: 'model', minimum }] } });
  }

  function read(slug: string, id: string, minBlock: number): Promise<RecordAnswer<'model'>> {
    return as(slug, 'reader').models.get(id, { minBlock, salts: true });
  }

  /** Computed anew from the fields and salts that a member is shown. */
  function commitment({ header, fields = {} }: RecordAnswer<'model'>): string {
    const { type, id, schema, privateRevision: revision } = header;
    return commitmentOf(options.topology.channel, { schema, type, id, revision, fields });
  }

  async function deploySecond(id: string, endpoint: string) {
    const requirements = [{ name: 'signed', requires: 'sign-off' as const, role: 'qa' as const }];
    const qa = as('cleveland', 'qa');
    await world.settled();
    await qa.policies.create({ ...policy(uniqueName('second'), parseId(id).name), requirements });
    await world.settled();
    const { record: signed } = await qa.signOffs.create(signOff(id));
    await world.settled();
    const { record: decision } = await qa.releases.request(
      { model: id, purpose: 'triage', signOffs: [signed.id] },
      { minBlock: signed.ledger.block },
    );
    await world.settled();
    const { record } = await as('cleveland', 'service').deployments.create({
      ...{ model: id, endpoint, mode: 'live', decision: decision.id },
      private: { configurationDigest: file.sha256 },
    });
    return record;
  }
});
