import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fingerprintFiles } from '@proofward/client/files';
import { ended, interruption } from '../ending.js';
import { alternating, type Figure, figure, median, timed } from '../measure.js';

const run = promisify(execFile);

const GiB = 2 ** 30;
const rounds = 5;

/** Our rate over that of `openssl dgst -sha256` on the same 2 GiB file, both from the page cache. */
export function oneThreadBench(): Promise<Figure[]> {
  return inRoom(async (room) => {
    const file = join(room, 'two');
    await fill(file, 2 * GiB);
    return [figure('fingerprint.ratio.openssl', await ratio([file], 1), 'ratio', { atLeast: 0.95 })];
  });
}

/**
 * The same with two threads, and the same 2 GiB in two files: a single file's SHA-256 cannot be divided. OpenSSL hashes both
 * in one process, one after the other.
 */
export function twoThreadsBench(): Promise<Figure[]> {
  return inRoom(async (room) => {
    const files = [join(room, 'one'), join(room, 'other')];
    for (const file of files) await fill(file, GiB);
    return [figure('fingerprint.ratio.openssl.2', await ratio(files, 2), 'ratio', { atLeast: 1.7 })];
  });
}

/** The most memory that the command had over an 8 GiB sparse file. */
export function memoryBench(): Promise<Figure[]> {
  return inRoom(async (room) => {
    const file = join(room, 'sparse');
    await writeFile(file, '');
    await truncate(file, 8 * GiB);
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'fingerprint-child.js'), file], {
      signal: interruption,
    });
    return [figure('fingerprint.rss.mb', Number(stdout) / 1024, 'MiB', { atMost: 256 })];
  });
}

async function ratio(files: readonly string[], workers: number): Promise<number> {
  const ours = () => timed(() => fingerprintFiles(files, { workers }));
  const theirs = () => timed(() => run('openssl', ['dgst', '-sha256', ...files], { signal: interruption }));
  const expected = (await run('openssl', ['dgst', '-sha256', '-r', ...files])).stdout;
  for (const { sha256 } of await fingerprintFiles(files, { workers })) {
    if (!expected.includes(sha256)) throw new Error('openssl has another digest');
  }
  const times = await alternating(rounds, ours, theirs);
  return median(times.theirs) / median(times.ours);
}

async function fill(file: string, size: number): Promise<void> {
  const chunk = randomFillSync(Buffer.alloc(64 << 20));
  const handle = await open(file, 'w');
  try {
    for (let written = 0; written < size; written += chunk.length) await handle.write(chunk);
  } finally {
    await handle.close();
  }
}

async function inRoom<T>(use: (room: string) => Promise<T>): Promise<T> {
  const room = await mkdtemp(join(tmpdir(), 'proofward-fingerprint-'));
  const end = ended(() => rm(room, { recursive: true, force: true }));
  try {
    return await use(room);
  } finally {
    await end();
  }
}
