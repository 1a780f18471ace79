import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  authorAndOneOther,
  bytesToHex,
  canonicalJson,
  commitmentOf,
  type Consortium,
  consortiumSchema,
  type Header,
  headerBytes,
  headerKey,
  implicitCollection,
  majorityKeyPolicy,
  markHash,
  markKey,
  markValue,
  parseId,
  utf8ToBytes,
} from '@proofward/evidence';
import type { Context } from 'fabric-contract-api';
import { consortium, file, SimulatedConsortium } from '../simulation/consortium';
import type { Effect } from '../simulation/simulated-ledger';
import { DatasetContract } from './datasets';
import { RoleContract } from './roles';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const clevelands = ['AuditorAMSP', 'AuditorBMSP', 'RegulatorMSP'];
const hex = (bytes: Uint8Array) => bytesToHex(bytes);
const attestationId = `attestation:auditor-a/${'9f'.repeat(16)}@1`;

let world: SimulatedConsortium;
beforeEach(async () => {
  world = await SimulatedConsortium.open();
});
const steward = (more: object = {}) => world.as('ClevelandMSP', 'data-steward', more);
const engineer = () => world.as('ClevelandMSP', 'ml-engineer');
const effects = (): Effect[] => world.transcript.at(-1) ?? [];
const of = (verb: string) => effects().filter(([name]) => name === verb);
const headerOf = (answer: unknown) => (answer as { header: Header }).header;

/** A header of cleveland's as it would be recorded, and where. */
function forged(idText: string, more: Partial<Header> = {}) {
  const header = {
    type: 'dataset',
    id: idText,
    schema: 1,
    author: 'ClevelandMSP',
    createdTx: 'c1'.repeat(32),
    status: 'registered',
    revision: 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
    effectiveAt: '2026-01-01T00:00:00.000Z',
    commitment: 'c0'.repeat(32),
    privateRevision: 1,
    epoch: 1,
    parents: [],
    ...more,
  } as Header;
  return { header, mark: markValue('proofward', header) };
}

/** Puts a mark and, under it, a header, as those can who may write the mark. */
function plant(at: string, { header, mark }: ReturnType<typeof forged>, collection: string): void {
  const id = parseId(at);
  world.ledger.putPrivate(collection, markKey(id), mark);
  world.ledger.put(headerKey(id, markHash(mark)), headerBytes(header));
}

const readDataset = (id: string) =>
  world.call(world.as('RegulatorMSP', 'reader'), (ctx) => world.datasets.read(ctx, id));

