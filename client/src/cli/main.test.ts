import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleProofSchema, verifySample } from '@proofward/evidence';
import { usage } from './arguments.js';

const program = resolve(import.meta.dirname, '../../dist/bin/proofward.js');
const data = resolve(import.meta.dirname, '../../../examples/heart-disease/data');
const room = mkdtempSync(join(tmpdir(), 'proofward-cli-'));
afterAll(() => {
  rmSync(room, { recursive: true, force: true });
});
let made = 0;
let folder: string;
beforeEach(() => {
  folder = join(room, String(made++));
  mkdirSync(folder);
});

function proofward(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
function answer(...words: string[]): unknown {
  const { status, stdout, stderr } = proofward(...words, '--json');
  if (status !== 0 && status !== 3) throw new Error(stderr);
  return JSON.parse(stdout);
}
function write(name: string, value: unknown): string {
  writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  return name;
}

describe('the command', () => {
  it('says how it is used, and exits 2 where it does not understand', () => {
    expect(proofward('--help')).toEqual({ status: 0, stdout: `${usage}\n`, stderr: '' });
    for (const words of [
      [],
      ['burn'],
      ['fingerprint'],
      ['fingerprint', '.', '--workers', '0'],
      ['fingerprint', '.', '--nothing'],
      ['fingerprint', '.', '--format', 'xml'],
      ['verify', '.'],
      ['prove', '.', '--key', 'k'],
      ['register', 'grant', '--url', 'http://127.0.0.1:9', '--name', 'a', '--version', '1'],
    ]) {
      expect({ words, ...proofward(...words) }).toMatchObject({ words, status: 2, stdout: '' });
    }
    expect(proofward('burn').stderr).toBe(`proofward: unknown command burn\n${usage}\n`);
  });

  it('exits 1 with one line where the files are not to be read', () => {
    expect(proofward('fingerprint', 'nowhere')).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^proofward: ENOENT[^\n]*\n$/),
    });
    write('bad.csv', 'a,b\n1\n');
    expect(proofward('fingerprint', 'bad.csv', '--records', '--key', 'k')).toMatchObject({
      status: 1,
      stderr: 'proofward: bad.csv, line 2: not as many fields as the first line has\n',
    });
  });

  it('writes digests as sha256sum does, with the size', () => {
    write('x', 'abc');
    const { stdout } = proofward('fingerprint', 'x');
    expect(stdout).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  3  x\n');
  });
});

describe('files', () => {
  it('are compared with what was fingerprinted, each that differs by name', () => {
    mkdirSync(join(folder, 'd'));
    for (const name of ['a', 'b', 'c']) write(`d/${name}`, name);
    const before = answer('fingerprint', 'd');
    write('before.json', before);
    expect(proofward('verify', 'd', '--against', 'before.json')).toEqual({
      status: 0,
      stdout: 'match: 3 files\n',
      stderr: '',
    });

    write('d/a', 'A');
    rmSync(join(folder, 'd', 'b'));
    write('d/e', 'e');
    const { status, stdout } = proofward('verify', 'd', '--against', 'before.json');
    expect(status).toBe(3);
    expect(stdout.split('\n').sort()).toEqual([
      '',
      '  a: mismatch',
      '  b: missing',
      '  e: unexpected',
      'mismatch: 4 files',
    ]);
    expect(answer('verify', 'd', '--against', 'before.json', '--limit', '1')).toEqual({
      result: 'mismatch',
      different: 3,
      differences: [{ file: 'a', result: 'mismatch' }],
      checked: '4 files',
    });
    write('record.json', { id: 'dataset:a/b@1', private: before });
    expect(proofward('verify', 'd', '--against', 'record.json').status).toBe(3);
  });

  it('of a model have the root of Model Signing, without what that leaves out', () => {
    mkdirSync(join(folder, '.git'));
    write('.git/config', 'x');
    write('weights.bin', 'abc');
    write('model.sig', '{}');
    const found = answer('fingerprint', '.', '--model');
    expect(found).toEqual({
      files: [
        { path: 'weights.bin', size: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
      ],
      // printf ba78...15ad | xxd -r -p | sha256sum
      manifest: { root: '4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358' },
    });
  });

  it('that were finished are known after the command was killed', async () => {
    for (const [name, size] of Object.entries({ small: 10, huge: 3 * 2 ** 30 })) {
      write(name, '');
      truncateSync(join(folder, name), size);
    }
    // The largest is first; the small one is what is left, and the sparse one takes its time.
    truncateSync(join(folder, 'small'), 2 ** 27);
    const state = join(room, `state-${made}`);
    const words = ['fingerprint', '.', '--workers', '2', '--state', state, '--quiet'];
    const child: ChildProcess = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: 'ignore' });
    await until(() => existsSync(state) && readFileSync(state, 'utf8').includes('small'));
    child.kill('SIGKILL');
    await until(() => child.signalCode !== null);
    expect(readFileSync(state, 'utf8')).not.toContain('huge');
    truncateSync(join(folder, 'huge'), 10);
    expect(proofward(...words).stdout).toContain(`  ${2 ** 27}  small\n`);
    expect(readFileSync(state, 'utf8').match(/"small|small"/g)).toHaveLength(1);
    expect(readFileSync(state, 'utf8')).toContain('huge');
  });
});

