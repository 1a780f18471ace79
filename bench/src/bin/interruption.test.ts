import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');
const state = resolve(root, '.proofward', 'bench-registry');
const program = resolve(import.meta.dirname, '../../dist/bin/bench.js');

/** The processes whose command names the bench's state, as `/proc` has them. */
function running(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\u0000', ' ');
        return command.includes(state) ? [command] : [];
      } catch {
        return [];
      }
    });
}

const here = process.platform === 'linux' ? it : it.skip;

here(
  'a bench that is ended by SIGTERM leaves nothing behind',
  async () => {
    const bench = spawn(process.execPath, [program, 'project.rate', '--records', '2000'], { stdio: 'ignore' });
    const exit = once(bench, 'exit') as Promise<[number | null]>;
    // Database, peer and gateway.
    while (running().length < 3 && bench.exitCode === null) await delay(20);
    expect(running().length).toBeGreaterThanOrEqual(3);
    bench.kill('SIGTERM');
    expect(await exit).toEqual([143, null]);
    expect(running()).toEqual([]);
    expect(existsSync(state)).toBe(false);
  },
  180_000,
);
