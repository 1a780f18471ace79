import type { FileDigest } from '@proofward/evidence';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DigestedFile, stateOf } from './digest.js';
import { Journal } from './journal.js';
import { type ListedFile, listFiles, type ListOptions } from './list.js';
import { digesters } from './threads.js';

/** How far a fingerprint is. */
export interface Progress {
  files: number;
  filesDone: number;
  bytes: number;
  bytesDone: number;
  /** Of `bytesDone`, those that the state file had already. */
  bytesKnown: number;
}

export interface FingerprintOptions extends ListOptions {
  /**
   * How many threads hash; 1 by default. More than one hash different files at a time: a single file's SHA-256 cannot be
   * divided.
   */
  workers?: number | undefined;
  /**
   * A file in which finished digests are kept, so that an interrupted fingerprint goes on with the first file that was not
   * finished. A file whose size, modification or change time is another one is hashed again.
   */
  state?: string | undefined;
  /** Called after each piece of some MiB. */
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Digests of files on disk, in the order of their paths, whatever their size: each thread has two buffers of 2 MiB. A folder
 * stands for the files under it, named by their paths in it with `/`; a file by its own name.
 *
 * @throws FingerprintError for a link, a pipe, two files of one name, a file that changed meanwhile, a state file that is
 *   something else; the file system's errors
 */
export async function fingerprintFiles(
  paths: string | readonly string[],
  options: FingerprintOptions = {},
): Promise<FileDigest[]> {
  const { state, signal, onProgress = () => undefined } = options;
  const journal = state === undefined ? undefined : await Journal.open(state);
  try {
    const listed = await listFiles(typeof paths === 'string' ? [paths] : paths, options);
    const files = state === undefined ? listed : await without(listed, state);
    const progress: Progress = {
      files: files.length,
      filesDone: 0,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      bytesDone: 0,
      bytesKnown: 0,
    };
    const digests = new Map<string, FileDigest>();
    const report = (change: { bytes?: number; known?: number; file?: FileDigest }) => {
      progress.bytesDone += (change.bytes ?? 0) + (change.known ?? 0);
      progress.bytesKnown += change.known ?? 0;
      if (change.file !== undefined) {
        digests.set(change.file.path, change.file);
        progress.filesDone += 1;
      }
      onProgress({ ...progress });
    };

    const left: ListedFile[] = [];
    for (const listed of files) {
      const known = journal?.find(resolve(listed.file), stateOf(await stat(listed.file, { bigint: true })));
      if (known === undefined) left.push(listed);
      else report({ known: listed.size, file: { path: listed.path, size: listed.size, sha256: known } });
    }
    // The largest first, so that the threads end together.
    left.sort((a, b) => b.size - a.size);
    await hashAll(left, options.workers ?? 1, signal, report, async ({ file }, digest) => {
      await journal?.add(resolve(file), digest);
    });
    return files.map(({ path }) => digests.get(path)).filter((digest) => digest !== undefined);
  } finally {
    await journal?.close();
  }
}

type Report = (change: { bytes?: number; file?: FileDigest }) => void;

async function hashAll(
  files: readonly ListedFile[],
  workers: number,
  signal: AbortSignal | undefined,
  report: Report,
  keep: (file: ListedFile, digest: DigestedFile) => Promise<void>,
): Promise<void> {
  const queue = files.values();
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const threads = digesters(Math.min(workers, files.length));
  try {
    const outcomes = await Promise.allSettled(
      threads.map(async (thread) => {
        try {
          for (const listed of queue) {
            either.throwIfAborted();
            const onBytes = (bytes: number) => {
              report({ bytes });
            };
            const digest = await thread.digest(listed.file, onBytes, either);
            await keep(listed, digest);
            report({ file: { path: listed.path, size: digest.size, sha256: digest.sha256 } });
          }
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
    const rejected = outcomes.find(({ status }) => status === 'rejected');
    if (rejected !== undefined) throw (failed.signal.reason ?? signal?.reason) as Error;
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** The state file itself may lie in the folder; it grows, and is nobody's data. */
async function without(files: readonly ListedFile[], state: string): Promise<ListedFile[]> {
  const own = await realpath(state);
  const kept: ListedFile[] = [];
  for (const file of files) if ((await realpath(file.file)) !== own) kept.push(file);
  return kept;
}