describe('records', () => {
  const options = ['--records', '--key', 'k'];
  beforeEach(() => {
    copyFileSync(join(data, 'switzerland.csv'), join(folder, 'h.csv'));
    write('now.json', answer('fingerprint', 'h.csv', ...options, '--protected', 'sex', '--leaves', 'leaves'));
  });

  it('are fingerprinted with a key that the command makes', () => {
    expect(statSync(join(folder, 'k')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(folder, 'now.json'), 'utf8'))).toMatchObject({
      samples: { count: 123 },
      groupSizes: [
        { attribute: 'sex', group: '0', count: 10 },
        { attribute: 'sex', group: '1', count: 113 },
        { attribute: 'sex', group: 'unknown', count: 0 },
      ],
    });
    expect(statSync(join(folder, 'leaves')).size).toBe(123 * 32);
  });

  it('are compared by their root, and one by one where the leaf hashes were kept', () => {
    expect(proofward('verify', 'h.csv', ...options, '--against', 'now.json')).toMatchObject({ status: 0 });
    const lines = readFileSync(join(folder, 'h.csv'), 'utf8').trimEnd().split('\n');
    write('h.csv', [...lines.with(8, lines[8]?.replace(/^\d+/, '99') ?? ''), lines[1]].join('\n'));
    expect(answer('verify', 'h.csv', ...options, '--against', 'now.json')).toMatchObject({
      result: 'mismatch',
      differences: [{ result: 'another root' }],
      checked: '124 records, 123 recorded',
    });
    expect(answer('verify', 'h.csv', ...options, '--against', 'now.json', '--leaves', 'leaves')).toMatchObject({
      different: 2,
      differences: [
        { sample: 7, result: 'mismatch' },
        { sample: 123, result: 'unexpected' },
      ],
    });
    write('h.csv', lines.slice(0, -2).join('\n'));
    expect(answer('verify', 'h.csv', ...options, '--against', 'now.json', '--leaves', 'leaves')).toMatchObject({
      different: 2,
      differences: [
        { sample: 121, result: 'missing' },
        { sample: 122, result: 'missing' },
      ],
    });
    writeFileSync(join(folder, 'leaves'), Buffer.alloc(123 * 32));
    expect(proofward('verify', 'h.csv', ...options, '--against', 'now.json', '--leaves', 'leaves')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not those of the recorded samples'),
    });
  });

  it('are proved one at a time, without a word of the others', () => {
    const shown = answer('prove', 'h.csv', '--key', 'k', '--index', '17') as {
      record: Record<string, string>;
      proof: unknown;
      samples: { root: string; count: number };
    };
    expect(verifySample(shown.samples, shown.record, sampleProofSchema.parse(shown.proof))).toBe(true);
    expect(JSON.stringify(shown)).not.toContain(readFileSync(join(folder, 'k'), 'utf8').trim());
    write('sample.json', shown);
    const against = ['--against', 'now.json'];
    expect(proofward('verify', '--sample', 'sample.json', ...against)).toMatchObject({
      status: 0,
      stdout: 'match: sample 17\n',
    });
    write('sample.json', { ...shown, record: { ...shown.record, sex: '0' } });
    expect(answer('verify', '--sample', 'sample.json', ...against)).toMatchObject({
      result: 'mismatch',
      differences: [{ sample: 17, result: 'mismatch' }],
    });
    expect(proofward('prove', 'h.csv', '--key', 'k', '--index', '123')).toMatchObject({
      status: 1,
      stderr: 'proofward: h.csv: there are only 123 records\n',
    });
    expect(answer('prove', 'h.csv', '--key', 'k', '--index', '0', '--index', '1')).toHaveLength(2);
  });
});

