import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  amendmentId,
  authorAndOneOther,
  bytesToHex,
  collectionName,
  consortiumCollection,
  formatId,
  type Header,
  headerBytes,
  headerKey,
  implicitCollection,
  markHash,
  markKey,
  markValue,
  parseId,
  type PlacedType,
  placedTypes,
  placements,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { oneOfEach } from '../harness/one-of-each.js';
import { msp, World } from '../harness/world.js';

/**
 * A record of every type, made in the name of another by two organisations with modified chaincode (threat 24). Records are
 * cleveland's, or auditor-a's on cleveland's model; auditor-b and the regulator hold cleveland's collections, hungarian
 * holds none.
 */
describe('a record that two make in the name of a third', () => {
  let world: World;
  let honest: Record<PlacedType, Header>;
  beforeAll(async () => {
    world = await World.attach();
    honest = await oneOfEach(world);
  }, 120_000);
  afterAll(() => {
    world.close();
  });

  const pairs = [
    [msp.auditorB, msp.regulator],
    [msp.hungarian, msp.auditorB],
  ];
  // A member's client, or an honest endorser's own check (memberOnlyWrite) would already stop the private writes.
  const client = () => world.ledger('auditor-b', 'admin');

  /** Where its author's mark lies, written by hand: with the record, or in the implicit collection of who is not the provider. */
  const markPlaces: Record<PlacedType, string> = {
    dataset: collectionName('datasets', 'cleveland', 1),
    grant: collectionName('datasets', 'cleveland', 1),
    model: collectionName('models', 'cleveland', 1),
    plan: implicitCollection(msp.auditorA),
    attestation: implicitCollection(msp.auditorA),
    policy: collectionName('operations', 'cleveland', 1),
    response: collectionName('operations', 'cleveland', 1),
    incident: collectionName('operations', 'cleveland', 1),
    dispute: implicitCollection(msp.cleveland),
    'dispute-statement': implicitCollection(msp.auditorA),
    amendment: collectionName('datasets', 'cleveland', 1),
    'disclosure-request': implicitCollection(msp.auditorA),
    disclosure: implicitCollection(msp.cleveland),
    'sign-off': collectionName('operations', 'cleveland', 1),
    waiver: collectionName('operations', 'cleveland', 1),
    'release-decision': collectionName('operations', 'cleveland', 1),
    deployment: collectionName('operations', 'cleveland', 1),
    batch: collectionName('operations', 'cleveland', 1),
    proposal: consortiumCollection,
    vote: consortiumCollection,
    setting: consortiumCollection,
  };

  it.each(placedTypes)('%s: is not marked, and without a mark is never read', async (type) => {
    const contract = placements[type].plural;
    const template = honest[type];
    const collection = markPlaces[type];
    // The honest one's mark is where this says, or the refusals below were of something else.
    const mark = markValue(world.stack.network.channel, template);
    const at = JSON.stringify([collection, markKey(parseId(template.id))]);
    expect(await world.ledger('regulator', 'admin').evaluate('rogue-hash', at)).toBe(bytesToHex(markHash(mark)));

    const fresh = { ...template, createdTx: bytesToHex(randomBytes(32)) };
    // An amendment's name follows from what it amends, and one of another name is not even looked for.
    const forged: Header =
      fresh.type === 'amendment'
        ? { ...fresh, field: 'licence', id: amendmentId(fresh.record, 'licence', 1) }
        : { ...fresh, id: formatId({ ...parseId(template.id), name: bytesToHex(randomBytes(16)) }) };
    const id = parseId(forged.id);
    const forgedMark = markValue(world.stack.network.channel, forged);
    const key = headerKey(id, markHash(forgedMark));
    for (const colluders of pairs) {
      const at = { collection, key: markKey(id) };
      expect([
        colluders,
        await client().rogue([{ kind: 'put', ...at, value: bytesToHex(forgedMark) }], colluders),
      ]).toEqual([colluders, 'ENDORSEMENT_POLICY_FAILURE']);
      const [one = '', other = ''] = colluders;
      const hostile = bytesToHex(authorAndOneOther(one, [other]));
      const squatted = headerKey(id, randomBytes(32));
      const header = bytesToHex(headerBytes(forged));
      expect(
        await client().rogue(
          [key, squatted].flatMap((at) => [
            { kind: 'put' as const, key: at, value: header },
            ...(at === squatted ? [{ kind: 'policy' as const, key: at, value: hostile }] : []),
          ]),
          colluders,
        ),
      ).toBe('VALID');
    }
    // What is committed at one peer, others have a moment later.
    await delay(200);
    for (const reader of ['cleveland', 'auditor-a', 'hungarian'])
      expect((await world.ledger(reader, 'reader').simulate(`${contract}:read`, [forged.id])).code).toBe(
        'RECORD_NOT_FOUND',
      );
    await world.settled();
    const seen = world.as('hungarian', 'reader');
    const list = seen[apiOf[type]];
    await expect(list.get(forged.id)).rejects.toMatchObject({ status: 404, code: 'RECORD_NOT_FOUND' });
    expect((await list.get(template.id)).header).toMatchObject({ id: template.id, createdTx: template.createdTx });
  });
});

const apiOf = {
  dataset: 'datasets',
  grant: 'grants',
  model: 'models',
  plan: 'plans',
  attestation: 'attestations',
  policy: 'policies',
  response: 'responses',
  incident: 'incidents',
  dispute: 'disputes',
  'dispute-statement': 'disputeStatements',
  amendment: 'amendments',
  'disclosure-request': 'disclosureRequests',
  disclosure: 'disclosures',
  'sign-off': 'signOffs',
  waiver: 'waivers',
  'release-decision': 'releases',
  deployment: 'deployments',
  batch: 'batches',
  proposal: 'proposals',
  vote: 'votes',
  setting: 'settings',
} as const;
