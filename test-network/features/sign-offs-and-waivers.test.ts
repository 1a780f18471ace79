import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { file, model, msp, signOff, uniqueName, waiver, World } from '../harness/world.js';

describe('what people of a site put their names to', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
    await world.enrol('cleveland', 'first as qa', { role: 'qa', enrollmentId: 'f1'.repeat(16) });
    await world.enrol('cleveland', 'second as qa', { role: 'qa', enrollmentId: 'f2'.repeat(16) });
    await world.enrol('cleveland', 'first as ml-engineer', { role: 'ml-engineer', enrollmentId: 'f1'.repeat(16) });
  });
  afterAll(() => {
    world.close();
  });
  const endorsers = [msp.cleveland, msp.auditorA];

  /** A model version that the first person registered himself, or had registered by a pipeline. */
  async function registered(triggeredBy?: string): Promise<string> {
    if (triggeredBy !== undefined) {
      const request = model(uniqueName('triggered'));
      const { record } = await world
        .as('cleveland', 'service')
        .models.create({ ...request, private: { ...request.private, triggeredBy } });
      return record.id;
    }
    const id = `model:cleveland/${uniqueName('own')}@1`;
    const { record, commitment } = world.seal('model', id, { fingerprint: { files: [file] } });
    const argument = canonicalJson({ id, commitment, purpose: 'triage' });
    const engineer = world.ledger('cleveland', 'first as ml-engineer');
    expect(await engineer.submit('models:create', [argument], endorsers, { private: canonicalJson(record) })).toBe(
      'VALID',
    );
    return id;
  }

  async function signs(person: string, version: string): Promise<string> {
    await world.settled();
    const id = `sign-off:cleveland/${randomBytes(16).toString('hex')}@1`;
    const { record, commitment } = world.seal('sign-off', id, signOff(version).private);
    const argument = canonicalJson({ id, commitment, model: version, role: 'qa' });
    const transient = { private: canonicalJson(record) };
    return (await world.ledger('cleveland', person).simulate('sign-offs:create', [argument], msp.auditorA, transient))
      .code;
  }

  it('a sign-off says on what, by which role; what was said is read by members', async () => {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('signed')));
    const site = world.as('hungarian', 'clinical-safety');
    const { record } = await site.signOffs.create(signOff(version.id, 'clinical-safety'));
    expect(record).toMatchObject({ status: 'active', private: { outcome: 'approved', meaning: 'approved' } });
    const at = { minBlock: record.ledger.block };
    const filter = { model: version.id, role: 'clinical-safety', owner: 'hungarian' };
    const seen = await world.as('cleveland', 'reader').signOffs.list({ ...filter, ...at });
    expect(seen.items.map(({ id, private: part }) => [id, part])).toEqual([[record.id, 'withheld']]);
    expect(seen.items[0]?.header).not.toHaveProperty('outcome');
    expect(await world.as('regulator', 'inspector').signOffs.get(record.id, at)).toMatchObject({
      private: { outcome: 'approved', readDigest: file.sha256 },
    });

    const presentation = await site.signOffs.present(record.id, ['outcome', 'purpose'], at);
    expect(await world.as('cleveland', 'reader').signOffs.verify(record.id, presentation, at)).toMatchObject({
      result: 'match',
    });
    const lineage = await world.as('cleveland', 'reader').models.lineage(version.id, { direction: 'down', ...at });
    expect(lineage.edges).toEqual([{ from: record.id, to: version.id, relation: 'model' }]);

    await expect(site.signOffs.create(signOff(version.id, 'qa'))).rejects.toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      pointer: '/role',
    });
    expect(await site.signOffs.transition(record.id, { to: 'revoked', reasonCode: 'new-findings' })).toMatchObject({
      status: 'revoked',
    });
  });

  it('neither who registered a version nor who triggered it signs it off; another one does', async () => {
    for (const version of [await registered(), await registered('f1'.repeat(16))]) {
      expect(await signs('first as qa', version)).toBe('SIGNED_BY_REGISTRANT');
      expect(await signs('second as qa', version)).toBe('ok');
    }
  });

  it('a waiver counts once a second person has approved it', async () => {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('waived')));
    const first = world.as('hungarian', 'qa').waivers;
    const { record: proposed } = await first.create(waiver(version.id));
    expect(proposed.status).toBe('proposed');
    await world.settled();
    await expect(first.transition(proposed.id, { to: 'active' })).rejects.toMatchObject({
      status: 403,
      code: 'SECOND_PERSON_REQUIRED',
    });
    const second = world.as('hungarian', 'clinical-safety').waivers;
    expect(await second.transition(proposed.id, { to: 'active', reasonCode: 'agreed' })).toMatchObject({
      status: 'active',
    });
    await expect(first.create({ ...waiver(version.id), until: '2026-01-01T00:00:00.000Z' })).rejects.toMatchObject({
      status: 400,
      code: 'INVALID_FIELD',
      pointer: '/until',
    });
  });
});
