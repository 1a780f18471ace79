import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, isOnPath, run } from './command.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = join(here, '..', '..', 'languages');
/** Ignored by git: modules, artifacts and programs stay here, so that only a first run fetches them. */
const cache = join(here, '..', '..', '..', '.proofward', 'languages');

const FETCH_TIMEOUT_MS = 180_000;
const BUILD_TIMEOUT_MS = 240_000;

/** The programs of one language, ready to run. */
export interface Language {
  readonly name: 'node' | 'go' | 'java';
  /** The server of one organisation's chaincode; it also reads the environment that the shims read. */
  readonly server: (packageId: string, mspId: string, address: string) => Command;
  readonly client: Command;
}

export interface Skipped {
  readonly name: Language['name'];
  readonly skipped: string;
}

/** Every language that is on this machine; of the others, why not. A program that does not compile is an error. */
export async function languages(): Promise<readonly (Language | Skipped)[]> {
  return [node(), ...(await Promise.all([go(), java()]))];
}

function node(): Language {
  return {
    name: 'node',
    server: (packageId, mspId, address) => ({
      program: process.execPath,
      args: [join(here, '..', 'consortium', 'chaincode.mjs'), JSON.stringify([[packageId, mspId, address]])],
    }),
    client: { program: process.execPath, args: [join(sources, 'node', 'client.mjs')] },
  };
}

async function go(): Promise<Language | Skipped> {
  if (!isOnPath('go')) return { name: 'go', skipped: 'no go on PATH' };
  const options = {
    cwd: join(sources, 'go'),
    env: {
      ...process.env,
      GOPATH: join(cache, 'go', 'path'),
      GOCACHE: join(cache, 'go', 'cache'),
      // Or `rm -rf` of the folder would fail for an ordinary user.
      GOFLAGS: '-modcacherw -buildvcs=false',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    },
  };
  const fetched = await run({ program: 'go', args: ['mod', 'download'] }, { ...options, timeoutMs: FETCH_TIMEOUT_MS });
  if (!fetched.ok) return { name: 'go', skipped: `its modules cannot be had: ${lastLine(fetched.output)}` };
  const bin = join(cache, 'go', 'bin');
  const build = { program: 'go', args: ['build', '-o', `${bin}/`, './...'] };
  const built = await run(build, { ...options, timeoutMs: BUILD_TIMEOUT_MS });
  if (!built.ok) throw new Error(`ledger/languages/go does not build: ${built.output}`);
  return {
    name: 'go',
    server: () => ({ program: join(bin, 'chaincode'), args: [] }),
    client: { program: join(bin, 'client'), args: [] },
  };
}

async function java(): Promise<Language | Skipped> {
  const missing = ['java', 'javac', 'mvn'].filter((program) => !isOnPath(program));
  if (missing.length > 0) return { name: 'java', skipped: `no ${missing.join(', ')} on PATH` };
  const output = join(cache, 'java', 'output');
  const settings = [`-Dmaven.repo.local=${join(cache, 'java', 'repository')}`, `-Doutput=${output}`];
  const built = await run(
    { program: 'mvn', args: ['-B', '-q', '-ntp', ...settings, 'compile'] },
    { cwd: join(sources, 'java'), timeoutMs: BUILD_TIMEOUT_MS },
  );
  if (!built.ok) {
    if (built.output.includes('COMPILATION ERROR'))
      throw new Error(`ledger/languages/java does not build: ${built.output}`);
    return { name: 'java', skipped: `its artifacts cannot be had: ${firstError(built.output)}` };
  }
  const classes = `${join(output, 'classes')}:${join(output, 'lib', '*')}`;
  const program = (name: string): Command => ({
    program: 'java',
    args: ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', classes, name],
  });
  return { name: 'java', server: () => program('steps.Steps'), client: program('steps.Client') };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}

function firstError(output: string): string {
  return output.split('\n').find((line) => line.startsWith('[ERROR]')) ?? lastLine(output);
}