describe('a creation', () => {
  it('writes the private record, the mark and the header, each with its policy, and an event', async () => {
    const id = 'dataset:cleveland/whole@1';
    const header = headerOf(await world.dataset(id));
    const { commitment } = world.seal('dataset', id, { files: [file] });
    const policy = hex(authorAndOneOther('ClevelandMSP', clevelands));
    const mark = markValue('proofward', header);
    const key = headerKey(parseId(id), markHash(mark));
    expect(effects().filter(([verb]) => !verb.startsWith('get'))).toEqual([
      ['put private', 'datasets-cleveland', commitment, expect.any(String)],
      ['policy private', 'datasets-cleveland', commitment, policy],
      // The collection's own policy is the author and one other.
      ['put private', 'datasets-cleveland', markKey(parseId(id)), hex(mark)],
      ['put', key, hex(headerBytes(header))],
      ['policy', key, policy],
      ['event', 'record', hex(utf8ToBytes(`{"type":"dataset","id":"${id}","revision":1,"status":"registered"}`))],
    ]);
  });

  it('of an attestation locks the mark in the author’s implicit collection, without the subject’s owner', async () => {
    await world.model('model:cleveland/m@1');
    const header = headerOf(await world.attestation(attestationId, 'model:cleveland/m@1'));
    const policy = hex(authorAndOneOther('AuditorAMSP', ['AuditorBMSP', 'RegulatorMSP']));
    const implicit = implicitCollection('AuditorAMSP');
    const key = markKey(parseId(attestationId));
    expect(of('put private')).toEqual([
      ['put private', 'audits-cleveland', expect.any(String), expect.any(String)],
      ['put private', implicit, key, hex(markValue('proofward', header))],
    ]);
    expect(of('policy private')).toEqual([
      ['policy private', 'audits-cleveland', expect.any(String), policy],
      ['policy private', implicit, key, policy],
    ]);
    expect(of('policy')).toEqual([['policy', expect.any(String), policy]]);
  });

  it('goes to the collections of the last epoch', async () => {
    const caller = world.as('HungarianMSP', 'data-steward');
    const header = headerOf(await world.dataset('dataset:hungarian/e@1', caller));
    expect(header).toMatchObject({ epoch: 2, author: 'HungarianMSP' });
    expect(of('put private').map(([, collection]) => collection)).toEqual([
      'datasets-hungarian-e2',
      'datasets-hungarian-e2',
    ]);
  });

  it('again is the same answer and writes nothing; another content is refused', async () => {
    const id = 'dataset:cleveland/again@1';
    const first = headerOf(await world.dataset(id));
    expect(await world.dataset(id)).toEqual({ header: first, replay: true });
    expect(effects().filter(([verb]) => !verb.startsWith('get'))).toEqual([]);
    await world.dataset('dataset:cleveland/parent@1');
    await expect(world.dataset(id, steward(), { parents: ['dataset:cleveland/parent@1'] })).rejects.toEqual(
      refused('RECORD_EXISTS', '/id'),
    );
    await expect(world.create(steward(), 'dataset', id, {}, { files: [file], licence: 'another' })).rejects.toEqual(
      refused('RECORD_EXISTS', '/id'),
    );
  });

  it.each([
    ['the role', () => world.dataset('dataset:cleveland/x@1', engineer()), 'FORBIDDEN'],
    [
      'the organisation',
      () => world.dataset('dataset:cleveland/x@1', world.as('HungarianMSP', 'service')),
      'FORBIDDEN',
    ],
    [
      'its role',
      () => world.dataset('dataset:auditor-a/x@1', world.as('AuditorAMSP', 'service')),
      'UNKNOWN_ORGANIZATION',
    ],
    ['its being there', () => world.dataset('dataset:nobody/x@1'), 'UNKNOWN_ORGANIZATION'],
  ])('is refused for %s', async (_, attempt, code) => {
    await expect(attempt()).rejects.toEqual(refused(code));
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'no attribute'],
    [{ role: 'data-steward' }, 'no enrolment id'],
    [{ role: 'data-steward', 'hf.EnrollmentID': '' }, 'an empty one'],
    [{ 'hf.EnrollmentID': 'e', role: 'root' }, 'an unknown role'],
    [{ 'hf.EnrollmentID': 'e' }, 'no role'],
  ])('is refused for a certificate with %j: %s', async (attributes) => {
    const caller = { mspId: 'ClevelandMSP', attributes };
    await expect(world.dataset('dataset:cleveland/x@1', caller)).rejects.toEqual(refused('FORBIDDEN'));
    const id = 'dataset:cleveland/x@1';
    await world.dataset(id);
    const roles = new RoleContract(consortium);
    const calls: ((ctx: Context) => Promise<string>)[] = [
      (ctx) => world.datasets.read(ctx, id),
      (ctx) => world.datasets.readPrivate(ctx, id),
      (ctx) => world.datasets.history(ctx, id),
      (ctx) => world.datasets.transition(ctx, JSON.stringify({ id, to: 'flagged' })),
      (ctx) => roles.read(ctx, 'cleveland'),
      (ctx) => roles.history(ctx, 'cleveland'),
      (ctx) => roles.apply(ctx, JSON.stringify({ org: 'cleveland' })),
    ];
    for (const call of calls) await expect(world.call(caller, call)).rejects.toEqual(refused('FORBIDDEN'));
  });
});

