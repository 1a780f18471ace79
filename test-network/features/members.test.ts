import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, collectionName, sha256, utf8ToBytes } from '@proofward/evidence';
import { attestation, dataset, model, uniqueName, World } from '../harness/world.js';

describe('members and non-members of a collection', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('members read the private part of a dataset, a non-member its header', async () => {
    const { record } = await world
      .as('cleveland', 'data-steward')
      .datasets.create(dataset(uniqueName('seen'), { licence: 'ours' }));
    const at = { minBlock: record.ledger.block };
    for (const [slug, role] of [
      ['cleveland', 'reader'],
      ['auditor-a', 'auditor'],
      ['auditor-b', 'auditor'],
      ['regulator', 'inspector'],
    ] as const) {
      const seen = await world.as(slug, role).datasets.get(record.id, at);
      expect(seen.private).toMatchObject({ licence: 'ours' });
    }
    const withheld = await world.as('hungarian', 'reader').datasets.get(record.id, at);
    expect(withheld.private).toBe('withheld');
    expect(withheld.header).toEqual(record.header);
    expect(JSON.stringify(withheld)).not.toContain('ours');
  });

  it('chaincode refuses the private part to a non-member and to an administrator', async () => {
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('asked')));
    await expect(world.ledger('hungarian', 'reader').evaluate('datasets:readPrivate', record.id)).rejects.toThrow(
      /NOT_A_MEMBER/,
    );
    await expect(world.ledger('cleveland', 'admin').evaluate('datasets:readPrivate', record.id)).rejects.toThrow(
      /FORBIDDEN/,
    );
  });

  it("a non-member's peer holds hashes only", async () => {
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('hashed')));
    const rogue = world.ledger('hungarian', 'admin');
    const collection = collectionName('datasets', 'cleveland', 1);
    const probe = JSON.stringify([collection, record.commitment]);
    // The modified chaincode asks its own peer for the value, whatever the agreed code would say.
    await expect(rogue.evaluate('rogue-private', probe)).rejects.toThrow(/collection|private|member/i);
    const hash = await rogue.evaluate('rogue-hash', probe);
    const members = world.ledger('cleveland', 'reader');
    const value = await members.evaluate('datasets:readPrivate', record.id);
    expect(hash).toBe(bytesToHex(sha256(utf8ToBytes(value))));
  });

  it("an audit's subject reads it, though it did not endorse it", async () => {
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('audited')));
    const { record } = await world.as('auditor-a', 'auditor').attestations.create(attestation(subject.id));
    const at = { minBlock: record.ledger.block };
    expect((await world.as('cleveland', 'reader').attestations.get(record.id, at)).private).toMatchObject({
      verdict: { claimed: 'fail' },
    });
    expect((await world.as('regulator', 'inspector').attestations.get(record.id, at)).private).toMatchObject({
      unknownCount: 2,
    });
    expect((await world.as('hungarian', 'reader').attestations.get(record.id, at)).private).toBe('withheld');
  });

  it('a list says how much it withheld', async () => {
    const name = uniqueName('listed');
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(name));
    const list = await world
      .as('hungarian', 'reader')
      .datasets.list({ owner: 'cleveland', minBlock: record.ledger.block });
    expect(list.items.map(({ id }) => id)).toContain(record.id);
    expect(list.withheld).toBe(list.items.length);
  });
});
