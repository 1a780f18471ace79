import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fingerprintFiles, type Progress } from './fingerprint.js';

const room = mkdtempSync(join(tmpdir(), 'proofward-files-'));
let folder: string;
let made = 0;

afterAll(() => {
  rmSync(room, { recursive: true, force: true });
});
beforeEach(() => {
  folder = join(room, String(made++));
  mkdirSync(folder);
});

function write(path: string, data: string | Buffer) {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), data);
  return { path, size: data.length, sha256: createHash('sha256').update(data).digest('hex') };
}

describe('a fingerprint of files', () => {
  it('names the files of a folder by their path in it, in order, and a file by its name', async () => {
    const one = write('one', Buffer.alloc(5_000_000, 1));
    const two = write('b/two', 'two');
    const empty = write('b/a/empty', '');
    expect(await fingerprintFiles(folder)).toEqual([empty, two, one]);
    expect(await fingerprintFiles([join(folder, 'one'), join(folder, 'b', 'two')])).toEqual([
      one,
      { ...two, path: 'two' },
    ]);
    await expect(fingerprintFiles(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });

  it.each([0, 1, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, (4 << 20) + 3])('has all of %d bytes', async (size) => {
    const data = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7) % 251));
    const file = write('data', data);
    expect(await fingerprintFiles(folder)).toEqual([file]);
    expect(await fingerprintFiles(folder, { workers: 2 })).toEqual([file]);
  });

  it('is the same of two threads, and says how far it is', async () => {
    const files = Array.from({ length: 20 }, (_, index) =>
      write(`f${String(index).padStart(2, '0')}`, 'x'.repeat(index)),
    );
    const told: Progress[] = [];
    const options = { workers: 2, onProgress: (progress: Progress) => told.push(progress) };
    expect(await fingerprintFiles(folder, options)).toEqual(files);
    expect(told.at(-1)).toEqual({ files: 20, filesDone: 20, bytes: 190, bytesDone: 190, bytesKnown: 0 });
  });

  it('refuses two files of one name, links that it was not told to follow, and pipes', async () => {
    const file = write('a/x', 'x');
    write('b/x', 'y');
    await expect(fingerprintFiles([join(folder, 'a', 'x'), join(folder, 'b', 'x')])).rejects.toMatchObject({
      name: 'FingerprintError',
      message: expect.stringContaining('another file has the name x too'),
    });
    symlinkSync('../a', join(folder, 'b', 'link'));
    const linked = expect.stringContaining('a symbolic link; follow links, or leave it out');
    await expect(fingerprintFiles(join(folder, 'b'))).rejects.toMatchObject({ message: linked });
    const followed = await fingerprintFiles(join(folder, 'b'), { followSymlinks: true });
    expect(followed[0]).toEqual({ ...file, path: 'link/x' });
    expect((await fingerprintFiles(join(folder, 'b'), { ignore: ['link'] })).map(({ path }) => path)).toEqual(['x']);
    symlinkSync('.', join(folder, 'a', 'round'));
    await expect(fingerprintFiles(folder, { followSymlinks: true })).rejects.toThrow('a folder that it lies in');
    rmSync(join(folder, 'a', 'round'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(fingerprintFiles(folder, { ignore: ['b'] })).rejects.toThrow('neither a file nor a folder');
  });

  it.each([1, 2])('of a file that changes meanwhile is none (%d threads)', async (workers) => {
    write('grows', '');
    truncateSync(join(folder, 'grows'), 400 << 20);
    write('small', 'small');
    // Once more of it has been read than the small one has: another thread may open it late.
    const onProgress = ({ bytesDone }: Progress) => {
      if (bytesDone > 5) appendFileSync(join(folder, 'grows'), 'more');
    };
    await expect(fingerprintFiles(folder, { workers, onProgress })).rejects.toMatchObject({
      name: 'FingerprintError',
      path: join(folder, 'grows'),
      message: `${join(folder, 'grows')}: changed while it was read`,
    });
  });
});

describe('a fingerprint that was interrupted', () => {
  const interrupted = async (state: string, after: number, workers = 1) => {
    const ending = new AbortController();
    const onProgress = ({ filesDone }: Progress) => {
      if (filesDone === after) ending.abort(new Error('interrupted'));
    };
    await expect(fingerprintFiles(folder, { state, workers, signal: ending.signal, onProgress })).rejects.toThrow(
      'interrupted',
    );
  };
  const resumed = async (state: string) => {
    let last: Progress | undefined;
    const files = await fingerprintFiles(folder, { state, onProgress: (progress) => (last = progress) });
    return { files, known: last?.bytesKnown };
  };

  it.each([1, 2])('goes on where it was, and hashes what changed again (%d threads)', async (workers) => {
    const files = [write('a', 'a'.repeat(100)), write('b', 'b'.repeat(10)), write('c', 'c')];
    const state = join(room, `state-${made}`);
    await interrupted(state, 2, workers);
    expect(statSync(state).mode & 0o777).toBe(0o600);
    const { files: found, known } = await resumed(state);
    expect(found).toEqual(files);
    // Of two threads, which two files were done first is not said.
    expect(workers === 1 ? [110] : [110, 101, 11]).toContain(known);
    expect(await resumed(state)).toEqual({ files, known: 111 });

    // Of the same size and modification time, as whoever hides a change would leave it.
    const { atime, mtime } = statSync(join(folder, 'a'));
    const changed = write('a', 'A'.repeat(100));
    utimesSync(join(folder, 'a'), atime, mtime);
    expect(await resumed(state)).toEqual({ files: [changed, ...files.slice(1)], known: 11 });
  });

  it('does without a line that was cut off, and appends after it', async () => {
    const files = [write('a', 'a'.repeat(100)), write('b', 'b'.repeat(10))];
    const state = join(folder, 'state');
    expect(await resumed(state)).toEqual({ files, known: 0 });
    truncateSync(state, statSync(state).size - 5);
    expect(await resumed(state)).toEqual({ files, known: 100 });
    expect(await resumed(state)).toEqual({ files, known: 110 });
    truncateSync(state, 10);
    expect(await resumed(state)).toEqual({ files, known: 0 });
  });

  it('writes into no file that is not its own', async () => {
    const { path } = write('a', 'not ours');
    await expect(fingerprintFiles(folder, { state: join(folder, path) })).rejects.toThrow(
      'not the state of a fingerprint',
    );
    expect(readFileSync(join(folder, path), 'utf8')).toBe('not ours');
  });
});
