import { execFileSync, type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { target } from '../harness/project.js';

const program = resolve(import.meta.dirname, '../../network/dist/bin/start.js');
const MIB = 1024 * 1024;

/**
 * Everything that `npm start` keeps lies on a disk that fills up. Fabric's nodes end then; the embedded ledger does not.
 * Only root may mount a small disk; without it nothing is shown here, and ledger/features/full-disk.test.ts shows the
 * ledger's part of it.
 */
describe('a disk that fills up under the whole stack', () => {
  let root: string;
  let disk: string;
  let isMounted = false;
  let stack: ChildProcess | undefined;

  beforeAll(async () => {
    if (target === 'fabric') return;
    root = await mkdtemp(join(tmpdir(), 'proofward-full-'));
    disk = join(root, 'disk');
    await mkdir(disk);
    isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600m', 'tmpfs', disk]).status === 0;
    if (!isMounted) return;
    const place = ['--state', join(disk, 'state'), '--consortium', 'small', '--base-port', '19000'];
    stack = spawn(process.execPath, [program, ...place], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    stack.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    for (let i = 0; i < 1500 && !text.includes('Ctrl-C ends it'); i++) await delay(100);
    expect(text).toContain('Ctrl-C ends it');
  }, 200_000);

  afterAll(async () => {
    if (target === 'fabric') return;
    if (stack !== undefined) {
      const ended = new Promise((done) => stack?.once('close', done));
      stack.kill('SIGINT');
      await ended;
    }
    if (isMounted) execFileSync('umount', ['-l', disk]);
    await rm(root, { recursive: true, force: true });
  }, 60_000);

  it('refuses what must be written at once and with a code, goes on reading, and takes it again when there is room', async () => {
    if (!isMounted) return;
    const told = JSON.parse(await readFile(join(disk, 'state', 'start.json'), 'utf8')) as {
      organizations: { slug: string; url: string; apiKeys: Record<string, string> }[];
    };
    const hospital = told.organizations.find(({ slug }) => slug === 'cleveland');
    const call = async (method: string, path: string, key: string, body?: unknown) => {
      const began = Date.now();
      const answer = await fetch(`${hospital?.url ?? ''}${path}`, {
        method,
        headers: { authorization: `Bearer ${hospital?.apiKeys[key] ?? ''}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(20_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const { code } = (await answer.json()) as { code?: string };
      return { status: answer.status, code, isPrompt: Date.now() - began < 10_000 };
    };
    type Content = { example?: object; examples?: Record<string, { value: object }> };
    const document = (await (await fetch(`${hospital?.url ?? ''}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: { content: Record<string, Content> } } }>;
    };
    const content = document.paths['/v1/datasets']?.post.requestBody.content['application/json'];
    const example = content?.example ?? Object.values(content?.examples ?? {})[0]?.value;
    const register = (name: string) =>
      call('POST', '/v1/datasets', 'data-steward', { ...example, id: undefined, name, version: '1' });
    const read = (name: string) => call('GET', `/v1/datasets/cleveland/${name}/1`, 'reader');
    const fill = async (file: string, left: number): Promise<void> => {
      const { bavail, bsize } = statfsSync(disk);
      await writeFile(join(disk, file), Buffer.alloc(Math.max(bavail * bsize - left, 0))).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      });
      await delay(300);
    };
    const refused = { status: 503, code: 'LEDGER_UNAVAILABLE', isPrompt: true };

    expect((await register('before')).status).toBe(201);
    await fill('nearly', 30 * MIB);
    expect(await register('refused')).toEqual(refused);
    await fill('wholly', 0);
    // More lines than the log's buffer of one write, so that some meet the full disk.
    for (let i = 0; i < 20; i++) expect(await register('refused')).toEqual(refused);
    // Who reads a private part is logged first; what everybody may read goes on.
    expect(await read('before')).toEqual({ ...refused, code: 'ACCESS_LOG_UNAVAILABLE' });
    expect((await call('GET', '/v1/roles/cleveland', 'reader')).status).toBe(200);

    await Promise.all([rm(join(disk, 'nearly')), rm(join(disk, 'wholly'), { force: true })]);
    await delay(500);
    expect((await register('refused')).status).toBe(201);
    for (const name of ['before', 'refused']) {
      let found = await read(name);
      for (let i = 0; i < 50 && found.status !== 200; i++) {
        await delay(100);
        found = await read(name);
      }
      expect(found.status).toBe(200);
    }
  }, 120_000);
});
