import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  consortiumSchema,
  type ErrorCode,
  errorTable,
  isErrorCode,
  presentFields,
  utf8ToBytes,
} from '@proofward/evidence';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import request from 'supertest';
import { peer, type ledger } from '@hyperledger/fabric-protos';
import { pino } from 'pino';
import { configSchema, type GatewayConfig, type LoadedConfig } from '../config.js';
import { Database } from '../database/database.js';
import { type RunningGateway, startGateway } from '../gateway.js';
import { startPostgres, type PostgresServer } from '../postgres/server.js';
import { readBlock } from '../projection/block.js';
import { ChangeReader } from '../projection/changes.js';
import { ReadModel } from '../projection/read-model.js';
import { provisionGateway } from '../provision/provision.js';
import { Authenticator } from '../identity/authenticator.js';
import { newApplication } from './application.js';
import { bodyExamples } from './examples.js';
import { openApiDocument } from './openapi.js';
import type { Services } from './services.js';
import { allRoutes } from './table.js';

/**
 * A whole gateway of auditor-a on a real database that holds real blocks. Its peer does not answer: what has to work
 * without the ledger is seen to, and what needs it says so.
 */
const vectors = join(import.meta.dirname, '..', '..', 'vectors');
const captured = JSON.parse(readFileSync(join(vectors, 'blocks.json'), 'utf8')) as {
  consortium: unknown;
  blocks: string[];
};
const consortium = consortiumSchema.parse(captured.consortium);
const folder = mkdtempSync(join(tmpdir(), 'proofward-application-'));
const lines: string[] = [];
const log = new Writable({
  write(chunk, _, done) {
    lines.push(String(chunk));
    done();
  },
});
let postgres: PostgresServer;
let loaded: LoadedConfig;
let gateway: RunningGateway;
let apiKeys: Record<string, string>;
const dataset = '/v1/datasets/cleveland/d1795519990800/1';
const attestation = '/v1/attestations/auditor-a/2995e86435300107b2e1cc66048d33fd/1';

beforeAll(async () => {
  const config = await provisioned();
  postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  const databaseUrl = await postgres.createDatabase('auditor-a');
  await project(databaseUrl);
  loaded = { config: { ...config, databaseUrl }, consortium };
  gateway = await startGateway(loaded, log);
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function provisioned(): Promise<GatewayConfig> {
  const at = (name: string) => join(folder, name);
  // Any certificate and key will do where nobody checks what is signed.
  const [certPath, keyPath] = [join(vectors, 'client.crt'), at('client.key')];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(at('tls.crt'), readFileSync(certPath));
  const config = configSchema.parse({
    slug: 'auditor-a',
    mspId: 'AuditorAMSP',
    role: 'auditor',
    listen: { port: 0 },
    channel: 'proofward',
    peers: [{ endpoint: '127.0.0.1:9', tlsRootPath: at('tls.crt') }],
    consortium: at('consortium.json'),
    walletDir: at('wallet'),
    walletKeyFile: at('wallet.key'),
    apiKeysFile: at('api-keys.json'),
    commitmentKeyFile: at('commitment.key'),
    dataDir: at('data'),
  });
  const identities = ['auditor', 'reader', 'admin'].map((role) => ({ role, certPath, keyPath }));
  identities.push({ role: 'inspector', certPath: join(vectors, 'expired.crt'), keyPath });
  ({ apiKeys } = await provisionGateway({ config, identities, makeKeys: true }));
  return config;
}

async function project(databaseUrl: string): Promise<void> {
  const database = new Database(databaseUrl, pino({ level: 'silent' }));
  const reader = new ChangeReader('proofward', consortium, 'AuditorAMSP');
  const readModel = new ReadModel(database, reader, { organization: 'auditor-a', channel: 'proofward' });
  await readModel.open();
  await readModel.append(
    captured.blocks.map((text) => {
      const event = peer.BlockAndPrivateData.deserializeBinary(Buffer.from(text, 'base64'));
      const privateData = new Map<number, ledger.rwset.TxPvtReadWriteSet>();
      event.getPrivateDataMapMap().forEach((sets, index) => privateData.set(index, sets));
      const block = event.getBlock();
      if (block === undefined) throw new Error('no block');
      return readBlock(block, privateData, 'proofward');
    }),
  );
  await database.close();
}

/** An answer with its trailer, which supertest does not show. */
function raw(path: string, accept: string, role: string) {
  return new Promise<{ status: number | undefined; headers: object; trailers: object; text: string }>(
    (resolve, reject) => {
      const headers = { accept, authorization: `Bearer ${apiKeys[role] ?? ''}` };
      get(`${gateway.url}${path}`, { headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, trailers: response.trailers, text });
        });
      }).on('error', reject);
    },
  );
}

