import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { target } from '../harness/project.js';

const program = resolve(import.meta.dirname, '../../network/dist/bin/start.js');

/** The first command of the README, as a process, beside the features' own network. */
describe('npm start', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'proofward-start-'));
  });
  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });

  function begin(...flags: string[]): { child: ChildProcess; output: () => string; ended: Promise<number | null> } {
    const place = ['--state', root, '--consortium', 'small', '--target', target];
    const basePort = target === 'fabric' ? '17500' : '18500';
    const child = spawn(process.execPath, [program, ...place, '--base-port', basePort, ...flags], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return { child, output: () => text, ended: new Promise((done) => child.once('close', done)) };
  }

  async function appears(output: () => string, words: string): Promise<void> {
    for (let i = 0; i < 1500 && !output().includes(words); i++) await delay(100);
    expect(output()).toContain(words);
  }

  /** Processes that run from this state folder, whoever started them. */
  async function running(): Promise<number> {
    const { stdout } = spawn('ps', ['-eo', 'args']);
    let text = '';
    for await (const chunk of stdout) text += String(chunk);
    return text.split('\n').filter((line) => line.includes(root)).length;
  }

  it('--once records, prints the inspector’s answer, and leaves nothing running', async () => {
    const { output, ended } = begin('--once');
    expect(await ended).toBe(0);
    expect(output()).toContain('4 records made');
    expect(output()).toContain('The inspector (regulator) reads the audit of model:cleveland/heart-risk@1');
    expect(output()).toContain('"claimed": "fail"');
    expect(output()).toContain('"private": "withheld"');
    expect(await running()).toBe(0);
  }, 300_000);

  it('a second start finds everything again, refuses a third, and Ctrl-C ends what it started', async () => {
    const second = begin();
    await appears(second.output, 'Ctrl-C ends it');
    expect(second.output()).toContain('all records were there already');

    const file = join(root, 'start.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const told = JSON.parse(await readFile(file, 'utf8')) as {
      target: string;
      organizations: { slug: string; url: string; apiKeys: Record<string, string> }[];
    };
    expect(told.target).toBe(target);
    for (const { url, apiKeys } of told.organizations) {
      const answer = await fetch(`${url}/v1/datasets`, {
        headers: { authorization: `Bearer ${apiKeys.reader ?? ''}` },
      });
      expect(answer.status).toBe(200);
    }

    const third = begin('--once');
    expect(await third.ended).toBe(1);
    expect(third.output()).toMatch(/start\.lock is held by pid \d+/);

    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
    expect(await running()).toBe(0);
  }, 300_000);

  it('what a killed start left behind is found and ended by the next one', async () => {
    const killed = begin();
    await appears(killed.output, 'Ctrl-C ends it');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await running()).toBeGreaterThan(0);
    const next = begin('--once');
    expect(await next.ended).toBe(0);
    expect(await running()).toBe(0);
  }, 300_000);

  it('an unknown flag is an error with the usage', async () => {
    const { output, ended } = begin('--nonsense');
    expect(await ended).toBe(2);
    expect(output()).toContain('usage: npm start');
  });
});
