import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesToHex,
  formatId,
  headerBytes,
  headerKey,
  headerSchema,
  implicitCollection,
  isPrivateHeader,
  markHash,
  markKey,
  markValue,
  parseId,
  type Presentation,
  presentationSchema,
  verifyPresentation,
} from '@proofward/evidence';
import type { RecordAnswer } from '@proofward/client';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RogueWrite } from '../harness/rogue-write.js';
import { disclosureRequest, model, msp, uniqueName, World } from '../harness/world.js';

const purpose = 'Ranks referrals for echocardiography.';
const secret = { layers: [13, 16, 1] };

describe('a disclosure', () => {
  let world: World;
  let version = '';
  beforeAll(async () => {
    world = await World.attach();
    const { record } = await world.as('hungarian', 'ml-engineer').models.create({
      ...model(uniqueName('shown')),
      private: {
        ...model('').private,
        intendedPurpose: purpose,
        hyperparameters: secret,
        trainingRunId: 'run-1',
      },
    });
    version = record.id;
  });
  afterAll(() => {
    world.close();
  });

  const inspector = () => world.as('regulator', 'inspector');
  const owner = () => world.as('hungarian', 'qa');
  const outsider = () => world.as('cleveland', 'qa');

  async function asked(more: Record<string, unknown> = {}) {
    return (await inspector().disclosureRequests.create(disclosureRequest('hungarian', version, more))).record;
  }
  /** The answer of the owner, whose gateway has the block of the request. */
  const answer = async (request: RecordAnswer<'disclosure-request'>, more: object = {}) =>
    (await owner().disclosures.show({ request: request.id, ...more }, { minBlock: request.ledger.block })).record;

  it('is asked for and given field by field, and stays between the two', async () => {
    const request = await asked();
    const at = { minBlock: request.ledger.block };
    expect(request).toMatchObject({ status: 'open', header: { addressee: 'hungarian', served: 'ledger' } });
    expect(await owner().disclosureRequests.get(request.id, at)).toMatchObject({
      private: { record: version, fields: ['intendedPurpose', 'hyperparameters'] },
    });
    const unseen = await outsider().disclosureRequests.get(request.id, at);
    expect(unseen.private).toBe('withheld');
    expect(JSON.stringify(unseen)).not.toContain(version);

    const shown = await answer(request, { refused: [{ field: 'hyperparameters', reasonCode: 'trade-secret' }] });
    const after = { minBlock: shown.ledger.block };
    expect(shown).toMatchObject({ type: 'disclosure', status: 'shown', header: { recipient: 'regulator' } });
    for (const one of [inspector(), owner()]) {
      const seen = await one.disclosures.get(shown.id, after);
      expect(seen.private).toMatchObject({
        request: request.id,
        record: version,
        presentation: { fields: [{ name: 'intendedPurpose', value: purpose }] },
        refused: [{ field: 'hyperparameters', reasonCode: 'trade-secret' }],
      });
      expect(JSON.stringify(seen)).not.toContain('layers');
    }
    // The recipient checks what was shown against what is public, without the owner.
    const { private: part } = await inspector().disclosures.get(shown.id, after);
    const { header } = await inspector().models.get(version, after);
    if (typeof part !== 'object' || !isPrivateHeader(header)) throw new Error('not shown');
    const presentation: Presentation = presentationSchema.parse(part.presentation);
    const { type, id, privateRevision, schema, commitment } = header;
    const context = { channel: world.stack.network.channel, type, id, revision: privateRevision };
    expect(verifyPresentation(context, schema, commitment, presentation)).toEqual([
      { name: 'intendedPurpose', match: true },
    ]);

    // Others see that something was shown, and to whom; and that the request is answered.
    const third = await outsider().disclosures.get(shown.id, after);
    expect(third).toMatchObject({ private: 'withheld', header: { author: msp.hungarian, recipient: 'regulator' } });
    for (const word of [version, request.id, purpose]) expect(JSON.stringify(third)).not.toContain(word);
    expect((await outsider().disclosureRequests.get(request.id, after)).status).toBe('answered');

    for (const one of [inspector(), owner(), outsider()]) {
      const { items } = await one.disclosures.list({ recipient: 'regulator', owner: 'hungarian', ...after });
      expect(items.map((item) => item.id)).toContain(shown.id);
    }
  });

  it('is found by the record that it shows, by owner and recipient and nobody else', async () => {
    const request = await asked();
    const refused = ['intendedPurpose', 'hyperparameters'].map((field) => ({ field, reasonCode: 'no-legal-basis' }));
    const shown = await answer(request, { refused });
    const query = { 'private.record': version, minBlock: shown.ledger.block };
    const found = async (party: ReturnType<typeof owner>) => {
      const { items } = await party.disclosures.list(query);
      for (const { private: part } of items) expect(part).toMatchObject({ record: version });
      return items.map(({ id }) => id);
    };
    for (const one of [inspector(), owner()]) {
      expect(await found(one)).toContain(shown.id);
      const { items } = await one.disclosures.list({ ...query, 'private.record': `${version}0` });
      expect(items).toEqual([]);
    }
    expect(await found(outsider())).not.toContain(shown.id);
    await expect(world.as('hungarian', 'admin').disclosures.list(query)).rejects.toMatchObject({
      code: 'SCOPE_MISSING',
    });
  });

  it('may be a refusal of everything, and is given once', async () => {
    const request = await asked();
    const refused = ['intendedPurpose', 'hyperparameters'].map((field) => ({ field, reasonCode: 'no-legal-basis' }));
    const shown = await answer(request, { refused });
    expect(shown.private).not.toHaveProperty('presentation');
    await expect(answer(request, { refused })).rejects.toMatchObject({ status: 409, code: 'INVALID_TRANSITION' });
  });

  it('of a request that was served otherwise rests on what its author shows of it', async () => {
    const request = await asked({ served: 'otherwise' });
    const at = { minBlock: request.ledger.block };
    expect((await owner().disclosureRequests.get(request.id, at)).private).toBe('withheld');
    await expect(answer(request)).rejects.toMatchObject({ code: 'INVALID_FIELD', pointer: '/asked' });
    const letter = await inspector().disclosureRequests.present(request.id, ['record', 'fields'], at);
    const [first, ...rest] = letter.fields;
    if (first === undefined) throw new Error('nothing is shown');
    const forged = { ...letter, fields: [{ ...first, value: ['intendedPurpose'] }, ...rest] };
    await expect(answer(request, { asked: forged })).rejects.toMatchObject({ status: 400 });
    expect(await answer(request, { asked: letter })).toMatchObject({ header: { recipient: 'regulator' } });
  });

  it('is made without a request too, and then nothing is refused', async () => {
    const own = { recipient: 'cleveland', record: version, fields: ['trainingRunId'] };
    const { record } = await owner().disclosures.show(own);
    const seen = await outsider().disclosures.get(record.id, { minBlock: record.ledger.block });
    expect(seen).toMatchObject({ private: { presentation: { fields: [{ value: 'run-1' }] } } });
    expect((await inspector().disclosures.get(record.id, { minBlock: record.ledger.block })).private).toBe('withheld');
  });

  it('to a witness proves what could have been shown in time to a requester who endorses no answer', async () => {
    const deadline = new Date(Date.now() + 5_000).toISOString();
    const request = await asked({ deadline });
    const { record: witnessed } = await owner().disclosures.show({
      ...{ recipient: 'auditor-a', record: version, fields: ['intendedPurpose'] },
    });
    expect(witnessed.recordedAt < deadline).toBe(true);
    while (new Date().toISOString() <= deadline) await delay(200);
    const at = { minBlock: witnessed.ledger.block };
    expect((await outsider().disclosureRequests.get(request.id, at)).status).toBe('overdue');
    const witness = world.as('auditor-a', 'auditor');
    for (const one of [owner(), witness]) {
      const proof = await one.disclosures.present(witnessed.id, ['record', 'presentation'], at);
      expect(proof.fields.map(({ value }) => value)).toEqual([
        version,
        expect.objectContaining({ fields: [expect.objectContaining({ name: 'intendedPurpose', value: purpose })] }),
      ]);
      const { result } = await outsider().disclosures.verify(witnessed.id, proof, at);
      expect(result).toBe('match');
    }
  });

  it('is overdue once its deadline is over, for everybody, and answered late', async () => {
    const deadline = new Date(Date.now() + 3_000).toISOString();
    const request = await asked({ deadline });
    const at = { minBlock: request.ledger.block };
    await expect(inspector().disclosureRequests.transition(request.id, { to: 'overdue' })).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
    });
    const listed = async (status: string) =>
      (await outsider().disclosureRequests.list({ status, author: msp.regulator, ...at })).items.map(({ id }) => id);
    expect(await listed('overdue')).not.toContain(request.id);
    while (new Date().toISOString() <= deadline) await delay(200);
    expect((await outsider().disclosureRequests.get(request.id, at)).status).toBe('overdue');
    expect(await listed('overdue')).toContain(request.id);
    expect(await listed('open')).not.toContain(request.id);
    const silent = await inspector().disclosureRequests.transition(request.id, { to: 'overdue' });
    expect(silent.header).toMatchObject({ status: 'overdue', revision: 2 });
    await world.settled();
    const late = await answer(request);
    const after = await outsider().disclosureRequests.get(request.id, { minBlock: late.ledger.block });
    expect(after.status).toBe('answered-late');
  });

  it('is refused where it is not the owner’s, not of the record, or not what was asked', async () => {
    const request = await asked();
    const at = { minBlock: request.ledger.block };
    await expect(outsider().disclosures.show({ request: request.id }, at)).rejects.toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      pointer: '/request',
    });
    await expect(
      outsider().disclosures.show({ recipient: 'regulator', record: version, fields: ['intendedPurpose'] }, at),
    ).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/record' });
    await expect(world.as('hungarian', 'service').disclosures.show({ request: request.id }, at)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(answer(request, { refused: [{ field: 'codeCommit', reasonCode: 'x' }] })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/refused/0/field',
    });
    for (const fields of [['codeCommit'], ['constructor']]) {
      await expect(
        owner().disclosures.show({ recipient: 'regulator', record: version, fields }, at),
      ).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    }
    await expect(
      owner().disclosures.show({ recipient: 'nobody', record: version, fields: ['trainingRunId'] }, at),
    ).rejects.toMatchObject({ code: 'UNKNOWN_ORGANIZATION', pointer: '/recipient' });
    expect((await inspector().disclosureRequests.transition(request.id, { to: 'withdrawn' })).status).toBe('withdrawn');
    await world.settled();
    await expect(answer(request)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  });

  it('that somebody claims without the recipient is nobody’s to read', async () => {
    const id = parseId(`disclosure:hungarian/${bytesToHex(randomBytes(16))}@1`);
    const header = {
      ...(await owner().disclosures.list({ owner: 'hungarian', limit: 1 })).items[0]?.header,
      id: formatId(id),
      recipient: 'cleveland',
      createdTx: bytesToHex(randomBytes(32)),
    };
    const claimed = headerSchema.parse(header);
    const mark = markValue(world.stack.network.channel, claimed);
    const key = headerKey(id, markHash(mark));
    const put = (write: object, value: Uint8Array) => ({ kind: 'put' as const, ...write, value: bytesToHex(value) });
    const own = { collection: implicitCollection(msp.hungarian), key: markKey(id) };
    const writes = [put({ key }, headerBytes(claimed)), put(own, mark)] as RogueWrite[];
    const rogue = world.ledger('hungarian', 'admin');
    expect(await rogue.rogue(writes, [msp.hungarian, msp.auditorB])).toBe('VALID');
    const theirs = { ...own, collection: implicitCollection(msp.cleveland) };
    expect(await rogue.rogue([put(theirs, mark)] as RogueWrite[], [msp.hungarian, msp.auditorB])).toBe(
      'ENDORSEMENT_POLICY_FAILURE',
    );
    const reading = await world.ledger('cleveland', 'reader').simulate('disclosures:read', [formatId(id)]);
    expect(reading.code).toBe('INTERNAL');
    const later = await asked();
    await expect(outsider().disclosures.get(formatId(id), { minBlock: later.ledger.block })).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
    });
  });

  it.each([
    ['a past deadline', { deadline: '2020-01-01T00:00:00.000Z' }, 'INVALID_FIELD', '/deadline'],
    ['an unknown addressee', { addressee: 'nobody' }, 'UNKNOWN_ORGANIZATION', '/addressee'],
    ['itself as addressee', { addressee: 'regulator', served: 'otherwise' }, 'INVALID_FIELD', '/addressee'],
    ['a record of another organisation', { addressee: 'cleveland' }, 'INVALID_FIELD', '/private/record'],
  ])('is not asked for with %s', async (_, more, code, pointer) => {
    await expect(asked(more)).rejects.toMatchObject({ code, pointer });
  });

  it('is not asked for of a field that such a record cannot have, of no record, or by a provider', async () => {
    const of = (part: object) => asked({ private: { ...disclosureRequest('', version).private, ...part } });
    await expect(of({ fields: ['storageLocation'] })).rejects.toMatchObject({ pointer: '/private/fields/0' });
    await expect(of({ record: 'model:hungarian/none@1' })).rejects.toMatchObject({ code: 'REFERENCE_NOT_FOUND' });
    await expect(outsider().disclosureRequests.create(disclosureRequest('hungarian', version))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