interface Answered {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, string>;
}
async function ask(
  method: 'get' | 'post' | 'put' | 'delete',
  path: string,
  role = 'auditor',
  body?: unknown,
): Promise<Answered> {
  const call = request(gateway.url)[method](path);
  if (role !== '') call.set('authorization', `Bearer ${apiKeys[role] ?? role}`);
  const {
    status,
    body: answer,
    headers,
  } = (await (body === undefined
    ? call
    : call
        .set('content-type', 'application/json')
        .send(typeof body === 'string' ? body : JSON.stringify(body)))) as Answered;
  return { status, body: answer, headers };
}
const expectProblem = (answer: Answered, code: ErrorCode, pointer?: string) => {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    type: `urn:proofward:error:${code}`,
    code,
    status: errorTable[code].status,
    title: errorTable[code].meaning,
    requestId: answer.headers['x-request-id'],
    ...(pointer === undefined ? {} : { pointer }),
  });
  expect(answer.status).toBe(errorTable[code].status);
};
const good = { subject: 'model:cleveland/m@1', kind: 'fairness', private: { verdict: { claimed: 'fail' } } };

describe('who may ask', () => {
  it('nobody without a key that the gateway knows', async () => {
    for (const role of ['', 'pwk_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
      const answer = await ask('get', '/v1/datasets', role);
      expectProblem(answer, 'UNAUTHENTICATED');
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });
  it('a key does what its scopes say', async () => {
    expectProblem(await ask('post', '/v1/attestations', 'reader', good), 'SCOPE_MISSING');
    expect((await ask('get', dataset, 'reader')).body.private).toMatchObject({ licence: 'x\u0000y' });
    expect((await ask('get', dataset, 'admin')).body.private).toBe('withheld');
    expectProblem(
      await ask('post', `${dataset}/verify`, 'admin', { files: [{ path: 'a', sha256: '0'.repeat(64) }] }),
      'SCOPE_MISSING',
    );
  });
  it('an organisation records what is its own to record', async () => {
    expectProblem(
      await ask('post', '/v1/datasets', 'auditor', {
        name: 'a',
        version: '1',
        private: { files: [{ path: 'a', size: 1, sha256: '0'.repeat(64) }] },
      }),
      'FORBIDDEN',
    );
    expectProblem(
      await ask('post', '/v1/attestations', 'auditor', { ...good, id: 'attestation:auditor-b/a@1' }),
      'FORBIDDEN',
      '/id',
    );
  });
});

describe('reads', () => {
  it('one record, with height, place and salts where they are asked for', async () => {
    const { status, body, headers } = await ask('get', `${dataset}?salts=true`);
    expect(status).toBe(200);
    expect(headers['proofward-block-height']).toBe('14');
    expect(body).toMatchObject({
      id: 'dataset:cleveland/d1795519990800@1',
      status: 'flagged',
      blockHeight: 14,
      ledger: { block: 12 },
      header: { revision: 2 },
      fields: { licence: { value: 'x\u0000y' } },
    });
    expect((await ask('get', dataset)).body).not.toHaveProperty('fields');
  });
  it('lists, histories, roles, transactions and the caller', async () => {
    expect((await ask('get', '/v1/datasets?owner=cleveland&limit=1')).body).toMatchObject({
      items: { length: 1 },
      withheld: 0,
    });
    expect((await ask('get', '/v1/datasets', 'admin')).body).toMatchObject({ items: { length: 2 }, withheld: 2 });
    const { body } = await ask('get', `${dataset}/history`);
    expect(body).toMatchObject({ revisions: [{ revision: 2 }, { revision: 1 }] });
    const [{ ledger: place }] = body.revisions as [{ ledger: { txId: string } }];
    expect((await ask('get', `/v1/transactions/${place.txId}`)).body).toMatchObject({ status: 'valid', block: 12 });
    expect((await ask('get', '/v1/roles/cleveland')).body).toMatchObject({
      type: 'role',
      header: { mspId: 'ClevelandMSP' },
    });
    expect((await ask('get', '/v1/roles?role=regulator')).body).toMatchObject({ items: { length: 1 } });
    expect((await ask('get', '/v1/roles/cleveland/history')).body).toMatchObject({ revisions: { length: 1 } });
    expect((await ask('get', '/v1/whoami')).body).toMatchObject({
      organization: 'auditor-a',
      role: 'auditor',
    });
  });
  it('lineage and search say how much is withheld, and the feed is lines', async () => {
    expect((await ask('get', `${dataset}/lineage?direction=down`, 'admin')).body).toMatchObject({
      nodes: [{ distance: 0 }, { type: 'model', distance: 1 }, { type: 'attestation', distance: 2 }],
      withheld: 3,
      blockHeight: 14,
    });
    const { body: record } = await ask('get', dataset);
    const [{ sha256 }] = (record.private as { files: [{ sha256: string }] }).files;
    expect((await ask('get', `/v1/search?digest=${sha256}`)).body.items).toContainEqual(
      expect.objectContaining({ id: record.id, matches: [{ in: 'private', pointer: '/files/0/sha256' }] }),
    );
    expect((await ask('get', `/v1/search?digest=${sha256}`, 'admin')).body.items).toEqual([]);

    const feed = await request(gateway.url)
      .get('/v1/changes')
      .set('authorization', `Bearer ${apiKeys.reader ?? ''}`)
      .buffer(true)
      .parse((response, done) => {
        let text = '';
        response
          .on('data', (chunk) => (text += String(chunk)))
          .on('end', () => {
            done(null, text);
          });
      });
    expect(feed.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'proofward-block-height': '14',
    });
    const lines = String(feed.body).trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty('private');
    const json = request(gateway.url).get('/v1/changes').set('accept', 'application/json');
    expect((await json.set('authorization', `Bearer ${apiKeys.reader ?? ''}`)).status).toBe(406);
  });
  it('lists are also lines of JSON and CSV, whole, with what was withheld in the trailer', async () => {
    const { body: list } = await ask('get', '/v1/models?limit=200', 'admin');
    const items = list.items as Record<string, unknown>[];
    expect(items.length).toBeGreaterThan(0);
    const height = { 'proofward-block-height': '14' };
    const withheld = { 'proofward-records': String(items.length), 'proofward-withheld': String(items.length) };

    const ndjson = await raw('/v1/models', 'application/x-ndjson', 'admin');
    expect(ndjson.headers).toMatchObject({ 'content-type': 'application/x-ndjson', ...height });
    expect(ndjson.trailers).toEqual(withheld);
    expect(
      ndjson.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(items);
    const readable = await raw('/v1/models', 'application/x-ndjson', 'auditor');
    expect(readable.trailers).toEqual({ ...withheld, 'proofward-withheld': '0' });
    expect(readable.text).toContain('"fingerprint"');

    const csv = await raw('/v1/models?sort=recorded', 'text/csv', 'admin');
    expect(csv.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8', ...height });
    expect(csv.trailers).toEqual(withheld);
    const [title, ...rows] = csv.text.trimEnd().split('\r\n');
    expect(title).toMatch(
      /^id,type,status,commitment,recordedAt,effectiveAt,block,txId,.*,purpose,.*,warnings,private$/,
    );
    expect(rows.map((row) => row.split(',')[0])).toEqual(items.map(({ id }) => id).reverse());
    expect(rows[0]).toMatch(/,withheld$/);
    // A value that is no text is JSON, in quotes as RFC 4180 has them.
    expect(csv.text).toContain('"[{""id"":""dataset:');

    const { body: page } = await ask('get', '/v1/roles?limit=1', 'admin');
    const first = await raw('/v1/roles?limit=1', 'text/csv', 'admin');
    expect(first.trailers).toEqual({ 'proofward-records': '1', 'proofward-withheld': '0' });
    expect(first.text).toContain(',mspId,');
    const { trailers } = await raw('/v1/roles', 'application/x-ndjson', 'admin');
    const all = Number((trailers as Record<string, string>)['proofward-records']);
    expect(all).toBeGreaterThan(3);
    const rest = await raw(`/v1/roles?cursor=${String(page.next)}`, 'application/x-ndjson', 'admin');
    expect(rest.trailers).toMatchObject({ 'proofward-records': String(all - 1) });
    expect((await raw('/v1/models', 'text/html', 'admin')).status).toBe(406);
    expect((await raw('/v1/models?nothing=1', 'text/csv', 'admin')).text).toContain('UNKNOWN_FILTER');
    // Those who go away, or only ask for the head, keep no connection of the database.
    for (let times = 0; times < 20; times++) {
      const call = request(gateway.url).head('/v1/models').set('accept', 'text/csv');
      expect((await call.set('authorization', `Bearer ${apiKeys.admin ?? ''}`)).status).toBe(200);
    }
  });
  it('no filter tells of a private part to those who may not read it', async () => {
    expect((await ask('get', '/v1/attestations?claimed-differs=true')).body).toMatchObject({ items: [] });
    expectProblem(await ask('get', '/v1/attestations?claimed-differs=true', 'admin'), 'SCOPE_MISSING');
    const { status } = (await ask('get', dataset)).body as { status: string };
    expect((await ask('get', `/v1/models?trained-on=${status}`, 'admin')).body.items).toHaveLength(1);
    expectProblem(await ask('get', '/v1/datasets?trained-on=registered'), 'UNKNOWN_FILTER');
  });
  it('what is not there', async () => {
    expectProblem(await ask('get', '/v1/datasets/cleveland/never/1'), 'RECORD_NOT_FOUND');
    expectProblem(await ask('get', '/v1/roles/nobody'), 'RECORD_NOT_FOUND');
    expectProblem(await ask('get', '/v1/nothing'), 'NOT_FOUND');
    expectProblem(await ask('get', `${dataset}?minBlock=15`), 'READ_MODEL_BEHIND');
  }, 15_000);
});

describe('verification', () => {
  it('of files says which ones differ', async () => {
    const { body: record } = await ask('get', dataset);
    const { files } = record.private as { files: { path: string; size: number; sha256: string }[] };
    expect((await ask('post', `${dataset}/verify`, 'auditor', { files })).body).toMatchObject({ result: 'match' });
    const [first, ...others] = files;
    const { body } = await ask('post', `${dataset}/verify`, 'auditor', {
      files: [...others.slice(1), { ...others[0], size: 0 }, { path: 'new', sha256: '0'.repeat(64) }],
    });
    expect(body.result).toBe('mismatch');
    expect(body.files).toEqual(
      expect.arrayContaining([
        { path: first?.path, result: 'missing' },
        { path: others[0]?.path, result: 'mismatch' },
        { path: 'new', result: 'unexpected' },
      ]),
    );
  });
  it('of a root or sample where none was recorded is a mismatch that says so, and two at a time are refused', async () => {
    const zero = '0'.repeat(64);
    const verify = (body: unknown) => ask('post', `${dataset}/verify`, 'auditor', body);
    const sample = { record: { a: 1 }, index: 3, salt: zero, path: [] };
    expect((await verify({ root: zero })).body).toMatchObject({ result: 'mismatch', root: { result: 'unexpected' } });
    expect((await verify({ sample })).body).toMatchObject({
      result: 'mismatch',
      sample: { index: 3, result: 'unexpected' },
    });
    for (const body of [
      {},
      { root: zero, sample },
      { files: [{ path: 'a', sha256: zero }], root: zero },
      { count: 1 },
    ]) {
      expectProblem(await verify(body), 'INVALID_FIELD');
    }
  });
  it('of presented fields needs no access to the private part', async () => {
    const { body } = await ask('get', `${attestation}?salts=true`);
    const record = { schema: 1, type: 'attestation', id: String(body.id), revision: 1, fields: body.fields } as never;
    const shown = presentFields('proofward', record, ['verdict']);
    expect((await ask('post', `${attestation}/verify`, 'admin', shown)).body).toMatchObject({ result: 'match' });
    const forged = { ...shown, fields: shown.fields.map((field) => ({ ...field, value: { claimed: 'pass' } })) };
    expect((await ask('post', `${attestation}/verify`, 'admin', forged)).body).toMatchObject({
      result: 'mismatch',
      fields: [{ name: 'verdict', result: 'mismatch' }],
    });
  });
});

describe('malformed input is refused with a code, and never with a 5xx', () => {
  it.each([
    ['no JSON', '{', 'INVALID_JSON', undefined],
    ['nothing', '', 'INVALID_JSON', undefined],
    ['a duplicate key', '{"kind":"safety","kind":"fairness"}', 'INVALID_JSON', undefined],
    ['a number beyond 2^53', '{"kind":12345678901234567890}', 'INVALID_JSON', undefined],
    ['depth', '['.repeat(100_000), 'INVALID_JSON', undefined],
    ['balanced depth', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'INVALID_JSON', undefined],
    ['an array', '[]', 'INVALID_FIELD', ''],
    ['an unknown field', JSON.stringify({ ...good, surprise: 1 }), 'INVALID_FIELD', '/surprise'],
    [
      'a wrong private field',
      JSON.stringify({ ...good, private: { verdict: { claimed: 'maybe' } } }),
      'INVALID_FIELD',
      '/private/verdict/claimed',
    ],
    [
      'a null character in the id',
      JSON.stringify({ ...good, id: 'attestation:auditor-a/\u0000@1' }),
      'INVALID_ID',
      '/id',
    ],
    ['prototype keys', '{"__proto__":{"kind":"safety"}}', 'INVALID_JSON', undefined],
    ['id and name', JSON.stringify({ ...good, id: 'attestation:auditor-a/a@1', name: 'a' }), 'INVALID_FIELD', '/id'],
    ['name without version', JSON.stringify({ ...good, name: 'a' }), 'INVALID_FIELD', '/version'],
    ['too much', `"${'x'.repeat(1024 * 1024)}"`, 'PAYLOAD_TOO_LARGE', undefined],
    ['an own subject', JSON.stringify({ ...good, subject: 'model:nobody/m@1' }), 'UNKNOWN_ORGANIZATION', '/subject'],
  ] as const)('%s', async (_, body, code, pointer) => {
    expectProblem(await ask('post', '/v1/attestations', 'auditor', body), code, pointer);
  });
  it('another media type, a compressed body, bytes that are no text', async () => {
    const post = () =>
      request(gateway.url)
        .post('/v1/attestations')
        .set('authorization', `Bearer ${apiKeys.auditor ?? ''}`);
    expectProblem(await post().set('content-type', 'text/plain').send('x'), 'UNSUPPORTED_MEDIA_TYPE');
    expectProblem(
      await post().set('content-type', 'application/json').set('content-encoding', 'gzip').send('x'),
      'UNSUPPORTED_MEDIA_TYPE',
    );
    const bytes = Buffer.from(utf8ToBytes('{"a":"')).fill(0xff);
    expectProblem(
      await post()
        .set('content-type', 'application/json')
        .serialize((x) => x as never)
        .send(bytes),
      'INVALID_JSON',
    );
    expectProblem(
      await post().set('accept', 'text/html').set('content-type', 'application/json').send('{}'),
      'NOT_ACCEPTABLE',
    );
  });
  it.each([
    ['/v1/datasets?surprise=1', 'UNKNOWN_FILTER'],
    ['/v1/datasets?kind=fairness', 'UNKNOWN_FILTER'],
    ['/v1/datasets?__proto__=1', 'UNKNOWN_FILTER'],
    ['/v1/datasets?status=%00', 'INVALID_FIELD'],
    ['/v1/datasets?owner=%00', 'INVALID_FIELD'],
    ['/v1/datasets?sort=up', 'INVALID_FIELD'],
    ['/v1/datasets?limit=0', 'INVALID_FIELD'],
    ['/v1/datasets?limit=1&limit=2', 'INVALID_FIELD'],
    ['/v1/datasets?recorded-from=soon', 'INVALID_FIELD'],
    ['/v1/datasets?cursor=%00', 'INVALID_CURSOR'],
    ['/v1/datasets?minBlock=x', 'INVALID_FIELD'],
    ['/v1/datasets?minBlock=-1', 'INVALID_FIELD'],
    ['/v1/datasets?minBlock=1e400', 'INVALID_FIELD'],
    ['/v1/datasets?limit=NaN', 'INVALID_FIELD'],
    ['/v1/datasets?effective-to=9999-12-31T23:59:59-23:59', 'INVALID_FIELD'],
    ['/v1/datasets?recorded-from=0000-01-01T00:00:00%2B23:59', 'INVALID_FIELD'],
    [`${dataset}?salts=maybe`, 'INVALID_FIELD'],
    [`${dataset}?salts=true&salts=false`, 'INVALID_FIELD'],
    [`${dataset}?surprise=1`, 'UNKNOWN_FILTER'],
    ['/v1/datasets/cleveland/%00/1', 'INVALID_ID'],
    ['/v1/datasets/cleveland/%E0%A4%A/1', 'INVALID_ID'],
    ['/v1/datasets/..%2f..%2fetc/passwd/1', 'INVALID_ID'],
    ['/v1/roles/%00', 'INVALID_ID'],
    ['/v1/transactions/%00', 'INVALID_FIELD'],
    [`${dataset}/lineage?direction=sideways`, 'INVALID_FIELD'],
    [`${dataset}/lineage?depth=0`, 'INVALID_FIELD'],
    [`${dataset}/lineage?depth=33`, 'INVALID_FIELD'],
    [`${dataset}/lineage?depth=1&depth=2`, 'INVALID_FIELD'],
    [`${dataset}/lineage?surprise=1`, 'UNKNOWN_FILTER'],
    ['/v1/search', 'INVALID_FIELD'],
    ['/v1/search?digest=abc', 'INVALID_FIELD'],
    [`/v1/search?digest=${'A'.repeat(64)}`, 'INVALID_FIELD'],
    [`/v1/search?digest=${'a'.repeat(64)}&cursor=x`, 'INVALID_CURSOR'],
    ['/v1/search?id=a', 'UNKNOWN_FILTER'],
    ['/v1/changes?after=x', 'INVALID_CURSOR'],
    ['/v1/changes?wait=26', 'INVALID_FIELD'],
    ['/v1/changes?limit=1001', 'INVALID_FIELD'],
    ['/v1/changes?since=1', 'UNKNOWN_FILTER'],
  ] as const)('%s', async (path, code) => {
    expectProblem(await ask('get', path), code);
  });
  it('methods that a resource does not know are told which it does', async () => {
    for (const [path, allow] of [
      ['/v1/datasets', 'POST, GET, HEAD'],
      [dataset, 'GET, HEAD'],
      [`${dataset}/verify`, 'POST'],
      ['/healthz', 'GET, HEAD'],
    ] as const) {
      const answer = await ask('delete', path);
      expectProblem(answer, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.allow).toBe(allow);
    }
  });
  it('a moment before our time is a moment', async () => {
    expect((await ask('get', '/v1/datasets?recorded-to=0000-01-01')).body).toMatchObject({ items: [] });
    const { next } = (await ask('get', '/v1/roles?sort=effective&limit=1')).body;
    const [list] = JSON.parse(Buffer.from(String(next), 'base64url').toString()) as [string];
    const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify([list, ...parts])).toString('base64url');
    const forged = (...parts: unknown[]) => ask('get', `/v1/roles?sort=effective&limit=1&cursor=${cursor(...parts)}`);
    expect((await forged('0000-01-01T00:00:00.000Z', 1)).status).toBe(200);
    for (const parts of [
      ['x', 1],
      [1, 1],
      ['2026-01-01T00:00:00.000Z', 1e300],
      [null, 1],
      ['\u0000', 1],
    ])
      expectProblem(await forged(...parts), 'INVALID_CURSOR');
  });
  it('a name as long as the body is not repeated in the answer', async () => {
    const name = 'k'.repeat(500_000);
    const answer = await ask('post', '/v1/attestations', 'auditor', { ...good, [name]: 1 });
    expectProblem(answer, 'INVALID_FIELD', '');
    expect(JSON.stringify(answer.body).length).toBeLessThan(2_000);
  });
  it.each([
    ['GET http://x:99999/v1/whoami', '200', ''],
    ['GET http://[/v1/whoami', '200', ''],
    ['GET HTTP://:@/v1/whoami?surprise=1', '400', ''],
    ['GET http://x', '404', ''],
    ['GET //v1/whoami', '404', ''],
    ['OPTIONS *', '404', ''],
    ['GET /v1/whoami', '200', 'Expect: surprise\r\n'],
  ])('%s as a target: %s', async (target, status, header) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    const headers = `Host: x\r\n${header}Connection: close\r\nAuthorization: Bearer ${apiKeys.auditor ?? ''}`;
    socket.write(`${target} HTTP/1.1\r\n${headers}\r\n\r\n`);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text.slice(9, 12)).toBe(status);
    if (status !== '200') expect(text).toContain('application/problem+json');
  });
  it('whoever sends a request slowly is not waited for', async () => {
    const sockets = ['', 'GET /healthz HTTP/1.1\r\nX-A: b\r\n'].map((start) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write(start);
      return new Promise((resolve) => socket.once('close', resolve));
    });
    expect((await ask('get', '/healthz', '')).status).toBe(200);
    await Promise.all(sockets);
  }, 20_000);
  it('bytes that are not HTTP end the connection, not the process', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write('\u0000\u0000nonsense\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect((await ask('get', '/healthz', '')).body).toEqual({ status: 'up' });
  });
});

