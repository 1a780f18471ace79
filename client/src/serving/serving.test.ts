import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { createHash, verify, webcrypto, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ErrorCode,
  externalReference,
  receiptBytes,
  type SignedReceipt,
  signedReceiptSchema,
  valueCommitment,
  weightsRoot,
} from '@proofward/evidence';
import * as x509 from '@peculiar/x509';
import express, { type RequestHandler } from 'express';
import { NoAnswerError, ProblemError } from '../problem.js';
import {
  createServing,
  type IssuedReceipt,
  readReceipt,
  receiptHeader,
  requireReceipt,
  type ReceiptTrust,
  type ServingOptions,
} from './index.js';

x509.cryptoProvider.set(webcrypto);

const room = mkdtempSync(join(tmpdir(), 'proofward-serving-'));
const weights = join(room, 'weights');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Identity {
  key: string;
  certificate: string;
}
let own: Identity;
let other: Identity;
let journals = 0;

async function identity(namedCurve: string): Promise<Identity> {
  const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=serving',
    keys,
    signingAlgorithm: algorithm,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), certificate: made.toString('pem') };
}

/** A gateway that is there or away, and takes receipts as the real one does: repeated ones are known. */
class Gateway {
  away = false;
  readonly batches: SignedReceipt[][] = [];
  readonly taken = new Map<number, string>();
  readonly receipts = {
    add: (batch: readonly SignedReceipt[]) => {
      if (this.away) return Promise.reject(new NoAnswerError('away'));
      let stored = 0;
      for (const { receipt } of batch) {
        const before = this.taken.get(receipt.sequence) ?? receipt.id;
        if (before !== receipt.id) return Promise.reject(new Error('SEQUENCE_REPEATED'));
        if (!this.taken.has(receipt.sequence)) stored += 1;
        this.taken.set(receipt.sequence, receipt.id);
      }
      this.batches.push([...batch]);
      return Promise.resolve({ stored, known: batch.length - stored });
    },
  };
}

const newJournal = () => join(room, `journal-${++journals}`);
const options = (change: Partial<ServingOptions> = {}): ServingOptions => ({
  ...{ weights, endpoint: 'triage', site: 'hungarian', channel: 'proofward', ...own },
  ...{ journal: newJournal(), client: new Gateway(), pauses: { idle: 5, first: 5, longest: 20 } },
  ...change,
});
const bytes = (text: string) => new TextEncoder().encode(text);

