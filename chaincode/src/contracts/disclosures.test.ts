import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  canonicalJson,
  implicitCollection,
  type Presentation,
  presentFields,
  type PrivateRecord,
} from '@proofward/evidence';
import { file, SimulatedConsortium } from '../simulation/consortium';

const version = 'model:hungarian/m@1';
const request = `disclosure-request:auditor-c/${'a1'.repeat(16)}@1`;
const disclosure = `disclosure:hungarian/${'b2'.repeat(16)}@1`;
const deadline = '2026-03-01T00:00:00.000Z';
const values = { fingerprint: { files: [file] }, intendedPurpose: 'triage', trainingRunId: 'run-1' };
const asked = { record: version, fields: ['intendedPurpose', 'codeCommit'], legalBasis: 'Article 74(12)' };
const owner = implicitCollection('HungarianMSP');
const recipient = implicitCollection('AuditorCMSP');

let world: SimulatedConsortium;
let part: PrivateRecord;
let question: PrivateRecord;

const as = (mspId: string, timestamp?: number) =>
  world.as(mspId, mspId.startsWith('Auditor') || mspId.startsWith('Reg') ? 'inspector' : 'qa', {
    ...(timestamp !== undefined && { timestamp }),
  });
const ask = (fields: object = {}, more: object = {}, id = request) =>
  world.create(
    as('AuditorCMSP'),
    'disclosure-request',
    id,
    { addressee: 'hungarian', deadline, served: 'ledger', ...fields },
    { ...asked, ...more },
  );
const shows = (...names: string[]) => presentFields(world.ledger.channel, part, names);
const asks = (...names: string[]) => presentFields(world.ledger.channel, question, names);
/** What the owner, or another one, puts on the ledger as its answer. */
const answer = (
  more: object = {},
  {
    by = 'HungarianMSP',
    to = 'auditor-c',
    id = disclosure,
    presented = asks('record', 'fields'),
    timestamp,
  }: { by?: string; to?: string; id?: string; presented?: Presentation | null; timestamp?: number } = {},
) =>
  world.create(
    {
      ...as(by, timestamp),
      transient: presented === null ? {} : { presentations: canonicalJson(presented) },
    },
    'disclosure',
    id,
    { recipient: to },
    {
      request,
      record: version,
      presentation: shows('intendedPurpose'),
      refused: [{ field: 'codeCommit', reasonCode: 'not-recorded' }],
      ...more,
    },
  );
const placed = () =>
  (world.transcript.at(-1) ?? []).filter(([verb]) => verb === 'put private').map(([, place]) => place);
const status = async () => ((await world.read('disclosure-request', request)) as { status: string }).status;

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  part = world.seal('model', version, values).record;
  await world.create(world.as('HungarianMSP', 'ml-engineer'), 'model', version, { purpose: 'triage' }, values);
  question = world.seal('disclosure-request', request, asked).record;
});

describe('a disclosure request', () => {
  it('lies with requester and addressee, and with the requester alone where it was served otherwise', async () => {
    expect(await ask()).toMatchObject({ header: { status: 'open', addressee: 'hungarian' } });
    expect(placed()).toEqual([recipient, owner, recipient, owner]);
    for (const mspId of ['AuditorCMSP', 'HungarianMSP'])
      expect(await world.readPrivate('disclosure-request', request, as(mspId))).toMatchObject({ fields: {} });
    await expect(world.readPrivate('disclosure-request', request)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });

    const other = `disclosure-request:auditor-c/${'c3'.repeat(16)}@1`;
    await ask({ served: 'otherwise' }, {}, other);
    expect(placed()).toEqual([recipient, recipient]);
    await expect(world.readPrivate('disclosure-request', other, as('HungarianMSP'))).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
  });

  it.each([
    ['a deadline that has come', { deadline: '2026-01-31T12:00:00.000Z' }, {}, 'INVALID_FIELD', '/deadline'],
    ['a deadline in two years', { deadline: '2028-01-31T12:00:00.000Z' }, {}, 'INVALID_FIELD', '/deadline'],
    ['itself', { addressee: 'auditor-c' }, {}, 'INVALID_FIELD', '/addressee'],
    ['nobody', { addressee: 'nobody' }, {}, 'UNKNOWN_ORGANIZATION', '/addressee'],
    ['a foreign record', { addressee: 'cleveland' }, {}, 'INVALID_FIELD', '/private/record'],
    ['no record', {}, { record: 'model:hungarian/n@1' }, 'REFERENCE_NOT_FOUND', '/private/record'],
    ['a field that no model has', {}, { fields: ['toString'] }, 'INVALID_FIELD', '/private/fields/0'],
  ])('has not %s', async (_, fields, more, code, pointer) => {
    await expect(ask(fields, more)).rejects.toMatchObject({ code, pointer });
  });

  it('is overdue from its deadline on, by its requester alone, and answered by nothing but a disclosure', async () => {
    await ask();
    const over = Date.parse(deadline);
    const to = (state: string, who: string, timestamp: number) =>
      world.transition(as(who, timestamp), 'disclosure-request', { id: request, to: state });
    for (const state of ['answered', 'answered-late', 'overdue']) {
      await expect(to(state, 'AuditorCMSP', over - 1)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    }
    await expect(to('overdue', 'RegulatorMSP', over)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await to('overdue', 'AuditorCMSP', over)).toMatchObject({ header: { status: 'overdue', revision: 2 } });
    await answer({}, { timestamp: over - 60_000 });
    expect(await status()).toBe('answered-late');
  });
});