describe('a gateway that stops', () => {
  const unread = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  it('answers what it has begun, and takes nothing more on connections that are kept alive', async () => {
    const second = await startGateway(loaded, unread);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const call = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { authorization: `Bearer ${apiKeys.auditor ?? ''}` };
        get(`${second.url}${path}`, { agent, headers }, (response) => {
          response.resume().once('end', () => {
            resolve(response.statusCode);
          });
        }).once('error', reject);
      });
    const begun = call('/v1/datasets?minBlock=15');
    await delay(100);
    const began = Date.now();
    const stopped = second.stop();
    expect(await begun).toBe(503);
    await expect(call('/healthz')).rejects.toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|ECONNRESET/) });
    await stopped;
    expect(Date.now() - began).toBeLessThan(10_000);
    agent.destroy();
  }, 30_000);
  it('does not start where something else listens, and says where', async () => {
    const port = Number(new URL(gateway.url).port);
    const taken = { ...loaded, config: { ...loaded.config, listen: { host: '127.0.0.1', port } } };
    await expect(startGateway(taken, unread)).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
  });
});

describe('without its peer', () => {
  it('a write says that the ledger cannot be reached, and a read is answered', async () => {
    const answer = await ask('post', '/v1/attestations', 'auditor', good);
    expectProblem(answer, 'LEDGER_UNAVAILABLE');
    expect(answer.headers['retry-after']).toBe('1');
    const ready = await ask('get', '/readyz', '');
    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({ ready: false, peer: false, database: true });
  });
});

