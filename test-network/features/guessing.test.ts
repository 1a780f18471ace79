import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, implicitCollection } from '@proofward/evidence';
import { hash } from 'node:crypto';
import { allBlocks, hashedWrites, type HashedWrite } from '../harness/blocks.js';
import { attestation, dataset, disclosureRequest, file, model, msp, uniqueName, World } from '../harness/world.js';

const candidates = 1_000_000;
const sha256 = (text: string) => hash('sha256', text);

/**
 * Fabric shows the unsalted hash of every private key and value to the whole channel. The attacker knows everything
 * about a record but one number, and tries a million.
 */
describe('guessing a private record from its hashes', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  async function observed(): Promise<HashedWrite[]> {
    return (await allBlocks(world.ledger('hungarian', 'reader'))).flatMap(hashedWrites);
  }

  /** The number that makes a candidate's hash one of those on the ledger. */
  function attack(hashes: ReadonlySet<string>, candidate: (guess: number) => string): number | undefined {
    for (let guess = 0; guess < candidates; guess++) if (hashes.has(sha256(candidate(guess)))) return guess;
    return undefined;
  }

  it('finds an unsalted record, so the attack works', async () => {
    const secret = 777_777;
    const record = (guess: number) => `{"diagnosis":"heart disease","patient":${guess}}`;
    const value = Buffer.from(record(secret)).toString('hex');
    const key = `patient-${secret}`;
    const collection = implicitCollection(msp.hungarian);
    const put = { kind: 'put' as const, collection, key, value };
    expect(await world.ledger('hungarian', 'admin').rogue([put], [msp.hungarian, msp.auditorB])).toBe('VALID');
    const writes = await observed();
    expect(attack(new Set(writes.map(({ valueHash }) => valueHash)), record)).toBe(secret);
    expect(attack(new Set(writes.map(({ keyHash }) => keyHash)), (guess) => `patient-${guess}`)).toBe(secret);
  }, 60_000);

  it('finds nothing of a record that the chaincode wrote, in any collection', async () => {
    const count = 424_242;
    const groupSizes = (guess: number) => [{ attribute: 'sex', count: guess, group: 'female' }];
    const { record } = await world
      .as('cleveland', 'data-steward')
      .datasets.create(dataset(uniqueName('guessed'), { groupSizes: groupSizes(count) }));
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('guessed')));
    const { record: audit } = await world.as('auditor-a', 'auditor').attestations.create({
      ...attestation(subject.id),
      private: { verdict: { claimed: 'pass' }, unknownCount: count },
    });

    const writes = await observed();
    const hashes = new Set(writes.flatMap(({ keyHash, valueHash }) => [keyHash, valueHash]));
    // What the attacker tries: the bare values and the private record, in canonical JSON, without the salts he lacks.
    const unsalted = (id: string, fields: object) => [
      canonicalJson(fields),
      canonicalJson({ schema: 1, type: id.split(':')[0], id, revision: 1, fields }),
    ];
    const forms = [
      String(count),
      ...unsalted(record.id, { files: [file], groupSizes: groupSizes(count) }),
      ...unsalted(audit.id, { unknownCount: count, verdict: { claimed: 'pass' } }),
    ];
    for (const form of forms) {
      const [before = '', after = ''] = form.split(String(count));
      expect(attack(hashes, (guess) => `${before}${guess}${after}`)).toBeUndefined();
    }
    const keys = new Set(writes.map(({ keyHash }) => keyHash));
    // The record is there: a member knows its key, and everybody sees that key's hash.
    expect(keys.has(sha256(record.header.commitment))).toBe(true);
    expect(keys.has(sha256(audit.header.commitment))).toBe(true);
  }, 120_000);

  it('finds nothing of what was asked for and shown, in the implicit collections of the two', async () => {
    // Which of a million versions, and what its field says: the attacker knows all the rest.
    const secret = 313_131;
    const line = uniqueName('asked');
    const id = (guess: number) => `model:cleveland/${line}@${guess}`;
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create({
      ...model(line),
      version: String(secret),
      private: { ...model(line).private, trainingRunId: `run-${secret}` },
    });
    const asked = { record: subject.id, fields: ['trainingRunId'], legalBasis: 'Article 74(12)' };
    const { record: request } = await world
      .as('regulator', 'inspector')
      .disclosureRequests.create(disclosureRequest('cleveland', subject.id, { private: asked }));
    const { record: shown } = await world
      .as('cleveland', 'qa')
      .disclosures.show({ request: request.id }, { minBlock: request.ledger.block });
    if (typeof shown.private !== 'object') throw new Error('not shown');

    const writes = await observed();
    const both = [msp.cleveland, msp.regulator].map(implicitCollection);
    const seen = writes.filter(({ collection }) => both.includes(collection));
    const hashes = new Set(seen.flatMap(({ keyHash, valueHash }) => [keyHash, valueHash]));
    const unsalted = (of: string, fields: object) => [
      canonicalJson(fields),
      canonicalJson({ schema: 1, type: of.split(':')[0], id: of, revision: 1, fields }),
    ];
    const forms = [
      id(secret),
      `disclosure:${id(secret)}`,
      `run-${secret}`,
      canonicalJson(`run-${secret}`),
      canonicalJson([subject.id, 'trainingRunId']),
      ...unsalted(request.id, asked),
      ...unsalted(shown.id, shown.private),
    ];
    for (const form of forms) {
      const parts = form.split(String(secret));
      expect(parts.length).toBeGreaterThan(1);
      expect(attack(hashes, (guess) => parts.join(String(guess)))).toBeUndefined();
    }
    // Both are there, in both collections, under keys that only the two know.
    for (const { header } of [request, shown]) {
      const places = seen.filter(({ keyHash }) => keyHash === sha256(header.commitment));
      expect(places.map(({ collection }) => collection).sort()).toEqual([...both].sort());
    }
  }, 180_000);
});