function inJournal(path: string): SignedReceipt[] {
  const [, ...lines] = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => signedReceiptSchema.parse(JSON.parse(line)));
}
const numbers = (receipts: readonly SignedReceipt[]) => receipts.map(({ receipt }) => receipt.sequence);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; !holds(); attempt++) {
    if (attempt > 2_000) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

beforeAll(async () => {
  [own, other] = await Promise.all([identity('P-256'), identity('P-256')]);
  writeFileSync(weights, 'weights');
});
afterAll(() => {
  rmSync(room, { recursive: true, force: true });
});

describe('a serving process', () => {
  it('says which weights it has, from files or from what is in memory', async () => {
    const fromFiles = await createServing(options());
    const fromMemory = await createServing(options({ weights: [{ path: 'weights', bytes: bytes('weights') }] }));
    expect(fromFiles.model).toBe(weightsRoot([{ path: 'weights', sha256: sha256('weights') }]));
    expect(fromMemory.model).toBe(fromFiles.model);
    await Promise.all([fromFiles.close(), fromMemory.close()]);
    await expect(createServing(options({ weights: [] }))).rejects.toThrow('no weights');
  });

  it('signs with a P-256 key of its certificate alone', async () => {
    await expect(createServing(options({ key: other.key }))).rejects.toThrow('of another key');
    await expect(createServing(options(await identity('P-384')))).rejects.toThrow('P-256');
  });

  it('makes no receipt while its certificate is not valid, since nobody takes that', async () => {
    let years = 2;
    const serving = await createServing(options({ now: () => new Date(Date.now() + years * 366 * 86_400_000) }));
    await expect(serving.issue(bytes('in'), bytes('out'))).rejects.toThrow('the certificate is valid from');
    years = 0;
    expect((await serving.issue(bytes('in'), bytes('out'))).signed.receipt.sequence).toBe(1);
    await serving.close();
  });

  it('numbers many at once without gap or repetition, and goes on after a restart', async () => {
    const given = options();
    const first = await createServing(given);
    const issued = await Promise.all(upTo(300).map((n) => first.issue(bytes(`in ${n}`), bytes(`out ${n}`))));
    expect(numbers(issued.map(({ signed }) => signed)).sort((a, b) => a - b)).toEqual(upTo(300));
    await first.close();
    const second = await createServing(given);
    expect(second.sequence).toBe(300);
    expect((await second.issue(bytes('in'), bytes('out'))).signed.receipt.sequence).toBe(301);
    await second.close();
    await expect(second.issue(bytes('in'), bytes('out'))).rejects.toThrow('closed');
    expect(numbers(inJournal(given.journal))).toEqual(upTo(301));
    const { publicKey } = new X509Certificate(own.certificate);
    for (const { receipt, signature } of inJournal(given.journal)) {
      expect(verify('sha256', receiptBytes('proofward', receipt), publicKey, Buffer.from(signature, 'base64'))).toBe(
        true,
      );
    }
  });

  it('refuses a journal that is in use, another endpoint’s, something else, or has lost or damaged lines', async () => {
    const given = options();
    const serving = await createServing(given);
    for (const n of upTo(3)) await serving.issue(bytes(`${n}`), bytes('out'));
    await expect(createServing(given)).rejects.toThrow('another process');
    await until(() => serving.handedIn === 3);
    await serving.close();
    await expect(createServing({ ...given, endpoint: 'reading' })).rejects.toThrow('of the endpoint triage');

    const text = readFileSync(given.journal, 'utf8');
    truncateSync(given.journal, text.length - 10);
    await expect(createServing(given)).rejects.toThrow('lost lines');
    rmSync(given.journal);
    await expect(createServing(given)).rejects.toThrow('lost lines');

    rmSync(`${given.journal}.cursor`);
    const lines = text.split('\n');
    writeFileSync(given.journal, [lines[0], 'x', lines[2], ''].join('\n'));
    await expect(createServing(given)).rejects.toThrow('damaged');
    writeFileSync(given.journal, [lines[0], lines[2], ''].join('\n'));
    await expect(createServing(given)).rejects.toThrow("another's");
    const foreign = join(room, 'foreign');
    writeFileSync(foreign, 'my notes\n');
    await expect(createServing({ ...given, journal: foreign })).rejects.toThrow('not a journal');
    expect(readFileSync(foreign, 'utf8')).toBe('my notes\n');
  });

  it('drops a line that was cut off anywhere, and gives its number out again', async () => {
    const gateway = new Gateway();
    gateway.away = true;
    const given = options({ client: gateway });
    const serving = await createServing(given);
    await serving.issue(bytes('1'), bytes('out'));
    const before = statSync(given.journal).size;
    await serving.issue(bytes('2'), bytes('out'));
    await serving.close();
    const whole = readFileSync(given.journal);
    for (let size = before; size < whole.length; size += 97) {
      writeFileSync(given.journal, whole.subarray(0, size));
      const again = await createServing(given);
      expect(again.sequence).toBe(1);
      expect((await again.issue(bytes('3'), bytes('out'))).signed.receipt.sequence).toBe(2);
      await again.close();
      expect(numbers(inJournal(given.journal))).toEqual([1, 2]);
    }
    // What a file system may leave of blocks that were never synchronised.
    writeFileSync(given.journal, whole);
    appendFileSync(given.journal, Buffer.alloc(100));
    const again = await createServing(given);
    expect(again.sequence).toBe(2);
    await again.close();
    expect(readFileSync(given.journal)).toEqual(whole);
  });

  it('keeps every answered receipt when it is killed, and repeats no number', async () => {
    const journal = newJournal();
    const script = `
      import { createServing } from ${JSON.stringify(new URL('../../dist/serving/index.js', import.meta.url).href)};
      const away = { receipts: { add: () => Promise.reject(new Error('away')) } };
      const serving = await createServing({ ...JSON.parse(process.argv[1]), client: away });
      for (;;) {
        const made = await Promise.all(Array.from({ length: 20 }, () => serving.issue(new Uint8Array(9), new Uint8Array(9))));
        for (const { signed } of made) process.stdout.write(signed.receipt.sequence + ' ' + signed.receipt.id + '\\n');
      }`;
    const plain = { ...options({ journal }), client: undefined };
    const answered = new Map<number, string>();
    for (const least of [1, 100, 260]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(plain)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (text.split('\n').length > least) child.kill('SIGKILL');
      });
      await once(child, 'close');
      for (const line of text.split('\n').slice(0, -1)) {
        const [sequence, id = ''] = line.split(' ');
        expect(answered.has(Number(sequence))).toBe(false);
        answered.set(Number(sequence), id);
      }
    }
    const gateway = new Gateway();
    const serving = await createServing(options({ journal, client: gateway }));
    await until(() => serving.handedIn === serving.sequence);
    await serving.close();
    const kept = inJournal(journal);
    expect(numbers(kept)).toEqual(upTo(kept.length));
    expect(answered.size).toBeGreaterThan(360);
    for (const [sequence, id] of answered) {
      expect(kept[sequence - 1]?.receipt.id).toBe(id);
      expect(gateway.taken.get(sequence)).toBe(id);
    }
  });
});