describe('the private part of a creation', () => {
  const id = 'dataset:cleveland/private@1';
  const send = (argument: object, transient: Record<string, string | Uint8Array>) =>
    world.call(steward({ transient }), (ctx) => world.datasets.create(ctx, canonicalJson(argument)));

  it('must hash to the commitment', async () => {
    const { record } = world.seal('dataset', id, { files: [file] });
    const { commitment } = world.seal('dataset', id, { files: [file], licence: 'more' });
    await expect(send({ id, commitment }, { private: canonicalJson(record) })).rejects.toEqual(
      refused('COMMITMENT_MISMATCH', '/commitment'),
    );
  });

  it.each([{ id: 'dataset:cleveland/another@1' }, { type: 'model' }, { revision: 2 }, { schema: 0 }, { extra: 1 }])(
    'must be of this record: not with %j',
    async (wrong) => {
      const { record, commitment } = world.seal('dataset', id, { files: [file] });
      await expect(send({ id, commitment }, { private: JSON.stringify({ ...record, ...wrong }) })).rejects.toEqual(
        refused('INVALID_FIELD'),
      );
    },
  );

  it('of a schema version that is not known here is refused as such', async () => {
    const { record } = world.seal('dataset', id, { files: [file] });
    const later = { ...record, schema: 2 };
    const commitment = commitmentOf(world.ledger.channel, later);
    await expect(send({ id, commitment }, { private: canonicalJson(later) })).rejects.toEqual(
      refused('SCHEMA_VERSION_DIFFERS', '/private/schema'),
    );
  });

  it('with another revision and the commitment of that is refused', async () => {
    const { record } = world.seal('dataset', id, { files: [file] });
    const second = { ...record, revision: 2 };
    await expect(
      send({ id, commitment: commitmentOf('proofward', second) }, { private: canonicalJson(second) }),
    ).rejects.toEqual(refused('INVALID_FIELD', '/private'));
    const other = { ...record, id: 'dataset:hungarian/theirs@1' };
    await expect(
      send({ id, commitment: commitmentOf('proofward', other) }, { private: canonicalJson(other) }),
    ).rejects.toEqual(refused('INVALID_FIELD', '/private'));
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'unheardOf'])(
    'has the fields of its type and no member %s',
    async (name) => {
      const { record, commitment } = world.seal('dataset', id, { files: [file], [name]: 'x' });
      await expect(send({ id, commitment }, { private: canonicalJson(record) })).rejects.toEqual(
        refused('INVALID_FIELD', `/private/${name}`),
      );
    },
  );

  it('must be there, and be JSON with one meaning in UTF-8', async () => {
    const { record, commitment } = world.seal('dataset', id, { files: [file], licence: '?' });
    const argument = { id, commitment };
    const text = canonicalJson(record);
    await expect(send(argument, {})).rejects.toEqual(refused('INVALID_FIELD', '/private'));
    const invalid = utf8ToBytes(text).map((byte) => (byte === '?'.charCodeAt(0) ? 0xff : byte));
    for (const wrong of [
      '',
      'null,',
      `\ufeff${text}`,
      `{"__proto__":{},${text.slice(1)}`,
      `{"id":"${id}",${text.slice(1)}`,
      `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
      invalid,
    ]) {
      await expect(send(argument, { private: wrong })).rejects.toEqual(refused('INVALID_JSON'));
    }
    await expect(send(argument, { private: text })).resolves.toBeDefined();
  });

  it('is not larger than what one transaction takes', async () => {
    const { record, commitment } = world.seal('dataset', id, { files: [file] });
    const text = canonicalJson(record);
    const padded = (length: number) => text + ' '.repeat(length - text.length);
    await expect(send({ id, commitment }, { private: padded(4 * 1024 * 1024 + 1) })).rejects.toEqual(
      refused('PAYLOAD_TOO_LARGE', '/private'),
    );
    await expect(send({ id, commitment }, { private: padded(4 * 1024 * 1024) })).resolves.toBeDefined();
  });

  it('leaves no room in an id for a second key', async () => {
    const { record, commitment } = world.seal('dataset', id, { files: [file] });
    for (const wrong of [
      'dataset:cleveland/a\u0000b@1',
      'dataset:cleveland/a@1\n',
      'dataset:cleveland\u0000/a@1',
      'dataset:cleveland-e2/a@1',
      'model:cleveland/a@1',
    ]) {
      const made = send({ id: wrong, commitment }, { private: canonicalJson(record) });
      await expect(made).rejects.toEqual(refused('INVALID_FIELD', '/id'));
    }
  });
});

describe('the times of a write', () => {
  const timestamp = Date.UTC(2026, 5, 1, 12);
  const at = (effectiveAt: string) =>
    world.dataset('dataset:cleveland/times@1', steward({ timestamp }), { effectiveAt });

  it('are the transaction’s, and flag what came late', async () => {
    expect(headerOf(await at('2026-06-01T11:45:00.000Z'))).not.toHaveProperty('late');
    expect(
      headerOf(
        await world.dataset('dataset:cleveland/late@1', steward({ timestamp }), {
          effectiveAt: '2026-06-01T11:44:59.999Z',
        }),
      ),
    ).toMatchObject({
      late: true,
      recordedAt: '2026-06-01T12:00:00.000Z',
      effectiveAt: '2026-06-01T11:44:59.999Z',
    });
  });

  it('of a later revision are its own, and so is the flag', async () => {
    expect(headerOf(await at('2026-05-01T12:00:00.000Z'))).toMatchObject({ late: true });
    const change = JSON.stringify({ id: 'dataset:cleveland/times@1', to: 'flagged' });
    const next = await world.call(steward({ timestamp }), (ctx) => world.datasets.transition(ctx, change));
    expect(headerOf(next)).toMatchObject({ effectiveAt: '2026-06-01T12:00:00.000Z' });
    expect(headerOf(next)).not.toHaveProperty('late');
  });

  it('are not in the future, beyond what clocks are off', async () => {
    await expect(at('2026-06-01T12:15:00.001Z')).rejects.toEqual(refused('INVALID_FIELD', '/effectiveAt'));
    await expect(at('2026-06-01T12:15:00.000Z')).resolves.toBeDefined();
  });

  it('are those of a calendar', async () => {
    for (const wrong of [8.64e15 + 1, Date.UTC(10_000, 0, 1)]) {
      await expect(world.dataset('dataset:cleveland/far@1', steward({ timestamp: wrong }))).rejects.toThrow();
    }
  });
});

describe('a reference', () => {
  it('must exist, and a foreign one needs a grant', async () => {
    await world.dataset('dataset:hungarian/theirs@1', world.as('HungarianMSP', 'data-steward'));
    const model = (id: string) =>
      world.model('model:cleveland/m@1', engineer(), { datasets: [{ id, role: 'training' }] });
    await expect(model('dataset:cleveland/never@1')).rejects.toEqual(refused('REFERENCE_NOT_FOUND', '/datasets/0/id'));
    await expect(model('dataset:nobody/never@1')).rejects.toEqual(refused('REFERENCE_NOT_FOUND', '/datasets/0/id'));
    await expect(model('dataset:hungarian/theirs@1')).rejects.toEqual(refused('GRANT_REQUIRED', '/datasets/0/id'));
    const parents = [{ id: 'model:cleveland/never@1', relation: 'merged' }];
    await expect(world.model('model:cleveland/m@1', engineer(), { parents })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/parents/0/id'),
    );
    await expect(
      world.dataset('dataset:cleveland/d@1', steward(), { parents: ['dataset:cleveland/never@1'] }),
    ).rejects.toEqual(refused('REFERENCE_NOT_FOUND', '/parents/0'));
    await expect(
      world.dataset('dataset:cleveland/d@1', steward(), { parents: ['dataset:hungarian/theirs@1'] }),
    ).rejects.toEqual(refused('GRANT_REQUIRED', '/parents/0'));
    await expect(world.attestation(attestationId, 'model:cleveland/never@1')).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/subject'),
    );
  });

  it('of an attestation is a provider’s, of whose collections the auditor is a member', async () => {
    await world.model('model:cleveland/m@1');
    const subject = 'model:cleveland/m@1';
    await expect(world.attestation(attestationId, 'model:regulator/m@1')).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND'),
    );
    const outsider = world.as('AuditorCMSP', 'auditor');
    await expect(world.attestation('attestation:auditor-c/a@1', subject, outsider)).rejects.toEqual(
      refused('NOT_A_MEMBER'),
    );
    const self = world.as('ClevelandMSP', 'auditor');
    await expect(world.attestation('attestation:cleveland/a@1', subject, self)).rejects.toEqual(
      refused('UNKNOWN_ORGANIZATION', '/id'),
    );
  });
});

describe('a transition', () => {
  const id = 'dataset:cleveland/changing@1';
  const change = (more: object, caller = steward()) =>
    world.call(caller, (ctx) => world.datasets.transition(ctx, JSON.stringify({ id, to: 'flagged', ...more })));
  let header: Header;
  beforeEach(async () => {
    header = headerOf(await world.dataset(id));
  });

  it('writes the next revision and leaves the rest alone', async () => {
    const next = headerOf(await change({}));
    expect(next).toEqual({
      ...header,
      status: 'flagged',
      revision: 2,
      recordedAt: expect.any(String),
      effectiveAt: expect.any(String),
    });
    expect(
      effects()
        .filter(([verb]) => !verb.startsWith('get'))
        .map(([verb]) => verb),
    ).toEqual(['put', 'event']);
  });

  it('puts its reason where only members see it, under the key policy of the record', async () => {
    const reason = JSON.stringify({ reasonCode: 'consent-revoked', salt: 'ab'.repeat(32) });
    await change({}, steward({ transient: { private: reason } }));
    expect(of('put private')).toEqual([['put private', 'datasets-cleveland', expect.any(String), expect.any(String)]]);
    expect(of('policy private')).toEqual([
      ['policy private', 'datasets-cleveland', expect.any(String), hex(authorAndOneOther('ClevelandMSP', clevelands))],
    ]);
    for (const wrong of [
      { reasonCode: 'x' },
      { reasonCode: 'Free text', salt: 'ab'.repeat(32) },
      { reasonCode: 'x', salt: 'ab' },
    ]) {
      await expect(
        change({ to: 'withdrawn' }, steward({ transient: { private: JSON.stringify(wrong) } })),
      ).rejects.toEqual(refused('INVALID_FIELD'));
    }
  });

  it('is refused to other roles and organisations, from a revision that is past, and to states that do not follow', async () => {
    await expect(change({}, engineer())).rejects.toEqual(refused('FORBIDDEN'));
    await expect(change({}, world.as('HungarianMSP', 'data-steward'))).rejects.toEqual(refused('FORBIDDEN'));
    await expect(change({ revision: 2 })).rejects.toEqual(refused('REVISION_CONFLICT', '/revision'));
    await expect(change({ to: 'registered' })).rejects.toEqual(refused('INVALID_TRANSITION', '/to'));
    await expect(change({ to: 'constructor' })).rejects.toEqual(refused('INVALID_TRANSITION', '/to'));
    await expect(change({ id: 'dataset:cleveland/never@1' })).rejects.toEqual(refused('RECORD_NOT_FOUND'));
    await expect(change({ id: 'model:cleveland/changing@1' })).rejects.toEqual(refused('INVALID_FIELD', '/id'));
    await expect(change({ id: 'dataset:nobody/never@1' })).rejects.toEqual(refused('RECORD_NOT_FOUND'));
  });
});

describe('what is read', () => {
  const id = 'dataset:cleveland/read@1';
  const readPrivate = (mspId: string, role: 'reader' | 'admin' = 'reader') =>
    world.call(world.as(mspId, role), (ctx) => world.datasets.readPrivate(ctx, id));
  let header: Header & { type: 'dataset' };
  beforeEach(async () => {
    header = headerOf(await world.dataset(id)) as typeof header;
  });

  it('of the private part is for members, and not for administrators', async () => {
    for (const member of ['ClevelandMSP', ...clevelands]) {
      expect(await readPrivate(member)).toEqual(world.seal('dataset', id, { files: [file] }).record);
    }
    for (const stranger of ['HungarianMSP', 'AuditorCMSP', 'StrangerMSP']) {
      await expect(readPrivate(stranger)).rejects.toEqual(refused('NOT_A_MEMBER'));
    }
    await expect(readPrivate('ClevelandMSP', 'admin')).rejects.toEqual(refused('FORBIDDEN'));
  });

  it('by who is a member of the epoch, not by who became one', async () => {
    plantHungarian();
    const read = (mspId: string) =>
      world.call(world.as(mspId, 'reader'), (ctx) => world.datasets.readPrivate(ctx, 'dataset:hungarian/old@1'));
    await expect(read('AuditorAMSP')).rejects.toEqual(refused('NOT_A_MEMBER'));
    await expect(read('AuditorBMSP')).rejects.toEqual(refused('PRIVATE_DATA_ERASED'));
  });
  function plantHungarian() {
    const old = 'dataset:hungarian/old@1';
    plant(old, forged(old, { author: 'HungarianMSP' }), 'datasets-hungarian');
  }

  it('of an erased record says so; its header, and its replay, live on', async () => {
    world.ledger.putPrivate('datasets-cleveland', header.commitment, undefined);
    await expect(readPrivate('RegulatorMSP')).rejects.toEqual(refused('PRIVATE_DATA_ERASED'));
    expect(await readDataset(id)).toEqual(header);
    expect(await world.dataset(id)).toEqual({ header, replay: true });
  });

  it('is not what its author and another put under its commitment later', async () => {
    const { record } = world.seal('dataset', id, { files: [file], licence: 'kinder' });
    for (const value of [canonicalJson(record), '{}', '']) {
      world.ledger.putPrivate('datasets-cleveland', header.commitment, utf8ToBytes(value));
      await expect(readPrivate('RegulatorMSP')).rejects.toEqual(
        refused(value === '' ? 'PRIVATE_DATA_ERASED' : 'INTERNAL'),
      );
    }
  });

  it('of the history is every revision, newest first', async () => {
    await world.call(steward(), (ctx) => world.datasets.transition(ctx, JSON.stringify({ id, to: 'flagged' })));
    const history = await world.call(world.as('HungarianMSP', 'reader'), (ctx) => world.datasets.history(ctx, id));
    expect((history as { header: Header }[]).map((entry) => entry.header.status)).toEqual(['flagged', 'registered']);
  });

  it('needs an id of the contract’s type', async () => {
    for (const wrong of ['model:cleveland/read@1', 'x', 'dataset:cleveland/a\u0000@1']) {
      await expect(readDataset(wrong)).rejects.toEqual(refused('INVALID_ID', '/id'));
    }
    await expect(readDataset('dataset:cleveland/never@1')).rejects.toEqual(refused('RECORD_NOT_FOUND', '/id'));
  });
});

describe('what those plant who may write a mark', () => {
  const id = 'dataset:cleveland/planted@1';
  const own = 'datasets-cleveland';

  it('is read where it is what the author could have recorded', async () => {
    const honest = forged(id);
    plant(id, honest, own);
    expect(await readDataset(id)).toEqual(honest.header);
  });

  it.each<[string, Partial<Header>]>([
    ['of another id', { id: 'dataset:cleveland/other@1' }],
    ['of another organisation’s id', { id: 'dataset:hungarian/other@1' }],
    ['in another’s name', { author: 'RegulatorMSP' }],
    ['of an epoch whose members never saw it', { epoch: 2 }],
  ])('is not taken for the record: a header %s', async (_, wrong) => {
    plant(id, forged(id, wrong), own);
    await expect(readDataset(id)).rejects.toEqual(refused('INTERNAL'));
    await expect(world.dataset(id)).rejects.toEqual(refused('INTERNAL'));
    await expect(
      world.model('model:cleveland/m@1', engineer(), { datasets: [{ id, role: 'training' }] }),
    ).rejects.toEqual(refused('INTERNAL'));
  });

  it('is not taken for the record: a header of another type, or another than the mark’s', async () => {
    const model = {
      ...forged(id, { type: 'model', id: 'model:cleveland/planted@1' }).header,
    } as Record<string, unknown>;
    Object.assign(model, { purpose: 'triage', datasets: [] });
    plant(id, { header: model as unknown as Header, mark: markValue('proofward', model as unknown as Header) }, own);
    await expect(readDataset(id)).rejects.toEqual(refused('INTERNAL'));
    const { mark } = forged(id);
    plant(id, { header: forged(id, { commitment: 'dd'.repeat(32) }).header, mark }, own);
    await expect(readDataset(id)).rejects.toEqual(refused('INTERNAL'));
  });

  it('makes no room for another content: a header that is deleted under its mark', async () => {
    const header = headerOf(await world.dataset(id));
    const mark = markValue('proofward', header);
    world.ledger.put(headerKey(parseId(id), markHash(mark)), undefined);
    await expect(readDataset(id)).rejects.toEqual(refused('RECORD_NOT_FOUND'));
    await expect(world.create(steward(), 'dataset', id, {}, { files: [file], licence: 'kinder' })).rejects.toEqual(
      refused('RECORD_EXISTS', '/id'),
    );
    await expect(
      world.model('model:cleveland/m@1', engineer(), { datasets: [{ id, role: 'training' }] }),
    ).rejects.toEqual(refused('REFERENCE_NOT_FOUND'));
  });

  it('is neither before nor behind the record of today: a second mark by members of an earlier epoch', async () => {
    const today = 'dataset:hungarian/today@1';
    await world.dataset(today, world.as('HungarianMSP', 'data-steward'));
    plant(today, forged(today, { author: 'HungarianMSP' }), 'datasets-hungarian');
    await expect(readDataset(today)).rejects.toEqual(refused('INTERNAL'));
  });

  const word = (author: string, subject: string, more: object = {}) => ({
    type: 'attestation',
    subject,
    kind: 'fairness',
    status: 'active',
    author,
    parents: undefined,
    ...more,
  });
  /** As two organisations put it, of which one is the author. */
  function plantWord(slug: string, author: string, subject: string, more: object = {}) {
    const at = `attestation:${slug}/word@1`;
    const { header } = forged(at, word(author, subject, more) as unknown as Partial<Header>);
    const attested = JSON.parse(JSON.stringify(header)) as Header;
    const mspId = consortium.organizations.find((organization) => organization.slug === slug)?.mspId ?? '';
    plant(at, { header: attested, mark: markValue('proofward', attested) }, implicitCollection(mspId));
    return world.call(world.as('RegulatorMSP', 'reader'), (ctx) => world.attestations.read(ctx, at));
  }

  it('is no attestation: a provider’s, the subject’s owner’s, a stranger’s, or one in another auditor’s name', async () => {
    const subject = 'model:cleveland/m@1';
    await expect(plantWord('auditor-a', 'AuditorAMSP', subject)).resolves.toMatchObject({ subject });
    await expect(plantWord('hungarian', 'HungarianMSP', subject)).rejects.toEqual(refused('RECORD_NOT_FOUND'));
    await expect(plantWord('cleveland', 'ClevelandMSP', subject)).rejects.toEqual(refused('RECORD_NOT_FOUND'));
    await expect(plantWord('regulator', 'RegulatorMSP', subject)).rejects.toEqual(refused('RECORD_NOT_FOUND'));
    await expect(plantWord('auditor-c', 'AuditorCMSP', subject)).rejects.toEqual(refused('INTERNAL'));
    await expect(plantWord('auditor-a', 'AuditorBMSP', subject)).rejects.toEqual(refused('INTERNAL'));
    await expect(plantWord('auditor-a', 'AuditorAMSP', 'model:hungarian/m@1')).rejects.toEqual(refused('INTERNAL'));
    await expect(plantWord('auditor-a', 'AuditorAMSP', 'model:hungarian/m@1', { epoch: 2 })).resolves.toBeDefined();
    await expect(plantWord('auditor-a', 'AuditorAMSP', 'model:regulator/m@1')).rejects.toEqual(refused('INTERNAL'));
    await expect(plantWord('auditor-a', 'AuditorAMSP', subject, { epoch: 2 })).rejects.toEqual(refused('INTERNAL'));
  });
});

describe('a role record', () => {
  const apply = (proposal: ReturnType<SimulatedConsortium['as']>, org: string) =>
    world.call(proposal, (ctx) => new RoleContract(consortium).apply(ctx, JSON.stringify({ org })));
  const everybody = consortium.organizations.map(({ mspId }) => mspId);
  /** What another consortium file would say. */
  const changed = (slug: string, more: object): Consortium =>
    consortiumSchema.parse({
      ...consortium,
      organizations: consortium.organizations.map((organization) =>
        organization.slug === slug ? { ...organization, ...more } : organization,
      ),
    });

  it('is locked to a majority, and marked in a collection that wants one', async () => {
    const fresh = new SimulatedConsortium();
    const header = headerOf(await fresh.applyRole('hungarian'));
    const [written] = fresh.transcript;
    const mark = markValue('proofward', header);
    expect(written?.filter(([verb]) => verb !== 'get' && verb !== 'get hash').slice(0, 3)).toEqual([
      ['put private', 'consortium', markKey(parseId('role:hungarian/membership@1')), hex(mark)],
      ['put', expect.any(String), hex(headerBytes(header))],
      ['policy', expect.any(String), hex(majorityKeyPolicy(everybody))],
    ]);
  });

  it('is applied by an administrator of the consortium, as the approved file has it', async () => {
    await expect(apply(steward(), 'cleveland')).rejects.toEqual(refused('FORBIDDEN'));
    await expect(apply(world.as('StrangerMSP', 'admin'), 'cleveland')).rejects.toEqual(refused('FORBIDDEN'));
    await expect(apply(world.as('ClevelandMSP', 'admin'), 'stranger')).rejects.toEqual(
      refused('ROLE_NOT_APPROVED', '/org'),
    );
    const header = await world.call(steward(), (ctx) => new RoleContract(consortium).read(ctx, 'cleveland'));
    expect(await apply(world.as('RegulatorMSP', 'admin'), 'cleveland')).toEqual({ header, replay: true });
    expect(header).toMatchObject({ mspId: 'ClevelandMSP', role: 'provider', epochs: [clevelands] });
    for (const wrong of ['Cleveland', 'clinic-e2', 'a/b', '']) {
      await expect(apply(world.as('ClevelandMSP', 'admin'), wrong)).rejects.toEqual(refused('INVALID_FIELD', '/org'));
    }
    await expect(world.call(steward(), (ctx) => new RoleContract(consortium).read(ctx, 'stranger'))).rejects.toEqual(
      refused('RECORD_NOT_FOUND'),
    );
  });

  it('follows the approved file, with its key policy', async () => {
    const next = headerOf(await world.applyRole('cleveland', changed('cleveland', { status: 'suspended' })));
    expect(next).toMatchObject({ revision: 2, status: 'suspended' });
    expect(of('policy')).toEqual([['policy', expect.any(String), hex(majorityKeyPolicy(everybody))]]);
  });

  it('of a suspended organisation: it creates nothing; what it wrote is read, and it may withdraw it', async () => {
    const id = 'dataset:cleveland/before@1';
    await world.dataset(id);
    await world.model('model:cleveland/m@1');
    await world.applyRole('cleveland', changed('cleveland', { status: 'suspended' }));
    await expect(world.dataset('dataset:cleveland/after@1')).rejects.toEqual(refused('UNKNOWN_ORGANIZATION', '/id'));
    await expect(world.dataset(id)).rejects.toEqual(refused('UNKNOWN_ORGANIZATION', '/id'));
    expect(await readDataset(id)).toMatchObject({ id });
    const withdrawn = await world.call(steward(), (ctx) =>
      world.datasets.transition(ctx, JSON.stringify({ id, to: 'withdrawn' })),
    );
    expect(headerOf(withdrawn).status).toBe('withdrawn');
    // Its models run on, so they can be audited.
    await expect(world.attestation(attestationId, 'model:cleveland/m@1')).resolves.toBeDefined();
    await world.applyRole('auditor-a', changed('auditor-a', { status: 'suspended' }));
    await expect(world.attestation('attestation:auditor-a/x@1', 'model:cleveland/m@1')).rejects.toEqual(
      refused('UNKNOWN_ORGANIZATION', '/id'),
    );
  });
});

describe('an error', () => {
  const fail = (cause: Error): Promise<string> => {
    const contract = Object.assign(new DatasetContract(), { failing: () => Promise.reject(cause) });
    return contract.aroundTransaction({} as never, 'failing' as never, []).then(
      () => 'none',
      (error: unknown) => (error as Error).message,
    );
  };

  it('that is not in the table says nothing of its cause', async () => {
    expect(JSON.parse(await fail(new Error('patient Ada Lovelace')))).toEqual({
      code: 'INTERNAL',
      message: 'the chaincode failed',
    });
  });

  it('is all that a text gets which is longer than any header', async () => {
    const contract = new DatasetContract();
    const call = (length: number) =>
      contract.aroundTransaction({} as never, 'read' as never, ['x'.repeat(length)]).then(
        () => 'none',
        (error: unknown) => (error as Error).message,
      );
    expect(JSON.parse(await call(1024 * 1024 + 1))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(JSON.parse(await call(1024 * 1024))).toMatchObject({ code: 'INTERNAL' });
  });

  it('that is in the table is told as it is', async () => {
    const known = await readDataset('dataset:cleveland/never@1').catch((error: unknown) => error as Error);
    expect(JSON.parse(await fail(known as Error))).toMatchObject({ code: 'RECORD_NOT_FOUND', pointer: '/id' });
  });
});