describe('a disclosure', () => {
  beforeEach(async () => {
    await ask();
  });

  it('lies with owner and recipient, each with a mark, and answers its request once', async () => {
    expect(await answer()).toMatchObject({ header: { status: 'shown', recipient: 'auditor-c' } });
    expect(placed()).toEqual([owner, recipient, owner, recipient]);
    expect(await status()).toBe('answered');
    for (const mspId of ['AuditorCMSP', 'HungarianMSP'])
      expect(await world.readPrivate('disclosure', disclosure, as(mspId))).toMatchObject({ id: disclosure });
    await expect(world.readPrivate('disclosure', disclosure)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    expect(await answer()).toMatchObject({ replay: true });
    await expect(answer({}, { id: disclosure.replace('b2', 'b3') })).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
      pointer: '/private/request',
    });
    await expect(
      world.transition(as('HungarianMSP'), 'disclosure', { id: disclosure, to: 'shown' }),
    ).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  });

  it('is late after the deadline', async () => {
    await answer({}, { timestamp: Date.parse(deadline) + 1 });
    expect(await status()).toBe('answered-late');
  });

  it('shows what is under the public commitment, with its own salt', async () => {
    const right = shows('intendedPurpose');
    const [field] = right.fields;
    if (field === undefined) throw new Error('nothing is shown');
    for (const wrong of [{ salt: 'ab'.repeat(32) }, { value: 'diagnosis' }, { index: 0 }, { path: [] }]) {
      await expect(answer({ presentation: { ...right, fields: [{ ...field, ...wrong }] } })).rejects.toMatchObject({
        code: 'PRESENTATION_MISMATCH',
        pointer: '/private/presentation/fields/0',
      });
    }
  });

  it.each([
    ['leaves a field out', { refused: undefined }, 'codeCommit is neither'],
    ['refuses what it shows', { refused: ['codeCommit', 'intendedPurpose'] }, 'shown and refused'],
    ['refuses what was not asked for', { refused: ['codeCommit', 'trainingRunId'] }, 'not asked for'],
  ])('never %s', async (_, { refused }, why) => {
    const reasons = refused?.map((field) => ({ field, reasonCode: 'x' }));
    await expect(answer({ refused: reasons })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      message: expect.stringContaining(why) as unknown,
    });
  });

  it('shows nothing that was not asked for, and nothing of another record', async () => {
    await expect(answer({ presentation: shows('intendedPurpose', 'trainingRunId') })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
    });
    const other = 'model:hungarian/n@1';
    await world.create(world.as('HungarianMSP', 'ml-engineer'), 'model', other, { purpose: 'triage' }, values);
    const theirs = presentFields(world.ledger.channel, world.seal('model', other, values).record, ['intendedPurpose']);
    await expect(answer({ record: other, presentation: theirs })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/private/record',
    });
  });

  it('is its owner’s, and for who asked', async () => {
    await expect(
      answer({}, { by: 'ClevelandMSP', id: disclosure.replace('hungarian', 'cleveland') }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/private/record' });
    await expect(answer({}, { to: 'auditor-a' })).rejects.toMatchObject({ pointer: '/recipient' });
    await expect(answer({}, { to: 'hungarian' })).rejects.toMatchObject({ pointer: '/recipient' });
    await expect(answer({}, { to: 'nobody' })).rejects.toMatchObject({ code: 'UNKNOWN_ORGANIZATION' });
  });

  it('proves what was asked for', async () => {
    await expect(answer({}, { presented: null })).rejects.toMatchObject({ pointer: '/presentations' });
    await expect(answer({}, { presented: asks('record') })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    const forged = asks('record', 'fields');
    const fields = forged.fields.map((field) =>
      field.name === 'fields' ? { ...field, value: ['intendedPurpose'] } : field,
    );
    await expect(answer({ refused: undefined }, { presented: { ...forged, fields } })).rejects.toMatchObject({
      code: 'PRESENTATION_MISMATCH',
    });
  });

  it('without a request shows something, and refuses nothing', async () => {
    const none = { request: undefined, refused: undefined };
    await expect(answer({ ...none, presentation: undefined })).rejects.toMatchObject({
      pointer: '/private/presentation',
    });
    await expect(answer({ request: undefined })).rejects.toMatchObject({ pointer: '/private/refused' });
    expect(await answer(none, { to: 'cleveland', presented: null })).toMatchObject({
      header: { recipient: 'cleveland' },
    });
    expect(await status()).toBe('open');
  });
});
