import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  authorAndOneOther,
  bytesToHex,
  canonicalJson,
  collectionName,
  type Header,
  headerBytes,
  headerKey,
  implicitCollection,
  markHash,
  markKey,
  markValue,
  parseId,
  privateRecordBytes,
  utf8ToBytes,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { attestation, dataset, file, model, msp, uniqueName, World } from '../harness/world.js';

/**
 * Modified chaincode runs at hungarian, which is no member of cleveland's collections, and at auditor-b and the regulator,
 * which are.
 */
describe('what organisations with modified chaincode can get onto the ledger', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  const refused = 'ENDORSEMENT_POLICY_FAILURE';
  /** The client is a member's, or an honest endorser's own check (memberOnlyWrite) would already stop the private writes. */
  const rogueClient = () => world.ledger('auditor-b', 'admin');
  const datasets = collectionName('datasets', 'cleveland', 1);
  const colluders = [msp.hungarian, msp.auditorB];

  /** Header, mark and private record as cleveland would have made them, but for whose endorsements they come with. */
  function forgery(name: string) {
    const idText = `dataset:cleveland/${name}@1`;
    const id = parseId(idText);
    const { record, commitment } = world.seal('dataset', idText, { files: [file] });
    const header: Header = {
      type: 'dataset',
      id: idText,
      schema: 1,
      author: msp.cleveland,
      createdTx: bytesToHex(randomBytes(32)),
      status: 'registered',
      revision: 1,
      recordedAt: '2026-01-01T00:00:00.000Z',
      effectiveAt: '2026-01-01T00:00:00.000Z',
      commitment,
      privateRevision: 1,
      epoch: 1,
      parents: [],
    };
    const mark = markValue(world.stack.network.channel, header);
    return { id, record, commitment, header, mark, key: headerKey(id, markHash(mark)) };
  }

  it('a private write by a non-member is invalidated', async () => {
    const { record, commitment } = forgery(uniqueName('forged'));
    const write = {
      kind: 'put' as const,
      collection: datasets,
      key: commitment,
      value: bytesToHex(privateRecordBytes(record)),
    };
    expect(await rogueClient().rogue([write], [msp.hungarian])).toBe(refused);
  });

  it('two colluding organisations cannot mark a record in the name of a third', async () => {
    const { id, mark } = forgery(uniqueName('marked'));
    const write = { kind: 'put' as const, collection: datasets, key: markKey(id), value: bytesToHex(mark) };
    expect(await rogueClient().rogue([write], colluders)).toBe(refused);
  });

  it('a header that two put in the name of a third is never read, and does not block its id', async () => {
    const name = uniqueName('squatted');
    const { header, key, id } = forgery(name);
    // Channel state needs two organisations, so this is VALID, and nobody but the two can change the key again.
    const hostile = bytesToHex(authorAndOneOther(msp.hungarian, [msp.auditorB]));
    const value = bytesToHex(headerBytes(header));
    const writes = [
      { kind: 'put' as const, key, value },
      { kind: 'policy' as const, key, value: hostile },
    ];
    expect(await world.ledger('hungarian', 'admin').rogue(writes, colluders)).toBe('VALID');

    const reader = world.as('cleveland', 'reader');
    await expect(world.ledger('cleveland', 'reader').evaluate('datasets:read', header.id)).rejects.toThrow(
      /RECORD_NOT_FOUND/,
    );
    const created = await world.as('cleveland', 'data-steward').datasets.create(dataset(name));
    expect(created.replay).toBe(false);
    const seen = await reader.datasets.get(header.id, { minBlock: created.record.ledger.block });
    expect(seen.header.commitment).not.toBe(header.commitment);
    expect(seen.id).toBe(`dataset:${id.org}/${id.name}@${id.version}`);
  });

  it("two colluding organisations cannot change a third's header, its key policy, or delete it", async () => {
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('kept')));
    const mark = markHash(markValue(world.stack.network.channel, record.header));
    const key = headerKey(parseId(record.id), mark);
    const forged = bytesToHex(headerBytes({ ...record.header, status: 'withdrawn', revision: 2 }));
    const rogue = rogueClient();
    expect(await rogue.rogue([{ kind: 'put', key, value: forged }], colluders)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'delete', key }], colluders)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'policy', key, value: '' }], colluders)).toBe(refused);
    const { commitment } = record.header;
    expect(await rogue.rogue([{ kind: 'purge', collection: datasets, key: commitment }], colluders)).toBe(refused);
    expect(JSON.parse(await world.ledger('cleveland', 'reader').evaluate('datasets:read', record.id))).toEqual(
      record.header,
    );
  });

  it('an author alone can neither change nor erase its record, nor unlock its mark', async () => {
    const { record } = await world.as('hungarian', 'data-steward').datasets.create(dataset(uniqueName('own')));
    const id = parseId(record.id);
    const key = headerKey(id, markHash(markValue(world.stack.network.channel, record.header)));
    const collection = collectionName('datasets', 'hungarian', 1);
    const rogue = world.ledger('hungarian', 'admin');
    const alone = [msp.hungarian];
    const value = bytesToHex(utf8ToBytes('{}'));
    expect(await rogue.rogue([{ kind: 'put', key, value }], alone)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'delete', key }], alone)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'policy', key, value: '' }], alone)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'delete', collection, key: markKey(id) }], alone)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'put', collection, key: markKey(id), value }], alone)).toBe(refused);
    expect(await rogue.rogue([{ kind: 'purge', collection, key: record.header.commitment }], alone)).toBe(refused);
  });

  it('an attestation is changed by nobody but its author, and not by its author alone', async () => {
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('model')));
    const auditorA = world.as('auditor-a', 'auditor');
    const { record } = await auditorA.attestations.create(attestation(subject.id));
    const id = parseId(record.id);
    const key = headerKey(id, markHash(markValue(world.stack.network.channel, record.header)));
    const rogue = world.ledger('hungarian', 'admin');
    const forged = bytesToHex(headerBytes({ ...record.header, status: 'revoked', revision: 2 }));
    expect(await rogue.rogue([{ kind: 'put', key, value: forged }], colluders)).toBe(refused);
    const ownMark = { collection: implicitCollection(msp.auditorA), key: markKey(id) };
    expect(await rogue.rogue([{ kind: 'delete', ...ownMark }], colluders)).toBe(refused);

    // auditor-b's own word: its mark lies in its implicit collection, where its own endorsement would be enough for a new key.
    const { record: word } = await world.as('auditor-b', 'auditor').attestations.create(attestation(subject.id));
    const wordId = parseId(word.id);
    const alone = [msp.auditorB];
    const mark = { collection: implicitCollection(msp.auditorB), key: markKey(wordId) };
    const author = world.ledger('auditor-b', 'admin');
    expect(await author.rogue([{ kind: 'delete', ...mark }], alone)).toBe(refused);
    expect(await author.rogue([{ kind: 'put', ...mark, value: bytesToHex(randomBytes(32)) }], alone)).toBe(refused);
    expect(await author.rogue([{ kind: 'policy', ...mark, value: '' }], alone)).toBe(refused);
  });

  it("an attestation's id is not blocked by two who write its private key first", async () => {
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('judged')));
    const id = `attestation:auditor-a/${bytesToHex(randomBytes(16))}@1`;
    const request = { id, ...attestation(subject.id) };
    // What the author's endorser sees before the author's transaction is ordered; its collection takes any two auditors.
    const { commitment } = world.seal('attestation', id, request.private, await world.commitmentKey('auditor-a'));
    const at = { collection: collectionName('audits', 'cleveland', 1), key: commitment };
    const taken = [msp.auditorB, msp.regulator];
    const hostile = bytesToHex(authorAndOneOther(msp.auditorB, [msp.regulator]));
    const writes = [
      { kind: 'put' as const, ...at, value: bytesToHex(randomBytes(32)) },
      { kind: 'policy' as const, ...at, value: hostile },
    ];
    expect(await rogueClient().rogue(writes, taken)).toBe('VALID');

    const auditor = world.as('auditor-a', 'auditor');
    const { record, replay } = await auditor.attestations.create(request);
    expect(replay).toBe(false);
    // Were it the same, the forged write was somewhere else, and nothing was in the way.
    expect(record.header.commitment).not.toBe(commitment);
    expect(record.private).toMatchObject({ verdict: { claimed: 'fail' } });
    const again = await auditor.attestations.create(request);
    expect(again).toMatchObject({ replay: true, record: { header: record.header } });
  });

  it('an author with one other makes no room for another content by deleting the header', async () => {
    const name = uniqueName('remade');
    const { record } = await world.as('hungarian', 'data-steward').datasets.create(dataset(name));
    const id = parseId(record.id);
    const key = headerKey(id, markHash(markValue(world.stack.network.channel, record.header)));
    // Both may do this, and both sign it; what must not follow is that honest organisations endorse a second record.
    expect(await world.ledger('hungarian', 'admin').rogue([{ kind: 'delete', key }], colluders)).toBe('VALID');
    const reader = world.ledger('regulator', 'reader');
    await until(async () => (await reader.simulate('datasets:read', [record.id])).code === 'RECORD_NOT_FOUND');

    const anew = world.seal('dataset', record.id, { files: [file], licence: 'kinder' });
    const argument = canonicalJson({ id: record.id, commitment: anew.commitment });
    const transient = { private: canonicalJson(anew.record) };
    const steward = world.ledger('hungarian', 'data-steward');
    await until(async () => (await steward.simulate('datasets:read', [record.id], msp.auditorA)).code !== 'ok');
    expect((await steward.simulate('datasets:create', [argument], msp.auditorA, transient)).code).toBe('RECORD_EXISTS');
  });

  it("a header of another id, or in another's name, is not read under a mark of one's own", async () => {
    const idText = `dataset:hungarian/${uniqueName('disguised')}@1`;
    const collection = collectionName('datasets', 'hungarian', 1);
    const honest = { ...forgery('x').header, id: idText, author: msp.hungarian };
    const disguises: [Header, string][] = [
      [honest, 'ok'],
      [{ ...honest, author: msp.regulator }, 'INTERNAL'],
      [{ ...honest, id: 'dataset:cleveland/never-made@1' }, 'INTERNAL'],
      [{ ...honest, epoch: 2 }, 'INTERNAL'],
    ];
    for (const [header, outcome] of disguises) {
      const mark = markValue(world.stack.network.channel, header);
      const key = headerKey(parseId(idText), markHash(mark));
      const writes = [
        { kind: 'put' as const, collection, key: markKey(parseId(idText)), value: bytesToHex(mark) },
        { kind: 'put' as const, key, value: bytesToHex(headerBytes(header)) },
      ];
      const admin = world.ledger('hungarian', 'admin');
      expect(await admin.rogue(writes, colluders)).toBe('VALID');
      expect((await admin.simulate('datasets:read', [idText])).code).toBe(outcome);
    }
  });

  it('a provider with one other makes no attestation, of its own model or of a rival’s', async () => {
    const { record: subject } = await world.as('hungarian', 'ml-engineer').models.create(model(uniqueName('praised')));
    const { record: rival } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('damned')));
    for (const about of [subject.id, rival.id]) {
      const idText = `attestation:hungarian/${bytesToHex(randomBytes(16))}@1`;
      const header = {
        ...forgery('x').header,
        parents: undefined,
        type: 'attestation',
        id: idText,
        author: msp.hungarian,
        status: 'active',
        subject: about,
        kind: 'fairness',
      } as Header;
      const mark = markValue(world.stack.network.channel, header);
      const id = parseId(idText);
      const writes = [
        {
          kind: 'put' as const,
          collection: implicitCollection(msp.hungarian),
          key: markKey(id),
          value: bytesToHex(mark),
        },
        { kind: 'put' as const, key: headerKey(id, markHash(mark)), value: bytesToHex(headerBytes(header)) },
      ];
      const admin = world.ledger('hungarian', 'admin');
      expect(await admin.rogue(writes, colluders)).toBe('VALID');
      expect((await admin.simulate('attestations:read', [idText])).code).toBe('RECORD_NOT_FOUND');
    }
  });

  it('two organisations cannot write a role record', async () => {
    const before = await world.ledger('cleveland', 'reader').evaluate('roles:read', 'cleveland');
    const id = parseId('role:cleveland/membership@1');
    const mark = {
      kind: 'put' as const,
      collection: 'consortium',
      key: markKey(id),
      value: bytesToHex(randomBytes(32)),
    };
    expect(await world.ledger('hungarian', 'admin').rogue([mark], colluders)).toBe(refused);
    expect(await world.ledger('cleveland', 'reader').evaluate('roles:read', 'cleveland')).toBe(before);
  });
});

/** What is committed at one peer, another has a moment later. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}
