import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { peer, type ledger } from '@hyperledger/fabric-protos';
import {
  consortiumSchema,
  type Header,
  ProofwardError,
  type TransitionNote,
  transitionNoteKey,
} from '@proofward/evidence';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import { startPostgres, type PostgresServer } from '../postgres/server.js';
import { readPage, readPast } from '../queries/page.js';
import { Records } from '../queries/records.js';
import { type CommittedBlock, readBlock } from './block.js';
import { ChangeReader, type Changes } from './changes.js';
import { ChainMismatch, ReadModel } from './read-model.js';

/** Blocks of a real Fabric network, captured at the peer of an auditor (vectors/capture.mjs). */
const captured = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'vectors', 'blocks.json'), 'utf8')) as {
  consortium: unknown;
  blocks: string[];
};
const consortium = consortiumSchema.parse(captured.consortium);
const salt = 'ab'.repeat(32);
const readAll = (): CommittedBlock[] =>
  captured.blocks.map((text) => {
    const event = peer.BlockAndPrivateData.deserializeBinary(Buffer.from(text, 'base64'));
    const block = event.getBlock();
    if (block === undefined) throw new Error('no block');
    const privateData = new Map<number, ledger.rwset.TxPvtReadWriteSet>();
    event.getPrivateDataMapMap().forEach((sets, index) => privateData.set(index, sets));
    return readBlock(block, privateData, 'proofward');
  });
const member = new ChangeReader('proofward', consortium, 'AuditorAMSP');
const outsider = new ChangeReader('proofward', consortium, 'HungarianMSP');
const read = (blocks: CommittedBlock[], reader = member): Changes => reader.read(blocks, new Map());

/** Lets the transactions of a block be an organisation's, made at a time that it claims. */
function claim(blocks: readonly CommittedBlock[], number: number, mspId: string, at: string): void {
  for (const transaction of blocks[number]?.transactions ?? [])
    if (transaction.code === 0) transaction.claim = { mspId, at: Date.parse(at) };
}

