import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { target } from '../harness/project.js';
import { attestation, dataset, file, model, uniqueName, World } from '../harness/world.js';

describe('the way of a record, through the gateways', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });
  const steward = () => world.as('cleveland', 'data-steward');
  const engineer = () => world.as('cleveland', 'ml-engineer');
  const auditor = () => world.as('auditor-a', 'auditor');

  it('a gateway tells which ledger it is on, from the genesis block alone', async () => {
    expect(await steward().whoami()).toMatchObject({ organization: 'cleveland', target });
  });

  it('a dataset is created, read, listed, changed, and its history told', async () => {
    const name = uniqueName('dataset');
    const { record, replay } = await steward().datasets.create(dataset(name));
    expect(replay).toBe(false);
    expect(record).toMatchObject({ id: `dataset:cleveland/${name}@1`, type: 'dataset', status: 'registered' });
    expect(record.commitment).toMatch(/^[0-9a-f]{64}$/);
    expect(record.ledger.txId).toMatch(/^[0-9a-f]{64}$/);

    const at = { minBlock: record.ledger.block };
    const read = await steward().datasets.get(record.id, at);
    expect(read).toMatchObject({ id: record.id, commitment: record.commitment, private: { files: [file] } });
    expect(read.blockHeight).toBeGreaterThan(record.ledger.block);
    const list = await steward().datasets.list({ owner: 'cleveland', status: 'registered', ...at });
    expect(list.items.map(({ id }) => id)).toContain(record.id);

    const flagged = await steward().datasets.transition(record.id, { to: 'flagged', reasonCode: 'quality' });
    expect(flagged).toMatchObject({ status: 'flagged', commitment: record.commitment });
    await expect(steward().datasets.transition(record.id, { to: 'flagged' })).rejects.toMatchObject({
      status: 409,
      code: 'INVALID_TRANSITION',
      pointer: '/to',
    });
    const history = await steward().datasets.history(record.id, { minBlock: flagged.ledger.block });
    expect(history.revisions.map(({ header }) => header.status)).toEqual(['flagged', 'registered']);
    const ledger = JSON.parse(
      await world.ledger('hungarian', 'reader').evaluate('datasets:history', record.id),
    ) as unknown[];
    expect(ledger).toHaveLength(2);
  });

  it('a model names its datasets, and an attestation its subject', async () => {
    const { record: data } = await steward().datasets.create(dataset(uniqueName('training')));
    const request = model(uniqueName('model'), [{ id: data.id, role: 'training' }]);
    const { record: version } = await engineer().models.create(request);
    expect(version.header).toMatchObject({ purpose: 'triage', datasets: [{ id: data.id, role: 'training' }] });
    const { record: audit } = await auditor().attestations.create(attestation(version.id));
    expect(audit.id).toMatch(/^attestation:auditor-a\/[0-9a-f]{32}@1$/);
    expect(audit.header).toMatchObject({ subject: version.id, kind: 'fairness', status: 'active' });

    const at = { minBlock: audit.ledger.block };
    const list = await world.as('regulator', 'inspector').attestations.list({ subject: version.id, ...at });
    expect(list.items.map(({ id }) => id)).toEqual([audit.id]);
    expect((await engineer().models.transition(version.id, { to: 'deprecated' })).status).toBe('deprecated');
    expect((await auditor().attestations.transition(audit.id, { to: 'revoked' })).status).toBe('revoked');
  });

  it('what does not exist or is not granted cannot be referred to', async () => {
    const missing = model(uniqueName('model'), [{ id: 'dataset:cleveland/never@1', role: 'training' }]);
    await expect(engineer().models.create(missing)).rejects.toMatchObject({
      status: 422,
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/datasets/0/id',
    });
    const { record: foreign } = await world
      .as('hungarian', 'data-steward')
      .datasets.create(dataset(uniqueName('theirs')));
    await expect(
      engineer().models.create(model(uniqueName('model'), [{ id: foreign.id, role: 'training' }])),
    ).rejects.toMatchObject({
      status: 403,
      code: 'GRANT_REQUIRED',
    });
    await expect(auditor().attestations.create(attestation('model:cleveland/never@1'))).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/subject',
    });
  });

  it('the same record again is the same answer, another content under its id is refused', async () => {
    const request = dataset(uniqueName('again'));
    const first = await steward().datasets.create(request);
    const second = await steward().datasets.create(request);
    expect(second).toEqual({ record: first.record, replay: true });
    await expect(
      steward().datasets.create({ ...request, private: { files: [file], licence: 'another' } }),
    ).rejects.toMatchObject({
      status: 409,
      code: 'RECORD_EXISTS',
    });
  });

  it('wrong fields are refused with their JSON pointer', async () => {
    const good = dataset(uniqueName('wrong'));
    const cases: [Record<string, unknown>, string][] = [
      [{ ...good, private: { files: [{ ...file, sha256: 'AB' }] } }, '/private/files/0/sha256'],
      [{ ...good, private: { files: [file], unheardOf: 1 } }, '/private/unheardOf'],
      [{ ...good, unheardOf: 1 }, '/unheardOf'],
      [{ ...good, parents: ['model:cleveland/m@1'] }, '/parents/0'],
      [{ ...good, name: 'Not A Name' }, '/name'],
    ];
    for (const [body, pointer] of cases) {
      await expect(steward().datasets.create(body as never)).rejects.toMatchObject({ status: 400, pointer });
    }
  });

  it('nobody writes what its role or organisation does not', async () => {
    const refused: (() => Promise<unknown>)[] = [
      () => world.as('cleveland', 'reader').datasets.create(dataset(uniqueName('refused'))),
      () => world.as('cleveland', 'admin').datasets.create(dataset(uniqueName('refused'))),
      () => world.as('regulator', 'inspector').datasets.create(dataset(uniqueName('refused'))),
      () => world.as('auditor-a', 'auditor').models.create(model(uniqueName('refused'))),
      () => world.as('cleveland', 'data-steward').attestations.create(attestation('model:cleveland/any@1')),
      () =>
        world.as('hungarian', 'data-steward').datasets.create({
          ...dataset('x'),
          id: 'dataset:cleveland/x@1',
          name: undefined,
          version: undefined,
        } as never),
    ];
    for (const attempt of refused) await expect(attempt()).rejects.toMatchObject({ status: 403 });
  });

  it('files are verified against the record, and the one that differs is named', async () => {
    const other = { ...file, path: 'second.csv' };
    const { record } = await steward().datasets.create(dataset(uniqueName('verified'), { files: [file, other] }));
    const at = { minBlock: record.ledger.block };
    await steward().datasets.get(record.id, at);
    expect(await steward().datasets.verify(record.id, { files: [file, other] })).toMatchObject({ result: 'match' });
    const changed = { ...other, sha256: '0'.repeat(64) };
    const verdict = await world
      .as('auditor-b', 'auditor')
      .datasets.verify(record.id, { files: [file, changed, { ...file, path: 'third.csv' }] }, at);
    expect(verdict.result).toBe('mismatch');
    expect(verdict.files).toEqual(
      expect.arrayContaining([
        { path: file.path, result: 'match' },
        { path: 'second.csv', result: 'mismatch' },
        { path: 'third.csv', result: 'unexpected' },
      ]),
    );
    await expect(
      world.as('hungarian', 'reader').datasets.verify(record.id, { files: [file] }, at),
    ).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
  });

  it('presented fields of an attestation are verified by anybody, and a changed one is found', async () => {
    const { record: subject } = await engineer().models.create(model(uniqueName('presented')));
    const { record } = await auditor().attestations.create(attestation(subject.id));
    const presentation = await auditor().attestations.present(record.id, ['verdict'], {
      minBlock: record.ledger.block,
    });
    const outsider = world.as('hungarian', 'reader');
    await outsider.attestations.get(record.id, { minBlock: record.ledger.block });
    expect(await outsider.attestations.verify(record.id, presentation)).toMatchObject({ result: 'match' });
    const [field] = presentation.fields;
    const forged = { ...presentation, fields: [{ ...field, value: { claimed: 'pass' } }] };
    expect(await outsider.attestations.verify(record.id, forged as never)).toMatchObject({
      result: 'mismatch',
      fields: [{ name: 'verdict', result: 'mismatch' }],
    });
  });
});