describe('registration', () => {
  let server: Server;
  const seen: { url: string | undefined; key: string | undefined; body: unknown }[] = [];
  let refuse = false;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        seen.push({ url: request.url, key: request.headers.authorization, body: JSON.parse(text) });
        response.writeHead(refuse ? 403 : 201, { 'content-type': 'application/json' });
        const record = { id: 'dataset:a/h@1', commitment: 'c', ledger: { block: 7, txId: 't' } };
        const problem = { code: 'FORBIDDEN', detail: 'not with this role', status: 403, title: '', type: '' };
        response.end(JSON.stringify(refuse ? problem : record));
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterAll(() => {
    server.close();
  });
  beforeEach(() => {
    seen.length = 0;
    refuse = false;
  });

  /** The server is in this process, so it has to be free while the command runs. */
  async function register(...words: string[]) {
    const child = spawn(process.execPath, [program, 'register', ...words, '--name', 'h', '--version', '1'], {
      cwd: folder,
      env: {
        ...process.env,
        PROOFWARD_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        PROOFWARD_API_KEY: 'pwk_x',
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise((exited) => child.once('close', exited));
    return { status, stdout, stderr };
  }
  const abc = { path: 'x', size: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' };

  it('sends a dataset as its files and records are', async () => {
    write('h.ndjson', '{"sex":"f"}\n{"sex":"m"}\n');
    write('more.json', { licence: 'CC-BY-4.0' });
    const words = ['dataset', 'h.ndjson', '--records', '--key', 'k', '--protected', 'sex', '--private', 'more.json'];
    expect(await register(...words, '--parent', 'dataset:a/g@1')).toEqual({
      status: 0,
      stdout: 'dataset:a/h@1 recorded, in block 7, commitment c\n',
      stderr: '',
    });
    expect(seen).toMatchObject([
      {
        url: '/v1/datasets',
        key: 'Bearer pwk_x',
        body: {
          name: 'h',
          version: '1',
          parents: ['dataset:a/g@1'],
          private: {
            licence: 'CC-BY-4.0',
            digestOrigin: 'native',
            files: [{ path: 'h.ndjson', size: 24 }],
            samples: { count: 2 },
            groupSizes: [{ group: 'f' }, { group: 'm' }, { group: 'unknown', count: 0 }],
          },
        },
      },
    ]);
  });

  it('marks digests that somebody else made, also those of an OCI manifest', async () => {
    write('digests.json', [abc]);
    await register('dataset', '--digests', 'digests.json');
    const layer = { mediaType: 'application/x', digest: `sha256:${abc.sha256}`, size: 3 };
    const titled = { ...layer, annotations: { 'org.opencontainers.image.title': 'x' } };
    write('manifest.json', { schemaVersion: 2, layers: [titled, layer] });
    await register('dataset', '--digests', 'manifest.json');
    expect(seen.map(({ body }) => (body as { private: unknown }).private)).toEqual([
      { files: [abc], digestOrigin: 'external' },
      { files: [abc, { ...abc, path: abc.sha256 }], digestOrigin: 'external' },
    ]);
    write('manifest.json', { layers: [{ digest: `sha512:${'0'.repeat(128)}`, size: 1 }] });
    expect(await register('dataset', '--digests', 'manifest.json')).toMatchObject({ status: 1 });
  });

  it('sends a model with its root and what it was made from', async () => {
    write('x', 'abc');
    await register(
      'model',
      'x',
      '--purpose',
      'triage',
      '--dataset',
      'training=dataset:a/h@1',
      '--parent',
      'merged=model:a/m@1',
    );
    expect(seen[0]?.body).toEqual({
      name: 'h',
      version: '1',
      purpose: 'triage',
      datasets: [{ id: 'dataset:a/h@1', role: 'training' }],
      parents: [{ id: 'model:a/m@1', relation: 'merged' }],
      private: { fingerprint: { files: [abc], manifest: { root: expect.stringMatching(/^4f8b42c2/) } } },
    });
    expect(await register('model', 'x', '--purpose', 'triage', '--dataset', 'dataset:a/h@1')).toMatchObject({
      status: 2,
    });
  });

  it('that is refused says why', async () => {
    refuse = true;
    write('x', 'abc');
    expect(await register('dataset', 'x')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'proofward: FORBIDDEN: not with this role\n',
    });
  });
});

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolved) => setTimeout(resolved, 2));
  }
}