describe('a journal of which the gateway has much', () => {
  const titleOf = (path: string) =>
    JSON.parse(readFileSync(path, 'utf8').split('\n')[0] ?? '') as { after?: number; endpoint: string };

  it('is shortened, and counts on', async () => {
    const gateway = new Gateway();
    const given = options({ client: gateway, keptBytes: 4_000 });
    const serving = await createServing(given);
    for (const n of upTo(60)) {
      await Promise.all([serving.issue(bytes(`in ${n}`), bytes('out')), serving.issue(bytes(`in ${n}`), bytes('out'))]);
    }
    await until(() => serving.handedIn === 120);
    await serving.close();
    const kept = numbers(inJournal(given.journal));
    expect(statSync(given.journal).size).toBeLessThan(16_000);
    expect(kept).toEqual(upTo(120).slice(120 - kept.length));
    expect(titleOf(given.journal)).toMatchObject({ endpoint: 'triage', after: 120 - kept.length });

    gateway.away = true;
    const again = await createServing(given);
    expect([again.sequence, again.handedIn]).toEqual([120, 120]);
    expect((await again.issue(bytes('in'), bytes('out'))).signed.receipt.sequence).toBe(121);
    await again.close();
    // What the gateway does not have stays, however much that is.
    expect(numbers(inJournal(given.journal)).at(-1)).toBe(121);
    expect([...gateway.taken.keys()].sort((a, b) => a - b)).toEqual(upTo(120));
  });

  it('is whole wherever a crash cut the shortening off', async () => {
    const gateway = new Gateway();
    const given = options({ client: gateway, keptBytes: 0 });
    const serving = await createServing(given);
    for (const n of upTo(9)) await serving.issue(bytes(`${n}`), bytes('out'));
    await until(() => serving.handedIn === 9);
    await until(() => titleOf(given.journal).after === 9);
    gateway.away = true;
    await serving.issue(bytes('10'), bytes('out'));
    await serving.close();
    const opened = async () => {
      const again = await createServing(given);
      const places = [again.handedIn, again.sequence];
      await again.close();
      return places;
    };
    // Before the rename: a new file that is not whole.
    writeFileSync(`${given.journal}.next`, '{"proofward":"receipt-jour');
    expect(await opened()).toEqual([9, 10]);
    // After it: the cursor is of the file before.
    writeFileSync(`${given.journal}.cursor`, '{"sequence":4,"offset":4711}');
    expect(await opened()).toEqual([9, 10]);
    rmSync(`${given.journal}.cursor`);
    expect(await opened()).toEqual([9, 10]);
    // A journal from before the gateway had the last ones is not gone on with.
    writeFileSync(`${given.journal}.cursor`, '{"sequence":12}');
    await expect(opened()).rejects.toThrow('lost lines');
  });

  it('loses nothing and repeats no number when the process is killed while it is shortened again and again', async () => {
    const journal = newJournal();
    const script = `
      import { createServing } from ${JSON.stringify(new URL('../../dist/serving/index.js', import.meta.url).href)};
      import { writeSync } from 'node:fs';
      const add = async (batch) => {
        for (const { receipt } of batch) writeSync(1, 'h ' + receipt.sequence + ' ' + receipt.id + '\\n');
        return { stored: batch.length, known: 0 };
      };
      const given = { ...JSON.parse(process.argv[1]), pauses: { idle: 0 }, keptBytes: 0, client: { receipts: { add } } };
      const serving = await createServing(given);
      for (;;) {
        const made = await Promise.all(Array.from({ length: 5 }, () => serving.issue(new Uint8Array(9), new Uint8Array(9))));
        for (const { signed } of made) writeSync(1, 'a ' + signed.receipt.sequence + ' ' + signed.receipt.id + '\\n');
      }`;
    const plain = { ...options({ journal }), client: undefined };
    const known = { a: new Map<number, string>(), h: new Map<number, string>() };
    for (const least of [40, 150, 260, 370]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(plain)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (text.split('\n').length > least) child.kill('SIGKILL');
      });
      await once(child, 'close');
      for (const line of text.split('\n').slice(0, -1)) {
        const [kind, number, id = ''] = line.split(' ');
        const map = known[kind as 'a' | 'h'];
        expect([number, map.get(Number(number)) ?? id]).toEqual([number, id]);
        map.set(Number(number), id);
      }
    }
    expect(titleOf(journal).after).toBeGreaterThan(0);
    const gateway = new Gateway();
    for (const [sequence, id] of known.h) gateway.taken.set(sequence, id);
    const serving = await createServing(options({ journal, client: gateway }));
    await until(() => serving.handedIn === serving.sequence);
    await serving.close();
    expect([...gateway.taken.keys()].sort((a, b) => a - b)).toEqual(upTo(gateway.taken.size));
    for (const [sequence, id] of known.a) expect(gateway.taken.get(sequence)).toBe(id);
    expect(known.a.size).toBeGreaterThan(200);
  }, 60_000);
});

