import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { FingerprintError } from './errors.js';

/** Large enough that the calls cost nothing beside the hash, small enough to stay near the processor. */
const chunkBytes = 2 << 20;

/**
 * What a file was when it was read. Its change time is among it because, unlike the modification time, nobody sets it
 * back.
 */
export interface FileState {
  size: number;
  /** Nanoseconds since 1970, as text. */
  mtime: string;
  ctime: string;
}

export interface DigestedFile extends FileState {
  sha256: string;
}

export function stateOf({ size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { size: Number(size), mtime: String(mtimeNs), ctime: String(ctimeNs) };
}

export function isSameState(a: FileState, b: FileState): boolean {
  return a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime;
}

/** Hashes files one after the other, in two buffers: one is filled while the other is hashed. */
export class FileDigester {
  private readonly buffers = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)] as const;

  /**
   * The SHA-256 of a file, however large.
   *
   * @param onBytes is told how many more bytes were hashed
   * @throws FingerprintError for a file that changed while it was read
   */
  async digest(file: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<DigestedFile> {
    const handle = await open(file, 'r');
    try {
      const before = stateOf(await handle.stat({ bigint: true }));
      const { sha256, size } = await this.hash(handle, onBytes, signal);
      const after = stateOf(await handle.stat({ bigint: true }));
      if (!isSameState(before, after) || size !== before.size) {
        throw new FingerprintError(file, 'changed while it was read');
      }
      return { ...before, sha256 };
    } finally {
      await handle.close();
    }
  }

  private async hash(handle: FileHandle, onBytes: (bytes: number) => void, signal: AbortSignal | undefined) {
    const hash = createHash('sha256');
    let size = 0;
    const fill = (index: 0 | 1) => handle.read(this.buffers[index], 0, chunkBytes, null);
    let filling: 0 | 1 = 0;
    let reading = fill(filling);
    for (;;) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return { size, sha256: hash.digest('hex') };
      filling = filling === 0 ? 1 : 0;
      reading = fill(filling);
      // A read that fails while its forerunner is hashed or reported is told by the await above, or not at all.
      reading.catch(() => undefined);
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
      onBytes(bytesRead);
      signal?.throwIfAborted();
    }
  }
}
