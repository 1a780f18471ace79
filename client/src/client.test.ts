import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { commitmentOf, sealPrivate, verifyPresentation } from '@proofward/evidence';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProofwardClient } from './client.js';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  authorization: string | undefined;
  body: string;
}

describe('the client', () => {
  let server: Server;
  let client: ProofwardClient;
  const seen: Seen[] = [];
  const answers: { status: number; body: unknown; headers?: Record<string, string> }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      void textOf(request).then((body) => {
        const { method, url, headers } = request;
        seen.push({ method, url, authorization: headers.authorization, body });
        const { status, body: answer, headers: more = {} } = answers.shift() ?? { status: 200, body: {} };
        response.writeHead(status, { 'content-type': 'application/json', ...more });
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new ProofwardClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      apiKey: 'pwk_x',
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    seen.length = 0;
    answers.length = 0;
  });

  it('creates with the key, and tells a replay from a new record', async () => {
    const record = { id: 'dataset:a/b@1' };
    answers.push({ status: 201, body: record }, { status: 200, body: record });
    const request = { name: 'b', version: '1', private: { files: [{ path: 'x', size: 1, sha256: '0'.repeat(64) }] } };
    expect(await client.datasets.create(request)).toEqual({ record, replay: false });
    expect(await client.datasets.create(request)).toEqual({ record, replay: true });
    expect(seen[0]).toEqual({
      method: 'POST',
      url: '/v1/datasets',
      authorization: 'Bearer pwk_x',
      body: JSON.stringify(request),
    });
  });

  it('names records by the parts of their ids, and repeats filters', async () => {
    await client.models.get('model:a/b@1', { minBlock: 7, salts: true });
    await client.models.history('model:a/b@1');
    await client.attestations.list({ status: ['active', 'revoked'], subject: 'model:a/b@1', cursor: undefined });
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/models/a/b/1?minBlock=7&salts=true',
      '/v1/models/a/b/1/history',
      '/v1/attestations?status=active&status=revoked&subject=model%3Aa%2Fb%401',
    ]);
    await expect(client.models.get('model:a/../b@1')).rejects.toMatchObject({ code: 'INVALID_ID' });
  });

  it('walks through all pages', async () => {
    answers.push(
      { status: 200, body: { items: [{ id: 1 }, { id: 2 }], next: 'c' } },
      { status: 200, body: { items: [{ id: 3 }], next: null } },
    );
    const ids: unknown[] = [];
    for await (const { id } of client.datasets.all({ limit: 2 })) ids.push(id);
    expect(ids).toEqual([1, 2, 3]);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/datasets?limit=2', '/v1/datasets?limit=2&cursor=c']);
  });

  it('reads a whole list as it comes, and takes half of one for an error', async () => {
    const streamed = async () => {
      const ids: unknown[] = [];
      for await (const { id } of client.datasets.stream({ status: 'registered' })) ids.push(id);
      return ids;
    };
    answers.push({ status: 200, body: '{"id":"ü"}\n{"id":2}\n' });
    expect(await streamed()).toEqual(['ü', 2]);
    expect(seen[0]?.url).toBe('/v1/datasets?status=registered');
    const problem = { code: 'UNKNOWN_FILTER', status: 400, detail: 'no', title: '', type: '', requestId: '1' };
    answers.push({ status: 400, body: problem });
    await expect(streamed()).rejects.toMatchObject({ name: 'ProblemError', code: 'UNKNOWN_FILTER' });
    answers.push({ status: 200, body: '{"id":1}\n{"id":', headers: { 'content-length': '1000' } });
    setTimeout(() => {
      server.closeAllConnections();
    }, 200);
    await expect(streamed()).rejects.toMatchObject({ name: 'NoAnswerError' });
  });

  it('throws a problem document with its code, pointer and retry time', async () => {
    const problem = { code: 'BUSY', status: 503, detail: 'later', pointer: '/x', title: '', type: '', requestId: '1' };
    answers.push({ status: 503, body: problem, headers: { 'retry-after': '2' } });
    await expect(client.whoami()).rejects.toMatchObject({
      name: 'ProblemError',
      status: 503,
      code: 'BUSY',
      pointer: '/x',
      retryAfter: 2,
      problem,
    });
    answers.push({ status: 503, body: { ready: false } });
    expect(await client.ready()).toEqual({ ready: false });
  });

  it('what is no answer of a gateway is told from a problem', async () => {
    answers.push({ status: 502, body: { message: 'a proxy' } }, { status: 200, body: '<html>' });
    await expect(client.whoami()).rejects.toMatchObject({ name: 'NoAnswerError' });
    await expect(client.whoami()).rejects.toMatchObject({ name: 'NoAnswerError' });
    const nobody = new ProofwardClient({ url: 'http://127.0.0.1:9' });
    await expect(nobody.health()).rejects.toMatchObject({ name: 'NoAnswerError' });
  });

  it('presents single fields that verify against the commitment', async () => {
    const context = { channel: 'proofward', type: 'model', id: 'model:a/b@1', revision: 1 } as const;
    const record = sealPrivate(new Uint8Array(32), context, { intendedPurpose: 'triage', responsibleTeam: 'ours' });
    answers.push({ status: 200, body: { channel: 'proofward' } });
    answers.push({
      status: 200,
      body: { id: context.id, type: 'model', header: { schema: 1, privateRevision: 1 }, fields: record.fields },
    });
    const shown = await client.models.present('model:a/b@1', ['intendedPurpose']);
    expect(JSON.stringify(shown)).not.toContain('ours');
    const verdict = verifyPresentation(context, 1, commitmentOf('proofward', record), shown);
    expect(verdict).toEqual([{ name: 'intendedPurpose', match: true }]);
  });
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