/** What Express serves, as the document writes it: `get /v1/roles/{org}`. */
function routesOf(application: ReturnType<typeof newApplication>): string[] {
  const { stack } = application.router as unknown as {
    stack: { route?: { path: string; methods: Record<string, boolean>; stack: { method?: string }[] } }[];
  };
  return stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : [...new Set(route.stack.flatMap(({ method }) => (method === undefined ? [] : [method])))].map(
          (method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
        ),
  );
}

describe('the API document', () => {
  it('agrees with the routes and with the error table', async () => {
    const { body } = await ask('get', '/openapi.json', '');
    expect(body.openapi).toBe('3.1.0');
    const paths = body.paths as Record<
      string,
      Record<string, { responses: Record<string, { description: string }>; operationId: string }>
    >;
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations) {
      // Every documented operation is there: what it answers to a stranger is not 404 or 405.
      const url = path.replaceAll(/\{(\w+)\}/g, 'x');
      expect([200, 401, 503]).toContain((await ask(method as 'get' | 'post', url, '')).status);
      for (const [status, { description }] of Object.entries(operation.responses)) {
        if (Number(status) < 400 || path === '/readyz') continue;
        for (const line of description.split('\n')) {
          const [code, meaning] = line.split(': ', 2);
          if (!isErrorCode(code)) throw new Error(`${code ?? ''} is not of the table`);
          expect(errorTable[code]).toMatchObject({ status: Number(status) });
          expect(errorTable[code].meaning.startsWith(meaning ?? '-')).toBe(true);
        }
      }
    }
    const problem = (body.components as { schemas: Record<string, { properties: { code: { enum: string[] } } }> })
      .schemas.Problem;
    expect(problem?.properties.code.enum).toEqual(Object.keys(errorTable));
  });
  it('has every route of the application', () => {
    // What a route does with its services is not asked here.
    const application = newApplication({} as Services, new Authenticator([]), pino({ level: 'silent' }));
    const served = routesOf(application).sort();
    expect(served.length).toBeGreaterThan(20);
    expect(routesOf(newApplication({} as Services, new Authenticator([]), pino({ level: 'silent' })))).toHaveLength(
      served.length,
    );
    const document = openApiDocument(allRoutes({} as Services));
    const documented = Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(served).toEqual(documented.sort());
    application.get('/v1/secret/:id', () => undefined);
    expect(routesOf(application)).toContain('get /v1/secret/{id}');
  });
  it('has an example for every body, and each is one that the route takes', () => {
    const routes = allRoutes({} as Services);
    const taking = routes.filter(({ body }) => body !== undefined);
    expect(Object.keys(bodyExamples).sort()).toEqual(taking.map(({ operationId }) => operationId).sort());
    for (const { operationId, body } of taking)
      expect([operationId, body?.safeParse(bodyExamples[operationId]).error]).toEqual([operationId, undefined]);
  });
  it('has no reference that leads nowhere', async () => {
    const { body } = await ask('get', '/openapi.json', '');
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) {
      let node: unknown = body;
      for (const token of reference.replace('#/', '').split('/'))
        node = (node as Record<string, unknown> | undefined)?.[token];
      expect([reference, typeof node]).toEqual([reference, 'object']);
    }
  });
});

