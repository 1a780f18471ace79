import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { allBlocks } from '../harness/blocks.js';
import { dumpDatabase } from '../harness/database.js';
import { contains, filesWith } from '../harness/search.js';
import { attestation, dataset, file, model, uniqueName, World } from '../harness/world.js';

/**
 * Row 2 of the threats: what goes into a private field is found at the members of its collection and nowhere else, in no
 * block, envelope, certificate, log or answer, in no encoding.
 */
describe('a canary in the private part', () => {
  let world: World;
  const canary = `Canary-${randomBytes(12).toString('hex')}`;
  const person = `Dr. Ada ${randomBytes(8).toString('hex')} Lovelace`;
  const reason = `canary-${randomBytes(8).toString('hex')}`;
  const secrets = [canary, person, reason];
  const answers: string[] = [];

  beforeAll(async () => {
    world = await World.attach();
    const steward = world.as('cleveland', 'data-steward');
    const name = uniqueName('canary');
    const { record } = await steward.datasets.create(
      dataset(name, { files: [{ ...file, path: canary }], storageLocation: person, licence: canary }),
    );
    await steward.datasets.transition(record.id, { to: 'flagged', reasonCode: reason });
    // Refusals speak of the request too.
    const refusals = [
      () => steward.datasets.create(dataset(name, { licence: `${canary} ${person}` })),
      () => steward.datasets.create(dataset(uniqueName('bad'), { files: [], licence: canary })),
      () => steward.datasets.create(dataset(uniqueName('bad'), { [canary.toLowerCase()]: person })),
    ];
    for (const refusal of refusals) await expect(refusal()).rejects.toMatchObject({ name: 'ProblemError' });
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create({
      ...model(uniqueName('canary')),
      private: { fingerprint: { files: [file] }, intendedPurpose: canary, triggeredBy: person },
    });
    const { record: audit } = await world.as('auditor-a', 'auditor').attestations.create({
      ...attestation(subject.id),
      private: { verdict: { claimed: 'fail' }, evaluator: person, reportLocation: canary },
    });
    const outsider = world.as('hungarian', 'reader');
    const at = { minBlock: audit.ledger.block };
    answers.push(
      JSON.stringify(await outsider.datasets.get(record.id, at)),
      JSON.stringify(await outsider.datasets.list({ owner: 'cleveland' })),
      JSON.stringify(await outsider.datasets.history(record.id)),
      JSON.stringify(await outsider.models.get(subject.id)),
      JSON.stringify(await outsider.attestations.get(audit.id)),
    );
    // The members' peers and gateways have it by now.
    for (const [slug, role] of [
      ['auditor-b', 'auditor'],
      ['regulator', 'inspector'],
      ['cleveland', 'reader'],
    ] as const) {
      const seen = await world.as(slug, role).datasets.get(record.id, at);
      expect(JSON.stringify(seen.private)).toContain(canary);
    }
  }, 60_000);
  afterAll(() => {
    world.close();
  });

  it('the search finds each encoding, also inside gzip', () => {
    const text = Buffer.from(`before ${canary} after`);
    for (const shift of ['', 'x', 'xy']) {
      expect(contains(Buffer.from(Buffer.from(`${shift}${canary}zz`).toString('base64')), canary)).toBe(true);
    }
    expect(contains(Buffer.from(text.toString('hex')), canary)).toBe(true);
    expect(contains(Buffer.concat([Buffer.from('junk'), gzipSync(text)]), canary)).toBe(true);
    expect(contains(Buffer.from('nothing here'), canary)).toBe(false);
  });

  it('is in no block', async () => {
    const blocks = await allBlocks(world.ledger('hungarian', 'reader'));
    for (const secret of secrets)
      expect(blocks.filter((block) => contains(Buffer.from(block), secret))).toHaveLength(0);
  });

  it('is in no answer to an outsider', () => {
    for (const secret of secrets)
      for (const answer of answers) expect(contains(Buffer.from(answer), secret)).toBe(false);
  });

  it("is in the members' read models and not in the outsider's", async () => {
    const dump = async (slug: string) => {
      const config = await readFile(join(world.stack.network.stateDir, 'gateways', slug, 'gateway.json'), 'utf8');
      return Buffer.from(await dumpDatabase((JSON.parse(config) as { databaseUrl: string }).databaseUrl));
    };
    const outside = await dump('hungarian');
    for (const secret of secrets) expect(contains(outside, secret)).toBe(false);
    const inside = await dump('auditor-b');
    expect(contains(inside, canary)).toBe(true);
    expect(contains(inside, person)).toBe(true);
  });

  it("is on the disk of members' ledgers and nowhere else", async () => {
    const found = new Set<string>();
    for (const secret of secrets)
      for (const path of await filesWith(world.stack.network.stateDir, secret)) found.add(path);
    // All gateways of this machine share one database server; what each database holds is asked above.
    const places = [...found].filter((path) => !path.startsWith('postgres/'));
    const member =
      /(?:^|\/)(?:peer0\.)?(?:cleveland|auditor-a|auditor-b|regulator|ClevelandMSP|AuditorAMSP|AuditorBMSP|RegulatorMSP)(?:\/|\.)/;
    expect(places.filter((path) => !member.test(path) || path.startsWith('logs/'))).toEqual([]);
    expect(places.length).toBeGreaterThan(0);
  }, 120_000);
});
