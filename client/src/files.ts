import type { FileDigest } from '@proofward/evidence';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';

/**
 * Digests of files on disk, read as streams, in the order of their paths. A folder stands for the files under it, named by
 * their paths in it with `/`; a file by its own name.
 */
export async function fingerprintFiles(paths: string | readonly string[]): Promise<FileDigest[]> {
  const digests: FileDigest[] = [];
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    if (!(await stat(path)).isDirectory()) {
      digests.push({ path: basename(path), ...(await digestOf(path)) });
      continue;
    }
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile()) digests.push({ path: relative(path, file).split(sep).join('/'), ...(await digestOf(file)) });
    }
  }
  return digests.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function digestOf(file: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}