describe('the log', () => {
  it('names requests, and holds no key, query, header or value of theirs', async () => {
    const canary = 'canary-5f1d';
    const secret = { ...good, private: { verdict: { claimed: 'fail' }, evaluator: canary, [`${canary}-key`]: 1 } };
    await ask('post', '/v1/attestations', 'auditor', secret);
    await ask('post', '/v1/attestations', 'auditor', { ...good, private: { ...good.private, evaluator: canary } });
    await ask('post', '/v1/attestations', 'auditor', `{"private":"${canary}`);
    await ask('get', `/v1/datasets?${canary}=1`);
    await ask('get', '/v1/datasets', canary);
    await delay(50);
    const text = lines.join('');
    expect(text).toContain('"path":"/v1/attestations"');
    expect(text).not.toContain(canary);
    for (const key of Object.values(apiKeys)) expect(text).not.toContain(key.slice(13));
    expect(text).not.toMatch(/authorization/i);
  });
  it('has the cause of a failure under its request id', async () => {
    const { headers } = await ask('post', '/v1/attestations', 'auditor', good);
    await delay(50);
    const line = lines
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ requestId, msg }) => msg === 'failed' && requestId === headers['x-request-id']);
    expect(line).toMatchObject({ code: 'LEDGER_UNAVAILABLE', failure: { name: 'ProofwardError', cause: {} } });
  });
  it('says which certificate has expired, and so does the answer to who uses it', async () => {
    expect(lines.filter((line) => line.includes('expired'))).toHaveLength(1);
    expect(lines.join('')).toContain('"identity":"inspector"');
    expectProblem(await ask('get', '/v1/whoami', 'inspector'), 'FORBIDDEN');
    expect((await ask('get', dataset, 'inspector')).status).toBe(200);
  });
});
