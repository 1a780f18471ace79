import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, implicitCollection } from '@proofward/evidence';
import { hash } from 'node:crypto';
import { allBlocks, hashedWrites, type HashedWrite } from '../harness/blocks.js';
import { attestation, dataset, file, model, msp, uniqueName, World } from '../harness/world.js';

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
});
