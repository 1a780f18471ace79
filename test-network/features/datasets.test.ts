import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeSamples, readDatasetKey } from '@proofward/client/samples';
import { fingerprintFiles, modelManifest } from '@proofward/client/files';
import { dataset, model, uniqueName, World } from '../harness/world.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const hospital = join(root, 'examples/heart-disease/data/cleveland.csv');

describe('a dataset of real records', () => {
  let world: World;
  const room = mkdtempSync(join(tmpdir(), 'proofward-datasets-'));
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
    rmSync(room, { recursive: true, force: true });
  });

  it('is verified by its files, its root, or one sample, and what differs is named', async () => {
    const key = await readDatasetKey(join(room, 'key'), true);
    const { samples, schemaDigest, groupSizes, proved } = await describeSamples([hospital], key, {
      protectedAttributes: ['sex'],
      prove: [17],
    });
    const files = await fingerprintFiles(hospital);
    const steward = world.as('cleveland', 'data-steward');
    const request = { files, samples, schemaDigest, groupSizes, digestOrigin: 'native' as const };
    const { record } = await steward.datasets.create(dataset(uniqueName('heart'), request));
    const at = { minBlock: record.ledger.block };
    const auditor = world.as('auditor-a', 'auditor');
    const verify = (presented: Parameters<typeof auditor.datasets.verify>[1]) =>
      auditor.datasets.verify(record.id, presented, at);

    expect(await verify({ files })).toMatchObject({ result: 'match', digestOrigin: 'native' });
    expect(await verify(samples)).toMatchObject({ result: 'match', root: { result: 'match', count: 303 } });
    expect(await verify({ root: samples.root, count: 302 })).toMatchObject({ result: 'mismatch' });
    expect(await verify({ root: schemaDigest })).toMatchObject({ result: 'mismatch', root: { result: 'mismatch' } });

    const [shown] = proved;
    if (shown === undefined) throw new Error('not proved');
    const sample = { ...shown.proof, record: shown.record };
    expect(await verify({ sample })).toMatchObject({ result: 'match', sample: { index: 17, result: 'match' } });
    for (const other of [{ record: { ...sample.record, sex: 'x' } }, { index: 18 }, { salt: samples.root }]) {
      const index = other.index ?? 17;
      expect(await verify({ sample: { ...sample, ...other } })).toMatchObject({
        result: 'mismatch',
        sample: { index, result: 'mismatch' },
      });
    }
    await expect(world.as('hungarian', 'reader').datasets.verify(record.id, samples, at)).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
  });

  it('of which others made the digests is marked, and a model is verified by its Model Signing root', async () => {
    const files = await fingerprintFiles(hospital);
    const { record } = await world
      .as('cleveland', 'data-steward')
      .datasets.create(dataset(uniqueName('taken'), { files, digestOrigin: 'external' }));
    const auditor = world.as('auditor-a', 'auditor');
    const at = { minBlock: record.ledger.block };
    expect(await auditor.datasets.verify(record.id, { files }, at)).toMatchObject({
      result: 'match',
      digestOrigin: 'external',
    });
    const manifest = await modelManifest(files);
    const { record: weights } = await world
      .as('cleveland', 'ml-engineer')
      .models.create({ ...model(uniqueName('signed')), private: { fingerprint: { files, manifest } } });
    const same = await auditor.models.verify(weights.id, { root: manifest.root }, { minBlock: weights.ledger.block });
    expect(same).toMatchObject({ result: 'match', root: { result: 'match' } });
    expect(await auditor.models.verify(weights.id, { root: '0'.repeat(64) })).toMatchObject({ result: 'mismatch' });
  });

  it('that a model was trained and tested on is a warning at the model', async () => {
    const { record: data } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('both')));
    const engineer = world.as('cleveland', 'ml-engineer');
    const roles = (...named: ('training' | 'validation' | 'testing')[]) => named.map((role) => ({ id: data.id, role }));
    const { record: both } = await engineer.models.create(model(uniqueName('both'), roles('training', 'testing')));
    expect(both.warnings).toEqual([{ code: 'trained-and-tested-on', record: data.id }]);
    const { record: good } = await engineer.models.create(model(uniqueName('good'), roles('training', 'validation')));
    expect(good.warnings).toBeUndefined();
  });

  it('that is withdrawn is recalled: all that was made from it is found', async () => {
    const steward = world.as('cleveland', 'data-steward');
    const engineer = world.as('cleveland', 'ml-engineer');
    const { record: data } = await steward.datasets.create(dataset(uniqueName('recalled')));
    const { record: trained } = await engineer.models.create(
      model(uniqueName('trained'), [{ id: data.id, role: 'training' }]),
    );
    const { record: tested } = await engineer.models.create(
      model(uniqueName('tested'), [{ id: data.id, role: 'testing' }]),
    );
    const { record: tuned } = await engineer.models.create({
      ...model(uniqueName('tuned')),
      parents: [{ id: trained.id, relation: 'fine-tuned' }],
    });
    const reader = world.as('auditor-a', 'auditor');
    const affected = async (minBlock: number) => {
      const ids: string[] = [];
      for await (const { id } of reader.models.stream({ 'trained-on': 'withdrawn', minBlock })) ids.push(id);
      return [trained, tuned, tested].filter(({ id }) => ids.includes(id)).map(({ id }) => id);
    };
    expect(await affected(tuned.ledger.block)).toEqual([]);
    const { ledger } = await steward.datasets.transition(data.id, { to: 'withdrawn', reasonCode: 'consent-withdrawn' });
    expect(await affected(ledger.block)).toEqual([trained.id, tuned.id]);
    const { nodes } = await reader.datasets.lineage(data.id, { direction: 'down', minBlock: ledger.block });
    expect(nodes[0]).toMatchObject({ id: data.id, status: 'withdrawn' });
    expect(nodes.map(({ id }) => id)).toEqual(expect.arrayContaining([trained.id, tuned.id, tested.id]));
  });

  it('is fingerprinted, registered and verified from the command line', async () => {
    const { url, apiKeys } = world.stack.organization('cleveland');
    const proofward = async (role: string, ...words: string[]) => {
      const env = { ...process.env, PROOFWARD_URL: url, PROOFWARD_API_KEY: apiKeys[role] ?? '' };
      const program = join(root, 'client/dist/bin/proofward.js');
      try {
        const { stdout } = await run(process.execPath, [program, ...words], { cwd: room, env });
        return { status: 0, stdout };
      } catch (error) {
        const { code, stdout } = error as { code: number; stdout: string };
        return { status: code, stdout };
      }
    };
    const name = uniqueName('shell');
    const id = `dataset:cleveland/${name}@1`;
    const records = ['--records', '--key', 'shell.key'];
    const registered = [
      'register',
      'dataset',
      hospital,
      ...records,
      '--protected',
      'sex',
      '--name',
      name,
      '--version',
      '1',
    ];
    const { stdout: said } = await proofward('data-steward', ...registered);
    expect(said).toMatch(new RegExp(`^${id} recorded, in block`));
    expect((await proofward('data-steward', ...registered)).stdout).toMatch(/was recorded already/);
    const minBlock = Number(/block (\d+)/.exec(said)?.[1]);
    await world.as('cleveland', 'data-steward').datasets.get(id, { minBlock });
    expect(await proofward('data-steward', 'verify', hospital, '--against', id)).toMatchObject({ status: 0 });
    expect(await proofward('data-steward', 'verify', hospital, ...records, '--against', id)).toMatchObject({
      status: 0,
    });

    const { stdout } = await proofward('data-steward', 'prove', hospital, '--key', 'shell.key', '--index', '302');
    writeFileSync(join(room, 'sample.json'), stdout);
    const sample = ['verify', '--sample', 'sample.json', '--against', id];
    expect(await proofward('data-steward', ...sample)).toMatchObject({ status: 0, stdout: 'match: sample 302\n' });
    writeFileSync(join(room, 'sample.json'), stdout.replace('"sex": "1"', '"sex": "0"'));
    expect(await proofward('data-steward', ...sample)).toMatchObject({ status: 3 });
  });
});