describe('what is handed in', () => {
  it('waits where a refusal may end, and goes past what can never be handed in, which is kept apart', async () => {
    const refusals = new Map<number, ErrorCode>([[2, 'SEQUENCE_REPEATED']]);
    const gateway = new Gateway();
    const add = (batch: readonly SignedReceipt[]) => {
      const index = batch.findIndex(({ receipt }) => refusals.has(receipt.sequence));
      if (index < 0) return gateway.receipts.add(batch);
      const code = refusals.get(batch[index]?.receipt.sequence ?? 0) ?? 'INTERNAL';
      const pointer = `/receipts/${index}/receipt/sequence`;
      const problem = { code, pointer, status: 409, detail: 'no', type: '', title: '', requestId: '' };
      return Promise.reject(new ProblemError(problem));
    };
    const problems: unknown[] = [];
    let ahead = 0;
    const given = options({
      client: { receipts: { add } },
      onProblem: (error) => problems.push(error),
      now: () => new Date(Date.now() + ahead),
    });
    const serving = await createServing(given);
    for (const n of upTo(3)) await serving.issue(bytes(`${n}`), bytes('out'));
    await until(() => serving.handedIn === 3);
    expect([...gateway.taken.keys()]).toEqual([1, 3]);
    expect(problems.map(String)).toEqual([expect.stringContaining('the receipt 2 was set aside')]);

    // The own clock is ahead: until it is right nothing is given up, and those before are not held back.
    ahead = 3_600_000;
    refusals.set(5, 'RECEIPT_AHEAD');
    for (const n of [4, 5, 6]) await serving.issue(bytes(`${n}`), bytes('out'));
    await until(() => problems.length > 3);
    expect(serving.handedIn).toBe(4);
    ahead = 0;
    await until(() => serving.handedIn === 6);

    // One that its gateway does not take yet.
    refusals.set(7, 'RECEIPT_INVALID');
    await serving.issue(bytes('7'), bytes('out'));
    const before = problems.length;
    await until(() => problems.length > before + 2);
    expect(serving.handedIn).toBe(6);
    refusals.delete(7);
    await until(() => serving.handedIn === 7);
    await serving.close();
    const kept = readFileSync(`${given.journal}.refused`, 'utf8').trimEnd().split('\n');
    expect(kept.map((line) => JSON.parse(line) as object)).toMatchObject([
      { code: 'SEQUENCE_REPEATED', signed: { receipt: { sequence: 2 } } },
      { code: 'RECEIPT_AHEAD', signed: { receipt: { sequence: 5 } } },
    ]);
  });

  it('waits while the gateway is away, then goes in order, at most 500 at a time, and once', async () => {
    const gateway = new Gateway();
    gateway.away = true;
    const problems: unknown[] = [];
    const given = options({ client: gateway, onProblem: (error) => problems.push(error) });
    const first = await createServing(given);
    await Promise.all(upTo(1_100).map((n) => first.issue(bytes(`${n}`), bytes('out'))));
    await until(() => problems.length > 2);
    expect(first.handedIn).toBe(0);
    await first.close();
    gateway.away = false;
    const second = await createServing(given);
    await until(() => second.handedIn === 1_100);
    await second.close();
    expect(numbers(gateway.batches.flat())).toEqual(upTo(1_100));
    expect(Math.max(...gateway.batches.map((batch) => batch.length))).toBeLessThanOrEqual(500);

    const third = await createServing(given);
    await third.issue(bytes('in'), bytes('out'));
    await until(() => third.handedIn === 1_101);
    await third.close();
    expect(numbers(gateway.batches.flat())).toEqual(upTo(1_101));
    // Without the cursor all is handed in again, which the gateway knows.
    rmSync(`${given.journal}.cursor`);
    const fourth = await createServing(given);
    await until(() => fourth.handedIn === 1_101);
    await fourth.close();
    expect(gateway.taken.size).toBe(1_101);
  });
});

