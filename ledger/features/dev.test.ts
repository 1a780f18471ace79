import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LEDGER } from './consortium/consortium.js';
import { eventually } from './consortium/waiting.js';

const MODULES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules');

/** A contract that says which edition of itself it is. */
const edition = (name: string): string => `
const { Contract } = require('fabric-contract-api');
class Notes extends Contract {
  async write(ctx, key, text) { await ctx.stub.putState(key, Buffer.from(text)); return '${name}'; }
  async read(ctx, key) { return (await ctx.stub.getState(key)).toString() + ' by ${name}'; }
  async die() { process.exit(3); }
  async pid() { return String(process.pid); }
  async keep(ctx, key, text) { await ctx.stub.putPrivateData('notes', key, Buffer.from(text)); }
}
exports.contracts = [Notes];
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('ledger dev', () => {
  let folder: string;
  let dev: ChildProcess;
  let said = '';

  const env = (): NodeJS.ProcessEnv => {
    const copy = { ...process.env };
    delete copy['NODE_OPTIONS'];
    return copy;
  };

  const startDev = async (): Promise<void> => {
    said = '';
    const child = spawn(LEDGER, ['dev', 'notes'], { cwd: folder, env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        said += bytes.toString();
      });
    dev = child;
    await until(/^ready .*connection\.json$/m);
  };

  const until = async (pattern: RegExp): Promise<void> => {
    await eventually(() => {
      if (!pattern.test(said)) throw new Error(`not said: ${pattern.source} in: ${said}`);
    }, 30_000);
  };

  const run = async (...args: string[]): Promise<Ended> => {
    const child = spawn(LEDGER, args, { cwd: folder, env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (bytes: Buffer) => chunks.push(bytes));
      return chunks;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout: Buffer.concat(stdout ?? []).toString(), stderr: Buffer.concat(stderr ?? []).toString() };
  };

  const edit = (content: string): void => {
    said = '';
    writeFileSync(join(folder, 'notes', 'index.js'), content);
  };

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'ledger-dev-')));
    mkdirSync(join(folder, 'notes'));
    symlinkSync(MODULES, join(folder, 'notes', 'node_modules'));
    const manifest = { name: 'notes', version: '1.0.0', main: 'index.js', scripts: { build: 'node --check index.js' } };
    writeFileSync(join(folder, 'notes', 'package.json'), JSON.stringify(manifest));
    edit(edition('first'));
    await startDev();
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => dev.once('exit', resolve));
    dev.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });

  test('runs a chaincode folder on two made-up organisations; submit and evaluate need no client program', async () => {
    const submitted = await run('submit', 'notes', 'write', 'k', 'text');
    expect(submitted.stderr).toMatch(/^VALID in block 1: [0-9a-f]{64}\n$/);
    expect(submitted.stdout).toBe('first\n');
    const found = await run('evaluate', '--as', 'Org2MSP/User1', 'notes', 'read', 'k');
    expect(found).toEqual({ code: 0, stdout: 'text by first\n', stderr: '' });
  });

  test('runs it anew after a change, and the data stays', async () => {
    edit(edition('second'));
    await until(/redeployed in/);
    expect((await run('evaluate', 'notes', 'read', 'k')).stdout).toBe('text by second\n');
  });

  test('a chaincode that ends is started again', async () => {
    said = '';
    expect((await run('evaluate', 'notes', 'die')).code).toBe(1);
    await until(/ended with 3[^]*redeployed in/);
    expect((await run('evaluate', 'notes', 'read', 'k')).stdout).toBe('text by second\n');
  });

  test('what does not build leaves the old one running, with the words of the compiler', async () => {
    edit('const = 1;');
    await until(/the chaincode as it was before goes on/);
    expect(said).toMatch(/SyntaxError/);
    expect((await run('evaluate', 'notes', 'read', 'k')).stdout).toBe('text by second\n');
    edit(edition('third'));
    await until(/redeployed in/);
    expect((await run('evaluate', 'notes', 'read', 'k')).stdout).toBe('text by third\n');
  });

  test('takes collections from the folder, and a change of them is an upgrade', async () => {
    said = '';
    const collection = { name: 'notes', policy: "OR('Org1MSP.member','Org2MSP.member')" };
    writeFileSync(join(folder, 'notes', 'collections_config.json'), JSON.stringify([collection]));
    await until(/redeployed in/);
    expect((await run('submit', 'notes', 'keep', 'k', 'private')).stderr).toMatch(/^VALID/);
  });

  test('a killed one starts again on the same data and leaves no server behind', async () => {
    const server = Number((await run('evaluate', 'notes', 'pid')).stdout);
    expect(server).toBeGreaterThan(1);
    const ended = new Promise((resolve) => dev.once('exit', resolve));
    dev.kill('SIGKILL');
    await ended;
    await eventually(() => {
      expect(() => process.kill(server, 0)).toThrow('ESRCH');
    });
    expect((await run('evaluate', 'notes', 'read', 'k')).stderr).toMatch(/the ledger does not run/);
    await startDev();
    expect((await run('evaluate', 'notes', 'read', 'k')).stdout).toBe('text by third\n');
  });

  test.each([
    [['dev'], /no chaincode folder is given; usage: ledger dev FOLDER/],
    [['dev', 'nowhere'], /there is no folder nowhere/],
    [['dev', '.'], /is not a chaincode folder; name one with a go\.mod/],
    [['submit', 'notes'], /name a chaincode and a function; usage/],
    [
      ['submit', '--as', 'Org1MSP/Nobody', 'notes', 'write'],
      /has no user Org1MSP\/Nobody; give --as one of Org1MSP\/Admin/,
    ],
    [['evaluate', 'notes', 'nothing'], /nothing/],
  ])('says what is wrong with %j in one line', async (args, expected) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
