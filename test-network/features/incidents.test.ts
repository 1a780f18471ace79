import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headerKey, implicitCollection, markHash, markKey, markValue, parseId } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { allBlocks } from '../harness/blocks.js';
import { dumpDatabase } from '../harness/database.js';
import { databaseUrlOf } from '../harness/gateways.js';
import { contains } from '../harness/search.js';
import { dataset, incident, model, msp, uniqueName, World } from '../harness/world.js';

describe('an incident', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  async function versions() {
    const { record: data } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('bad')));
    const engineer = world.as('cleveland', 'ml-engineer').models;
    const { record: parent } = await engineer.create(model(uniqueName('base'), [{ id: data.id, role: 'training' }]));
    const { record: child } = await engineer.create({
      ...model(uniqueName('tuned')),
      parents: [{ id: parent.id, relation: 'fine-tuned' }],
    });
    return { data, parent, child };
  }

  it('of a site stands beside its subject, has its term, and is reported, resolved and closed', async () => {
    const { child } = await versions();
    const site = world.as('hungarian', 'clinical-safety').incidents;
    const { record } = await site.create(incident([child.id], 'serious'));
    expect(record).toMatchObject({ status: 'open', private: { reportDue: '2026-01-16T08:00:00.000Z' } });
    const at = { minBlock: record.ledger.block };
    const seen = await world.as('cleveland', 'reader').models.get(child.id, at);
    expect(seen.beside).toMatchObject([{ id: record.id, type: 'incident', status: 'open' }]);
    expect(await world.as('cleveland', 'reader').incidents.get(record.id, at)).toMatchObject({ private: 'withheld' });
    const found = await world
      .as('cleveland', 'reader')
      .incidents.list({ subject: child.id, severity: 'serious', ...at });
    expect(found.items.map(({ id }) => id)).toEqual([record.id]);

    await world.settled();
    await expect(site.transition(record.id, { to: 'resolved' })).rejects.toMatchObject({
      status: 409,
      code: 'INVALID_TRANSITION',
      pointer: '/to',
    });
    for (const to of ['reported', 'resolved', 'closed']) {
      expect(await site.transition(record.id, { to, reasonCode: 'as-planned' })).toMatchObject({ status: to });
      await world.settled();
    }
  });

  it('of an auditor or a regulator lies with the provider that it is about', async () => {
    const { parent } = await versions();
    for (const [slug, role] of [
      ['auditor-a', 'auditor'],
      ['regulator', 'inspector'],
    ] as const) {
      const { record } = await world.as(slug, role).incidents.create(incident([parent.id], 'serious'));
      expect(record.header.author).toBe(slug === 'regulator' ? 'RegulatorMSP' : 'AuditorAMSP');
      const at = { minBlock: record.ledger.block };
      const provider = await world.as('cleveland', 'reader').incidents.get(record.id, at);
      expect(provider).toMatchObject({ private: { awareAt: '2026-01-01T08:00:00.000Z' } });
      expect(await world.as('hungarian', 'reader').incidents.get(record.id, at)).toMatchObject({ private: 'withheld' });
      await world.settled();
      expect(await world.as(slug, role).incidents.transition(record.id, { to: 'reported' })).toMatchObject({
        status: 'reported',
      });
      await expect(
        world.as('cleveland', 'qa').incidents.transition(record.id, { to: 'resolved' }),
      ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it('tells how far it reaches: from a dataset to what was trained on it and tuned from that', async () => {
    const { data, parent, child } = await versions();
    const { record } = await world.as('cleveland', 'qa').incidents.create(incident([data.id]));
    const at = { minBlock: record.ledger.block };
    const reader = world.as('hungarian', 'reader').incidents;
    const radius = await reader.blastRadius(record.id, at);
    expect(radius.nodes.map(({ id, distance }) => [id, distance])).toEqual([
      [data.id, 0],
      [parent.id, 1],
      [child.id, 2],
    ]);
    expect(radius).toMatchObject({ id: record.id, direction: 'both', truncated: false, withheld: 3 });
    const near = await reader.blastRadius(record.id, { depth: 1, ...at });
    expect(near.nodes.map(({ id }) => id)).toEqual([data.id, parent.id]);
    expect(near.truncated).toBe(true);
  });

  it('reaches the versions above its subject too, what else was made from them, and not all that shares their data', async () => {
    const { data, parent, child } = await versions();
    const engineer = world.as('cleveland', 'ml-engineer').models;
    const made = async (parents: { id: string; relation: 'fine-tuned' }[]) =>
      (await engineer.create({ ...model(uniqueName('kin')), parents })).record;
    const sibling = await made([{ id: parent.id, relation: 'fine-tuned' }]);
    await engineer.create(model(uniqueName('stranger'), [{ id: data.id, role: 'training' }]));
    const { record } = await world.as('cleveland', 'qa').incidents.create(incident([child.id]));
    const at = { minBlock: record.ledger.block };
    const radius = await world.as('hungarian', 'reader').incidents.blastRadius(record.id, at);
    expect(radius.nodes.map(({ id, distance }) => [id, distance])).toEqual([
      [child.id, 0],
      [parent.id, 1],
      [data.id, 2],
      [sibling.id, 2],
    ]);
  });

  describe('that is confidential', () => {
    const kept = (subject: string, description: string) => {
      const { private: values, ...fields } = incident([subject], 'serious');
      return { ...fields, confidential: true as const, private: { ...values, description } };
    };

    it.each([
      ['regulator', 'inspector', 'cleveland'],
      ['auditor-a', 'auditor', 'cleveland'],
      ['hungarian', 'qa', 'hungarian'],
    ])('lies with %s alone, while everybody sees that there is one', async (slug, role, provider) => {
      const { child } = await versions();
      const secret = `What ${randomBytes(12).toString('hex')} has told us.`;
      const { record } = await world.as(slug, role).incidents.create(kept(child.id, secret));
      expect(record).toMatchObject({ header: { confidential: true }, private: { description: secret } });
      const at = { minBlock: record.ledger.block };
      await world.settled();
      const reasonCode = `reason-${randomBytes(8).toString('hex')}`;
      const reported = await world.as(slug, role).incidents.transition(record.id, { to: 'reported', reasonCode });
      const later = { minBlock: reported.ledger.block };
      await world.settled();
      for (const other of ['cleveland', 'hungarian', 'auditor-a', 'auditor-b', 'regulator']) {
        const reader = world.as(other, 'reader');
        const seen = await reader.incidents.get(record.id, later);
        expect([other, seen.status, seen.private]).toEqual([
          other,
          'reported',
          other === slug ? expect.objectContaining({ description: secret }) : 'withheld',
        ]);
        const found = await reader.incidents.list({ subject: child.id, confidential: 'true', ...at });
        expect(found.items.map(({ id }) => id)).toEqual([record.id]);
        const dump = Buffer.from(await dumpDatabase(await databaseUrlOf(world, other)));
        expect([other, contains(dump, secret), contains(dump, reasonCode)]).toEqual([
          other,
          other === slug,
          other === slug,
        ]);
      }
      const blocks = await allBlocks(world.ledger(provider, 'reader'));
      expect(blocks.filter((block) => contains(Buffer.from(block), secret))).toHaveLength(0);
      expect((await world.as(provider, 'reader').models.get(child.id, later)).beside).toMatchObject([
        { id: record.id, status: 'reported' },
      ]);
    });

    it('is neither made by others in its author’s name nor taken back by its author alone', async () => {
      const { child } = await versions();
      const { record } = await world.as('regulator', 'inspector').incidents.create(kept(child.id, 'Kept.'));
      const { header } = record;
      const collection = implicitCollection(msp.regulator);
      const forged = { ...parseId(record.id), name: randomBytes(16).toString('hex') };
      const made = await world
        .ledger('auditor-b', 'admin')
        .rogue(
          [{ kind: 'put', collection, key: markKey(forged), value: 'ab'.repeat(32) }],
          [msp.auditorB, msp.hungarian],
        );
      expect(made).toBe('ENDORSEMENT_POLICY_FAILURE');
      const key = headerKey(parseId(record.id), markHash(markValue(world.stack.network.channel, header)));
      for (const write of [
        { kind: 'delete' as const, key },
        { kind: 'delete' as const, collection, key: markKey(parseId(record.id)) },
        { kind: 'delete' as const, collection, key: header.commitment },
      ]) {
        const alone = await world.ledger('regulator', 'admin').rogue([write], [msp.regulator]);
        expect([write, alone]).toEqual([write, 'ENDORSEMENT_POLICY_FAILURE']);
      }
    });
  });

  it('is on what there is', async () => {
    const { child } = await versions();
    const never = `model:cleveland/${uniqueName('never')}@1`;
    await expect(world.as('cleveland', 'qa').incidents.create(incident([child.id, never]))).rejects.toMatchObject({
      status: 422,
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/subjects/1',
    });
  });
});
