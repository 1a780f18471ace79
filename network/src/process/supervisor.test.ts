import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StateLayout } from '../state/layout.js';
import { eventually } from './clock.js';
import { startTimeOf } from './identity.js';
import { keep } from './keeper.js';
import { isAlive } from './record.js';
import { type ProcessPlan, Supervisor } from './supervisor.js';

describe('Supervisor', () => {
  let layout: StateLayout;
  let supervisor: Supervisor;
  beforeEach(() => {
    layout = new StateLayout(mkdtempSync(join(tmpdir(), 'supervisor-')));
    supervisor = new Supervisor(layout);
  });
  afterEach(async () => {
    for (const { name } of await supervisor.records.all()) await supervisor.stop(name);
    rmSync(layout.root, { recursive: true });
  });

  const program = (source: string): ProcessPlan => ({
    name: 'sleeper',
    command: [process.execPath, '-e', source],
    environment: { GREETING: 'hello' },
    ports: [],
    timeoutMs: 5000,
    isReady: () => Promise.resolve(readFileSync(layout.log('sleeper'), 'utf8').includes('ready')),
  });
  const sleeper = program(`console.log('ready', process.env.GREETING); setInterval(() => {}, 1000)`);
  const launched = () => undefined;
  const recorded = async () => {
    const record = await supervisor.records.read('sleeper');
    if (record === undefined) throw new Error('no record');
    return record;
  };

  it('records who runs, with the output in a log', async () => {
    await supervisor.start(sleeper, launched);
    const record = await recorded();
    expect(record).toMatchObject({ name: 'sleeper', command: sleeper.command, startedAt: startTimeOf(record.pid) });
    expect(readFileSync(layout.log('sleeper'), 'utf8')).toBe('ready hello\n');
  });

  it('starts nothing twice', async () => {
    let count = 0;
    const counting = () => {
      count++;
    };
    await Promise.all([supervisor.start(sleeper, counting), supervisor.start(sleeper, counting)]);
    expect(count).toBe(1);
  });

  it('stops what it recorded', async () => {
    await supervisor.start(sleeper, launched);
    const record = await recorded();
    expect(await supervisor.stop('sleeper')).toBe(true);
    expect(isAlive(record)).toBe(false);
    expect(await supervisor.records.read('sleeper')).toBeUndefined();
    expect(await supervisor.stop('sleeper')).toBe(false);
  });

  it('never signals a process that has a recorded pid but another start', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      const { pid = 0 } = bystander;
      await supervisor.records.write({
        name: 'sleeper',
        pid,
        startedAt: 'earlier',
        command: ['node'],
        environment: {},
        ports: [],
        kept: false,
      });
      expect(await supervisor.stop('sleeper')).toBe(false);
      expect(startTimeOf(pid)).toBeDefined();
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('says why a process ended while it started, and where its log is', async () => {
    const failing = program(`console.error('fatal: no such table'); process.exit(3)`);
    await expect(supervisor.start(failing, launched)).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: `sleeper ended while it started: fatal: no such table; its log is ${layout.log('sleeper')}`,
    });
  });

  it('says that a process does not become ready', async () => {
    const slow = { ...program(`console.error('still waiting'); setInterval(() => {}, 1000)`), timeoutMs: 500 };
    await expect(supervisor.start(slow, launched)).rejects.toThrow(
      /^sleeper is not ready after 0\.5 s: still waiting;/,
    );
  });

  it('names the port that is taken, for whom, and by whom where the system tells', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    try {
      await expect(supervisor.start({ ...sleeper, ports: [port] }, launched)).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringMatching(
          process.platform === 'linux'
            ? new RegExp(`^port ${port} of sleeper is taken by .+ \\(pid ${process.pid}\\); .*--base-port`)
            : new RegExp(`^port ${port} of sleeper is taken; .*--base-port`),
        ),
      });
      expect(existsSync(layout.log('sleeper'))).toBe(false);
    } finally {
      server.close();
    }
  });

  it('starts a kept process again when it dies, and not when it was stopped', async () => {
    await supervisor.start({ ...sleeper, kept: true }, launched);
    const first = await recorded();
    const ending = new AbortController();
    const lines: string[] = [];
    const keeping = keep(supervisor, (line) => lines.push(line), ending.signal);
    await supervisor.kill('sleeper', 'SIGKILL');
    expect(await eventually(async () => (await recorded()).pid !== first.pid, { timeoutMs: 5000 })).toBe(true);
    const second = await recorded();
    expect(second).toMatchObject({ command: first.command, environment: first.environment, kept: true });
    await supervisor.stop('sleeper');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await supervisor.records.read('sleeper')).toBeUndefined();
    ending.abort();
    await keeping;
    expect(lines).toHaveLength(1);
  });
});