describe('the middleware', () => {
  const referenceKey = new Uint8Array(32).fill(7);

  async function served(
    change: Partial<ServingOptions>,
    work: (url: string, close: () => Promise<void>) => Promise<void>,
    before: RequestHandler[] = [],
  ): Promise<void> {
    const serving = await createServing(options(change));
    const app = express();
    for (const one of before) app.use(one);
    const of = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) =>
      typeof headers['x-accession'] === 'string' ? { system: 'urn:accession', id: headers['x-accession'] } : undefined;
    app.use(serving.middleware({ limit: 1_000, reference: { key: referenceKey, of } }));
    app.post('/risk', (request, response) => {
      const { age } = request.body as { age: number };
      response.json({ risk: age / 100 });
    });
    app.post('/pieces', (_request, response) => {
      response.writeHead(201, 'Made', { 'content-type': 'text/plain' });
      response.write('pié');
      response.write(Buffer.from('ce'), () => response.end('s'));
    });
    app.post('/none', (_request, response) => {
      response.status(404).json({ risk: 1 });
    });
    app.post('/broken', () => {
      throw new Error('the model failed');
    });
    // Express knows one that takes errors by its four parameters.
    app.use(((error: { status?: number }, _request, response, next) => {
      if (response.headersSent) next(error);
      else response.status(error.status ?? 500).json({});
    }) satisfies express.ErrorRequestHandler);
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => serving.close());
    } finally {
      server.closeAllConnections();
      server.close();
      await serving.close().catch(() => undefined);
    }
  }
  const post = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  const trust = (change: Partial<ReceiptTrust> = {}): ReceiptTrust => ({
    ...{ channel: 'proofward', site: 'hungarian', certificates: [own.certificate] },
    ...change,
  });

  it('gives each output a receipt of its bytes, which is in the journal before the output is there', async () => {
    const journal = newJournal();
    await served({ journal }, async (url) => {
      const body = '{ "age": 61 }';
      const outputs = await Promise.all(upTo(50).map(() => post(`${url}/risk`, body, { 'x-accession': 'A-1093' })));
      const written = new Set(inJournal(journal).map(({ receipt }) => receipt.id));
      for (const answer of outputs) {
        const output = new Uint8Array(await answer.arrayBuffer());
        expect(new TextDecoder().decode(output)).toBe('{"risk":0.61}');
        const { signed, salts } = readReceipt(answer.headers.get(receiptHeader));
        requireReceipt(output, signed, salts, trust({ endpoint: 'triage', input: bytes(body) }));
        const { receipt } = signed;
        expect(written.has(receipt.id)).toBe(true);
        expect(receipt.input).toBe(valueCommitment('input', salts.input, sha256(body)));
        expect(receipt.output).toBe(valueCommitment('output', salts.output, sha256(output)));
        expect(receipt.reference).toBe(externalReference(referenceKey, 'urn:accession', 'A-1093'));
      }
      expect(numbers(inJournal(journal))).toEqual(upTo(50));
    });
  });

  it('takes an output in pieces as one, and makes none of what is no output', async () => {
    const journal = newJournal();
    await served({ journal }, async (url) => {
      const pieces = await post(`${url}/pieces`, '{}');
      expect([pieces.status, pieces.statusText, pieces.headers.get('content-type')]).toEqual([
        201,
        'Made',
        'text/plain',
      ]);
      const output = new Uint8Array(await pieces.arrayBuffer());
      expect(new TextDecoder().decode(output)).toBe('piéces');
      const { signed, salts } = readReceipt(pieces.headers.get(receiptHeader));
      requireReceipt(output, signed, salts, trust());
      expect(signed.receipt.reference).toBeUndefined();
      for (const [path, body, headers, status] of [
        ['none', '{}', {}, 404],
        ['broken', '{}', {}, 500],
        ['risk', '{', {}, 400],
        ['risk', new Uint8Array([0x22, 0xff, 0x22]), {}, 400],
        ['risk', `"${'x'.repeat(2_000)}"`, {}, 413],
        ['risk', '{}', { 'content-encoding': 'gzip' }, 415],
      ] as const) {
        const answer = await post(`${url}/${path}`, body, headers);
        expect([path, answer.status, answer.headers.get(receiptHeader)]).toEqual([path, status, null]);
      }
      expect(numbers(inJournal(journal))).toEqual([1]);
    });
  });

  it('lets no output out where the journal fails, or the input was read before', async () => {
    const problems: unknown[] = [];
    await served({ onProblem: (error) => problems.push(error) }, async (url, close) => {
      await close();
      const answer = await post(`${url}/risk`, '{"age":61}');
      expect([answer.status, await answer.json()]).toEqual([
        503,
        { title: 'no receipt could be made of the output', status: 503 },
      ]);
      expect(problems).toHaveLength(1);
    });
    const before = [express.json() as RequestHandler];
    await served(
      {},
      async (url) => {
        expect((await post(`${url}/risk`, '{"age":61}')).status).toBe(500);
      },
      before,
    );
  });
});