describe('blocks of a real peer', () => {
  it('are chained by the hash of their headers', () => {
    const blocks = readAll();
    blocks.slice(1).forEach((block, index) => {
      expect(block.previousHash).toBe(blocks[index]?.hash);
    });
  });

  it('give the headers of valid transactions only', () => {
    const blocks = readAll();
    const codes = blocks.flatMap(({ transactions }) => transactions.map(({ code }) => code));
    expect(codes).toContain(peer.TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
    const { revisions, ignored, transactions } = read(blocks);
    expect(revisions.map(({ header }) => [header.type, header.revision, header.status])).toEqual([
      ...Array.from({ length: 5 }, () => ['role', 1, 'active']),
      ['dataset', 1, 'registered'],
      ['model', 1, 'registered'],
      ['attestation', 1, 'active'],
      ['dataset', 2, 'flagged'],
      ['dataset', 1, 'registered'],
    ]);
    expect(ignored).toBe(0);
    expect(transactions).toHaveLength(codes.length);
  });

  it('give a member its private records, and say what is missing', () => {
    expect(read(readAll())).toMatchObject({ privateRecords: { length: 4 }, missing: [] });
    const withheld = readAll();
    for (const { transactions } of withheld) for (const transaction of transactions) transaction.privateWrites = [];
    expect(read(withheld)).toMatchObject({ privateRecords: [], missing: { length: 4 } });
  });

  it('give an outsider no private record, and nothing to miss', () => {
    expect(read(readAll(), outsider)).toMatchObject({ privateRecords: [], missing: [] });
  });

  it('a private record that does not hash to its commitment is missing', () => {
    const blocks = readAll();
    for (const { transactions } of blocks) {
      for (const { privateWrites } of transactions) {
        for (const write of privateWrites)
          write.value = Buffer.from(Buffer.from(write.value).toString().replace('licence', 'license'));
      }
    }
    expect(read(blocks).missing).toHaveLength(1);
  });
});

describe('a header that its author did not write', () => {
  /** Changes the one write of the transaction that created the dataset. */
  const forge = (change: (transaction: CommittedBlock['transactions'][number]) => void): Changes => {
    const blocks = readAll().slice(9, 10);
    const [transaction] = blocks[0]?.transactions ?? [];
    if (transaction === undefined) throw new Error('no transaction');
    change(transaction);
    return read(blocks);
  };
  const edit = (text: string, by: string) => (transaction: CommittedBlock['transactions'][number]) => {
    const [write] = transaction.writes;
    if (write === undefined) throw new Error('no write');
    write.value = Buffer.from(Buffer.from(write.value).toString().replace(text, by));
  };

  it.each([
    ['has no mark', forge.bind(undefined, (transaction) => (transaction.hashedWrites = []))],
    [
      'has its mark in a collection of others',
      forge.bind(undefined, (transaction) => {
        for (const write of transaction.hashedWrites) write.collection = '_implicit_org_HungarianMSP';
      }),
    ],
    [
      'has a mark of other content',
      forge.bind(undefined, (transaction) => {
        for (const write of transaction.hashedWrites) write.valueHash = '0'.repeat(64);
      }),
    ],
    [
      'has its mark deleted',
      forge.bind(undefined, (transaction) => {
        for (const write of transaction.hashedWrites) write.isGone = true;
      }),
    ],
    [
      'says something that the mark does not',
      forge.bind(undefined, edit('"parents":[]', '"parents":["dataset:a/b@1"]')),
    ],
    ['names another author', forge.bind(undefined, edit('ClevelandMSP', 'HungarianMSP'))],
    ['names another transaction', forge.bind(undefined, (transaction) => (transaction.txId = '0'.repeat(64)))],
    ['has another id than its key', forge.bind(undefined, edit('dataset:cleveland/', 'dataset:hungarian/'))],
    ['begins at revision 2', forge.bind(undefined, edit('"revision":1', '"revision":2'))],
    ['is no JSON', forge.bind(undefined, edit('{', ''))],
  ])('%s: it is not read', (_, forged) => {
    expect(forged()).toMatchObject({ revisions: [], privateRecords: [], missing: [], ignored: 1 });
  });

  it('another key is not a revision of a record that is known', () => {
    const blocks = readAll();
    const known = new Map([['dataset:cleveland/d1795519990800@1', { ledgerKey: 'another', revision: 1 }]]);
    const changes = member.read(blocks.slice(9, 13), known);
    expect(changes.revisions.map(({ header }) => header.type)).toEqual(['model', 'attestation']);
    expect(changes.ignored).toBe(2);
  });

  it('a revision is not written twice, nor one left out', () => {
    const blocks = readAll();
    const twice = [...blocks.slice(9, 13), ...blocks.slice(12, 13)];
    expect(read(twice).ignored).toBe(1);
    const known = new Map([['dataset:cleveland/d1795519990800@1', { ledgerKey: keyOf(blocks), revision: 5 }]]);
    expect(member.read(blocks.slice(12, 13), known)).toMatchObject({ revisions: [], ignored: 1 });
  });

  const keyOf = (blocks: CommittedBlock[]) => blocks[9]?.transactions[0]?.writes[0]?.key ?? '';
});

describe('the read model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofward-projection-'));
  let server: PostgresServer;
  let database: Database;
  let readModel: ReadModel;
  let records: Records;
  let count = 0;

  beforeAll(async () => {
    server = await startPostgres({ dataDir: folder });
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    database = new Database(await server.createDatabase(`projection_${count++}`), pino({ level: 'silent' }));
    readModel = new ReadModel(database, member, { organization: 'auditor-a', channel: 'proofward' });
    records = new Records(database);
    await readModel.open();
  });
  const closing = async (work: () => Promise<void>) => {
    try {
      await work();
    } finally {
      await database.close();
    }
  };
  const id = 'dataset:cleveland/d1795519990800@1';

  it('is the same whether the blocks came one by one or at once', () =>
    closing(async () => {
      const dump = async () => {
        const tables = ['projection', 'records', 'revisions', 'private_records', 'missing_private', 'transactions'];
        return Promise.all(tables.map((table) => database.query(`select * from ${table} t order by t::text`)));
      };
      await readModel.append(readAll());
      const atOnce = await dump();
      await readModel.reset('genesis');
      for (const block of readAll()) await readModel.append([block]);
      await database.query('update projection set genesis = null');
      expect(await dump()).toEqual(atOnce);
      expect(await records.counts()).toEqual({ records: 9, missingPrivate: 0, ignoredWrites: 0 });
    }));

  it('answers a record with its private part, its place and its height', () =>
    closing(async () => {
      await readModel.append(readAll());
      const { value, height } = await records.find(id);
      expect(height).toBe(14);
      expect(value).toMatchObject({ block: 12, header: { status: 'flagged', revision: 2 } });
      // U+0000 is a character like any other.
      expect(value?.privatePart).toMatchObject({ fields: { licence: { value: 'x\u0000y' } } });
      const history = await records.history(id);
      expect(history.value.map(({ header, block }) => [header.revision, block])).toEqual([
        [2, 12],
        [1, 9],
      ]);
      expect((await records.find('dataset:cleveland/never@1')).value).toBeUndefined();
    }));

  it('takes neither a gap, nor a block of another chain, and then keeps what it had', () =>
    closing(async () => {
      const blocks = readAll();
      await readModel.append(blocks.slice(0, 5));
      await expect(readModel.append(blocks.slice(6, 7))).rejects.toThrow(ChainMismatch);
      const other = blocks.slice(5, 7).map((block) => ({ ...block, previousHash: '0'.repeat(64) }));
      await expect(readModel.append(other)).rejects.toThrow(ChainMismatch);
      // One that another process on this database has stored is passed over, if it is the same.
      const before = await readModel.open();
      await readModel.append(blocks.slice(3, 5));
      expect(await readModel.open()).toEqual(before);
      const forged = blocks.slice(4, 5).map((block) => ({ ...block, hash: block.previousHash }));
      await expect(readModel.append(forged)).rejects.toThrow(ChainMismatch);
      expect((await readModel.open()).nextBlock).toBe(5);
    }));

  it('a purge deletes the copy, and only one in the right collection', () =>
    closing(async () => {
      await readModel.append(readAll());
      const [row] = await database.query<{ collection: string; key_hash: string }>(
        `select collection, key_hash from private_records p join records r using (commitment) where r.id = $1`,
        [id],
      );
      const last = readAll().at(-1);
      if (row === undefined || last === undefined) throw new Error('no row');
      const purge = (number: number, previousHash: string, collection: string): CommittedBlock => ({
        number,
        hash: `${number}`,
        previousHash,
        transactions: [
          {
            txId: `${number}`,
            code: 0,
            writes: [],
            privateWrites: [],
            hashedWrites: [{ collection, keyHash: row.key_hash, valueHash: '', isGone: true }],
          },
        ],
      });
      await readModel.append([purge(14, last.hash, '_implicit_org_HungarianMSP')]);
      expect((await records.find(id)).value?.privatePart).toMatchObject({ id });
      await readModel.append([purge(15, '14', row.collection)]);
      expect((await records.find(id)).value).toMatchObject({ header: { id }, privatePart: 'erased' });
      const rows = await database.query('select 1 from private_records where id = $1', [id]);
      expect(rows).toEqual([]);
    }));

  it('a private part that has not come is missing, and erased when the purge comes first', () =>
    closing(async () => {
      const blocks = readAll();
      for (const { transactions } of blocks) for (const transaction of transactions) transaction.privateWrites = [];
      await readModel.append(blocks.slice(0, 13));
      expect((await records.find(id)).value?.privatePart).toBe('missing');
      const [row] = await database.query<{ collection: string; key_hash: string }>(
        'select collection, key_hash from missing_private where id = $1',
        [id],
      );
      const [transaction] = blocks[13]?.transactions ?? [];
      transaction?.hashedWrites.push({
        collection: row?.collection ?? '',
        keyHash: row?.key_hash ?? '',
        valueHash: '',
        isGone: true,
      });
      await readModel.append(blocks.slice(13));
      expect((await records.find(id)).value?.privatePart).toBe('erased');
      expect(await database.query('select 1 from missing_private where id = $1', [id])).toEqual([]);
    }));

  describe('what others put on the ledger does not stop it', () => {
    it('a time that PostgreSQL has no word for', () =>
      closing(async () => {
        const blocks = readAll();
        // A revision is not under the mark in its times.
        const write = blocks[12]?.transactions[0]?.writes[0];
        if (write === undefined) throw new Error('no write');
        const effectiveAt = '0000-01-01T00:00:00.000Z';
        write.value = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(write.value).toString()), effectiveAt }));
        await readModel.append(blocks);
        expect((await records.find(id)).value?.header.effectiveAt).toBe(effectiveAt);
        const ids = async (query: string) =>
          (await records.list(readPage('dataset', new URLSearchParams(query)))).value.records.map((r) => r.header.id);
        expect((await ids('sort=effective'))[0]).toBe(id);
        expect(await ids('effective-to=0000-01-02')).toEqual([id]);
        const first = await records.list(readPage('dataset', new URLSearchParams('sort=effective&limit=1')));
        expect(await ids(`sort=effective&limit=1&cursor=${first.value.next ?? ''}`)).toHaveLength(1);
      }));

    it('an envelope that has anything for its transaction id', () =>
      closing(async () => {
        const blocks = readAll();
        const invalid = { code: 3, writes: [], hashedWrites: [], privateWrites: [] };
        const valid = blocks[12]?.transactions[0]?.txId ?? '';
        blocks[3]?.transactions.push(
          { ...invalid, txId: '\u0000' },
          { ...invalid, txId: 'x'.repeat(100_000) },
          { ...invalid, txId: '\ud800' },
          { ...invalid, txId: valid },
        );
        await readModel.append(blocks.slice(0, 8));
        await readModel.append(blocks.slice(8));
        expect(await records.transaction(valid)).toEqual({ block: 12, code: 0 });
        blocks[12]?.transactions.unshift({ ...invalid, txId: valid });
        await readModel.reset('genesis');
        await readModel.append(blocks);
        expect(await records.transaction(valid)).toEqual({ block: 12, code: 0 });
      }));

    it("another's commitment in a header of one's own, which takes neither the record nor its place", () =>
      closing(async () => {
        const changes = member.read(readAll(), new Map());
        const victim = changes.privateRecords.find((row) => row.id === id);
        if (victim === undefined) throw new Error('no private record');
        // As if the thief had been first, and the owner's own part had not come.
        const other = 'dataset:cleveland/thief@1';
        await database.query(
          `insert into missing_private (id, commitment, collection, key_hash) values ($1, $2, $3, $4)`,
          [other, victim.commitment, victim.collection, victim.keyHash],
        );
        const withheld = readAll();
        for (const { transactions } of withheld) for (const transaction of transactions) transaction.privateWrites = [];
        await readModel.append(withheld);
        expect(await database.query('select id from missing_private where id = $1', [id])).toHaveLength(1);
        await database.query(`update records set commitment = $1 where id <> $2 and type = 'dataset'`, [
          victim.commitment,
          id,
        ]);
        await database.query('insert into private_records values ($1, $2, $3, $4, $5)', [
          id,
          victim.commitment,
          victim.collection,
          victim.keyHash,
          victim.record,
        ]);
        const { value } = await records.list(readPage('dataset', new URLSearchParams()));
        expect(value.records.map(({ header, privatePart }) => [header.id === id, typeof privatePart])).toEqual([
          [false, 'string'],
          [true, 'object'],
        ]);
      }));

    it('a header that is deleted and comes back, in one batch or in two', () =>
      closing(async () => {
        const blocks = readAll();
        const write = blocks[12]?.transactions[0]?.writes[0];
        if (write === undefined) throw new Error('no write');
        blocks[10]?.transactions[0]?.writes.push({ key: write.key, isDelete: true, value: new Uint8Array() });
        await readModel.append(blocks);
        expect((await records.find(id)).value?.header.revision).toBe(2);
        await readModel.reset('genesis');
        await readModel.append(blocks.slice(0, 11));
        expect((await records.find(id)).value).toBeUndefined();
        await readModel.append(blocks.slice(11));
        expect((await records.find(id)).value?.header.revision).toBe(2);
      }));
  });

  it('gives why a state changed, from the note of that revision and no other', () =>
    closing(async () => {
      const note = { schema: 1 as const, id, revision: 2, to: 'flagged', reasonCode: 'consent-withdrawn', salt };
      const withNote = (given: TransitionNote, key = transitionNoteKey('proofward', given)) => {
        const blocks = readAll();
        const transaction = blocks[12]?.transactions[0];
        if (transaction === undefined) throw new Error('no transaction');
        const value = Buffer.from(JSON.stringify(given));
        transaction.privateWrites = [{ collection: 'datasets-cleveland', key, value }];
        return blocks;
      };
      expect(member.read(withNote(note), new Map()).notes).toMatchObject([
        { id, revision: 2, reasonCode: note.reasonCode },
      ]);
      expect(outsider.read(withNote(note), new Map()).notes).toEqual([]);
      for (const wrong of [
        withNote(note, '0'.repeat(64)),
        withNote({ ...note, revision: 3 }),
        withNote({ ...note, to: 'withdrawn' }),
        withNote({ ...note, id: 'dataset:cleveland/other@1' }),
        withNote({ ...note, salt: 'short' }),
      ]) {
        expect(member.read(wrong, new Map()).notes).toEqual([]);
      }
      await readModel.append(withNote(note));
      expect((await records.history(id)).value.map(({ reasonCode }) => reasonCode)).toEqual([
        note.reasonCode,
        undefined,
      ]);
    }));

  it('ends a page early where its private parts are large, and gives out all of them', () =>
    closing(async () => {
      await readModel.append(readAll());
      await database.query(`update private_records set record = record || repeat(' ', 9000000)`);
      const first = await records.list(readPage('dataset', new URLSearchParams()));
      expect(first.value).toMatchObject({ records: { length: 1 }, next: expect.any(String) });
      const rest = await records.list(readPage('dataset', new URLSearchParams({ cursor: first.value.next ?? '' })));
      expect(rest.value).toMatchObject({ records: { length: 1 }, next: undefined });
    }));

  it('marks a time that the others do not bear out, and takes nothing as known before it was there', () =>
    closing(async () => {
      const blocks = readAll();
      const { revisions } = member.read(blocks, new Map());
      const flagged = revisions.find(({ header, block }) => block === 12 && header.id === id)?.header as Header;
      const moment = Date.parse(flagged.recordedAt);
      const minutes = (count: number) => new Date(moment + count * 60_000).toISOString();
      // Two others have gone on for two hours; what comes now claims to be of an hour ago.
      for (const number of blocks.keys()) claim(blocks, number, 'RegulatorMSP', minutes(-600));
      claim(blocks, 10, 'AuditorAMSP', minutes(60));
      claim(blocks, 11, 'AuditorBMSP', minutes(61));
      claim(blocks, 12, 'ClevelandMSP', minutes(0));
      await readModel.append(blocks.slice(0, 13));
      const found = async (query = '') => (await records.find(id, readPast(new URLSearchParams(query)))).value;
      expect(await found()).toMatchObject({ clock: 'behind', header: { status: 'flagged' } });
      expect(await found(`knownAt=${minutes(59)}`)).toMatchObject({ header: { status: 'registered' } });
      expect(await found(`knownAt=${minutes(60)}`)).toMatchObject({ header: { status: 'flagged' } });
      expect((await records.history(id)).value.map(({ clock }) => clock)).toEqual(['behind', undefined]);
    }));

  it('marks a time of the year 2099 when two others have gone on, and moves nothing by it', () =>
    closing(async () => {
      const blocks = readAll();
      const far = '2099-01-01T00:00:00.000Z';
      const write = blocks[12]?.transactions[0]?.writes[0];
      if (write === undefined) throw new Error('no write');
      const flagged = JSON.parse(Buffer.from(write.value).toString()) as { recordedAt: string };
      write.value = Buffer.from(JSON.stringify({ ...flagged, recordedAt: far }));
      const at = (count: number) => new Date(Date.parse(flagged.recordedAt) + count * 60_000).toISOString();
      for (const number of blocks.keys()) claim(blocks, number, 'RegulatorMSP', at(-600));
      claim(blocks, 10, 'AuditorAMSP', at(-2));
      claim(blocks, 11, 'AuditorBMSP', at(-1));
      claim(blocks, 12, 'ClevelandMSP', far);
      const clock = async () => (await records.find(id)).value?.clock;
      await readModel.append(blocks.slice(0, 13));
      // Nobody has spoken since, so it may be the others who are late.
      expect(await clock()).toBeUndefined();
      const [next] = blocks.slice(13);
      if (next === undefined) throw new Error('no block after it');
      claim(blocks, 13, 'AuditorAMSP', at(1));
      await readModel.append([next]);
      expect(await clock()).toBeUndefined();
      await database.query(`update organization_clocks set block = 14 where msp_id = 'AuditorBMSP'`);
      expect(await clock()).toBe('ahead');
      const [row] = await database.query<{ ahead_from: string }>('select ahead_from from projection');
      // The second-latest of all that was claimed, and the tolerance.
      expect(row?.ahead_from).toBe(at(1 + 15));
    }));

  it('lists and reads as things stood at a moment, and as far as they were recorded by one', () =>
    closing(async () => {
      const blocks = readAll();
      // The flagging is said to have happened a year after the registration, and recorded two years after it.
      const write = blocks[12]?.transactions[0]?.writes[0];
      if (write === undefined) throw new Error('no write');
      const flagged = JSON.parse(Buffer.from(write.value).toString()) as { effectiveAt: string; recordedAt: string };
      const later = (time: string, years: number) => `${Number(time.slice(0, 4)) + years}${time.slice(4)}`;
      const [effectiveAt, recordedAt] = [later(flagged.effectiveAt, 1), later(flagged.recordedAt, 2)];
      write.value = Buffer.from(JSON.stringify({ ...flagged, effectiveAt, recordedAt }));
      claim(blocks, 12, 'ClevelandMSP', recordedAt);
      await readModel.append(blocks);

      const statusAt = async (query: string) => {
        const found = await records.find(id, readPast(new URLSearchParams(query)));
        return found.value?.header.status;
      };
      const before = (time: string) => new Date(Date.parse(time) - 1).toISOString();
      expect(await statusAt('')).toBe('flagged');
      expect(await statusAt(`asOf=${effectiveAt}`)).toBe('flagged');
      expect(await statusAt(`asOf=${before(effectiveAt)}`)).toBe('registered');
      expect(await statusAt(`knownAt=${recordedAt}`)).toBe('flagged');
      expect(await statusAt(`knownAt=${before(recordedAt)}`)).toBe('registered');
      expect(await statusAt(`asOf=${recordedAt}&knownAt=${before(recordedAt)}`)).toBe('registered');
      expect(await statusAt('asOf=2000-01-01')).toBeUndefined();

      const list = async (query: string) => {
        const { value } = await records.list(readPage('dataset', new URLSearchParams(query)));
        return value.records.map(({ header, privatePart }) => [header.id, header.status, typeof privatePart]);
      };
      expect(await list(`status=flagged&asOf=${before(effectiveAt)}`)).toEqual([]);
      expect(await list(`status=registered&name=${id.slice(18, -2)}&asOf=${before(effectiveAt)}`)).toEqual([
        [id, 'registered', 'object'],
      ]);
      expect(await list(`status=flagged&asOf=${effectiveAt}`)).toEqual([[id, 'flagged', 'object']]);
      expect(await list(`knownAt=2000-01-01`)).toEqual([]);
      const all = await list(`asOf=${before(effectiveAt)}&sort=effective`);
      expect(all).toHaveLength(2);
      const first = await records.list(readPage('dataset', new URLSearchParams(`asOf=${before(effectiveAt)}&limit=1`)));
      const cursor = first.value.next ?? '';
      expect(await list(`asOf=${before(effectiveAt)}&limit=1&cursor=${cursor}`)).toHaveLength(1);
      await expect(list(`asOf=${effectiveAt}&limit=1&cursor=${cursor}`)).rejects.toThrow('cursor');
    }));

  it('a database of another organisation is refused', () =>
    closing(async () => {
      const stranger = new ReadModel(database, outsider, { organization: 'hungarian', channel: 'proofward' });
      await expect(stranger.open()).rejects.toThrow('belongs to auditor-a');
    }));

  it('a database that a later release has filled is neither opened nor filled', () =>
    closing(async () => {
      const [first, ...rest] = readAll();
      if (first === undefined) throw new Error('no block');
      await readModel.append([first]);
      await database.query(`update projection set schema_versions = '{"dataset":1,"model":2}'`);
      const refusal = 'it has model records of schema version 2';
      await expect(readModel.append(rest)).rejects.toThrow(refusal);
      await expect(readModel.open()).rejects.toThrow(refusal);
      const [row] = await database.query<{ next_block: number }>('select next_block from projection');
      expect(row?.next_block).toBe(1);
    }));

  it('what was filled by a release that did not know a type is read again', () =>
    closing(async () => {
      const blocks = readAll();
      await readModel.append(blocks);
      expect((await readModel.open()).nextBlock).toBe(14);
      await database.query(`update projection set schema_versions = schema_versions - 'amendment'`);
      expect(await readModel.open()).toMatchObject({ nextBlock: 0, lastHash: null });
      await readModel.append(blocks);
      expect((await readModel.open()).nextBlock).toBe(14);
      await database.query(`update projection set schema_versions = schema_versions || '{"oracle":1}'`);
      await expect(readModel.open()).rejects.toThrow('it has oracle records of schema version 1');
    }));

  it('lists by filters, orders and pages, and a page stays where it was when records come', () =>
    closing(async () => {
      const blocks = readAll();
      await readModel.append(blocks.slice(0, 13));
      const list = async (type: 'dataset' | 'role' | 'model' | 'attestation', query: string) => {
        const { value } = await records.list(readPage(type, new URLSearchParams(query)));
        return { ids: value.records.map(({ header }) => header.id), next: value.next };
      };
      expect((await list('dataset', 'owner=cleveland&status=flagged&status=withdrawn')).ids).toEqual([id]);
      expect((await list('dataset', 'status=withdrawn')).ids).toEqual([]);
      expect((await list('model', `dataset=${id}&purpose=triage`)).ids).toHaveLength(1);
      expect((await list('attestation', `kind=fairness&subject=${id.replace('dataset', 'model')}`)).ids).toHaveLength(
        1,
      );
      expect((await list('dataset', 'recorded-from=2026-01-01&recorded-to=2026-01-02')).ids).toEqual([]);
      expect((await list('dataset', 'recorded-from=2020-01-01&effective-from=2020-01-01T00:00:00Z')).ids).toEqual([id]);
      expect((await list('role', 'role=auditor&sort=id')).ids).toHaveLength(2);

      for (const sort of ['recorded', '-recorded', 'effective', '-effective', 'id', '-id']) {
        const whole = (await list('role', `sort=${sort}`)).ids;
        const paged: string[] = [];
        let cursor: string | undefined = '';
        while (cursor !== undefined) {
          const page = await list('role', `sort=${sort}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
          paged.push(...page.ids);
          cursor = page.next;
        }
        expect(paged).toEqual(whole);
        expect(whole).toHaveLength(5);
      }
      const first = await list('role', 'limit=2');
      await readModel.append(blocks.slice(13));
      expect((await list('role', `limit=2&cursor=${first.next ?? ''}`)).ids).toHaveLength(2);
      for (const cursor of ['x', Buffer.from('["a",1,1]').toString('base64url'), '']) {
        expect(() => readPage('role', new URLSearchParams({ cursor }))).toThrow(ProofwardError);
      }
      expect(() => readPage('dataset', new URLSearchParams({ cursor: first.next ?? '' }))).toThrow('cursor');
    }));
});
