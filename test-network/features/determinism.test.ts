import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, type PrivateType } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { file, msp, uniqueName, World } from '../harness/world.js';

/**
 * Chaincode at hungarian and auditor-b runs in another time zone and locale than everybody else's. Each transaction is
 * executed by one of them and one of the others, and endorsed only if both read and wrote the same.
 */
describe('endorsers in different places', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });
  const far: string[] = [msp.cleveland, msp.auditorB];

  async function create(
    caller: [string, string],
    type: PrivateType,
    id: string,
    fields: object,
    values: object,
    by = far,
  ) {
    const { record, commitment } = world.seal(type, id, values as Record<string, unknown>);
    const argument = canonicalJson({ id, commitment, ...fields });
    const transient = { private: canonicalJson(record) };
    return world.ledger(...caller).submit(`${type}s:create`, [argument], by, transient);
  }

  it('are in different places', async () => {
    for (const slug of ['hungarian', 'auditor-b']) {
      const place = JSON.parse(await world.ledger(slug, 'admin').evaluate('rogue-place')) as unknown;
      expect(place).toEqual({ timeZone: 'Pacific/Chatham', locale: 'tr-TR' });
    }
  });

  it('agree about every transaction', async () => {
    const name = uniqueName('i-place');
    const data = `dataset:cleveland/${name}@1`;
    const child = `dataset:cleveland/${name}@2`;
    const version = `model:cleveland/${name}@1`;
    const word = `attestation:auditor-a/${randomBytes(16).toString('hex')}@1`;
    const effectiveAt = '2026-03-29T02:30:00.000Z';
    // Names that a locale would sort or change otherwise, and numbers that it would write otherwise.
    const values = {
      files: [file, { ...file, path: 'İSTANBUL/ı.csv', size: 1234567 }],
      rai: { i: 1e21, I: 0.1, ä: [1e-7] },
    };
    const steward: [string, string] = ['cleveland', 'data-steward'];
    await expect(create(steward, 'dataset', data, { effectiveAt }, { ...values, rai: { i: 0.1 } })).resolves.toBe(
      'VALID',
    );
    expect(await create(steward, 'dataset', child, { parents: [data] }, { files: values.files })).toBe('VALID');
    const datasets = [{ id: data, role: 'training' }];
    const model = { fingerprint: { files: [file] }, hyperparameters: { I: 1e-7, i: 12345.678, ä: 'ß' } };
    const engineer: [string, string] = ['cleveland', 'ml-engineer'];
    expect(await create(engineer, 'model', version, { purpose: 'triage', datasets }, model)).toBe('VALID');
    const audit = { verdict: { claimed: 'fail' }, metrics: [{ name: 'x', value: '0.5' }] };
    const fields = { subject: version, kind: 'fairness' };
    expect(
      await create(['auditor-a', 'auditor'], 'attestation', word, fields, audit, [msp.auditorA, msp.auditorB]),
    ).toBe('VALID');

    const reason = JSON.stringify({ reasonCode: 'quality', salt: 'ab'.repeat(32) });
    const change = (id: string, to: string) => [JSON.stringify({ id, to })];
    const as = (slug: string, role: string) => world.ledger(slug, role);
    const transient = { private: reason };
    expect(await as(...steward).submit('datasets:transition', change(data, 'flagged'), far, transient)).toBe('VALID');
    expect(await as(...engineer).submit('models:transition', change(version, 'deprecated'), far, transient)).toBe(
      'VALID',
    );
    expect(
      await as('auditor-a', 'auditor').submit(
        'attestations:transition',
        change(word, 'revoked'),
        [msp.auditorA, msp.auditorB],
        transient,
      ),
    ).toBe('VALID');
    const roles = ['cleveland', 'hungarian', 'auditor-a', 'auditor-b', 'regulator'];
    for (const org of roles) {
      const argument = [JSON.stringify({ org })];
      expect(
        await as('cleveland', 'admin').submit('roles:apply', argument, [msp.cleveland, msp.hungarian, msp.auditorB]),
      ).toBe('VALID');
    }
  });

  it('answer the same', async () => {
    const name = uniqueName('answered');
    const id = `dataset:hungarian/${name}@1`;
    const by = [msp.hungarian, msp.auditorA];
    expect(await create(['hungarian', 'data-steward'], 'dataset', id, {}, { files: [file] }, by)).toBe('VALID');
    const reader = world.ledger('hungarian', 'reader');
    for (const fn of ['datasets:read', 'datasets:history', 'datasets:readPrivate']) {
      const here = await reader.simulate(fn, [id]);
      expect(here.code).toBe('ok');
      const there = await world.ledger('auditor-a', 'auditor').simulate(fn, [id]);
      expect(there).toEqual(here);
    }
  });
});