describe('what a consumer requires', () => {
  const output = bytes('{"risk":0.61}');
  const input = bytes('{"age":61}');
  let issued: IssuedReceipt;
  beforeAll(async () => {
    const serving = await createServing(options());
    issued = await serving.issue(input, output);
    await serving.close();
  });
  const check = (change: {
    output?: Uint8Array;
    receipt?: object;
    signed?: object;
    salts?: object;
    trust?: Partial<ReceiptTrust>;
  }) => {
    const { signed, salts } = issued;
    const given = { ...signed, ...change.signed, receipt: { ...signed.receipt, ...change.receipt } };
    return requireReceipt(
      change.output ?? output,
      given,
      { ...salts, ...change.salts },
      {
        ...{ channel: 'proofward', site: 'hungarian', certificates: [other.certificate, own.certificate] },
        ...{ endpoint: 'triage', models: [signed.receipt.model], input },
        ...change.trust,
      },
    );
  };
  const fault = (name: string) => expect.objectContaining({ name: 'ReceiptRefusedError', fault: name });

  it('is a receipt that holds', () => {
    expect(check({})).toEqual(issued.signed);
  });

  it('is refused where any of it does not', () => {
    const refused: [string, Parameters<typeof check>[0]][] = [
      ['output', { output: bytes('{"risk":0.16}') }],
      ['output', { salts: { output: '0'.repeat(64) } }],
      ['input', { trust: { input: bytes('{"age":62}') } }],
      ['model', { trust: { models: [] } }],
      ['endpoint', { trust: { endpoint: 'reading' } }],
      ['site', { trust: { site: 'cleveland' } }],
      ['signature', { trust: { channel: 'another' } }],
      ['signature', { receipt: { sequence: 2 } }],
      ['signature', { receipt: { model: '0'.repeat(64) } }],
      ['signature', { signed: { certificate: other.certificate } }],
      ['signer', { trust: { certificates: [other.certificate] } }],
      ['malformed', { receipt: { more: 1 } }],
      ['malformed', { signed: { certificate: 'x'.repeat(64) } }],
    ];
    for (const [name, change] of refused) expect(() => check(change)).toThrow(fault(name));
    const { signed, salts } = issued;
    const trust = { channel: 'proofward', site: 'hungarian', certificates: [own.certificate] };
    expect(() => requireReceipt(output, undefined, salts, trust)).toThrow(fault('missing'));
    expect(() => requireReceipt(output, signed, undefined, trust)).toThrow(fault('missing'));
    expect(() => readReceipt(null)).toThrow(fault('missing'));
    expect(() => readReceipt('e30')).toThrow(fault('malformed'));
  });
});
