import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FingerprintError } from './errors.js';

/** A file to be fingerprinted. */
export interface ListedFile {
  /** As the manifest names it: with `/`, from the folder that was given. */
  path: string;
  /** Where it lies. */
  file: string;
  size: number;
}

export interface ListOptions {
  /** Take what a symbolic link leads to. Without it a link is an error: it may lead out of what is being recorded. */
  followSymlinks?: boolean | undefined;
  /** Paths in a given folder to leave out, with what is under them: `.git`. */
  ignore?: readonly string[] | undefined;
}

/**
 * The files that paths stand for, in the order of their names. A folder stands for the files under it, named by their paths
 * in it; a file by its own name.
 *
 * @throws FingerprintError for a link that is not followed, what is neither file nor folder, and two files of one name
 */
export async function listFiles(paths: readonly string[], options: ListOptions = {}): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  for (const path of paths) {
    const stats = await stat(path);
    if (stats.isDirectory()) found.push(...(await filesIn(path, '', options, [await realpath(path)])));
    else if (stats.isFile()) found.push({ path: basename(path), file: path, size: stats.size });
    else throw new FingerprintError(path, 'neither a file nor a folder');
  }
  found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  found.forEach(({ path, file }, index) => {
    if (found[index + 1]?.path === path) {
      throw new FingerprintError(file, `another file has the name ${path} too; give the folder that both lie in`);
    }
  });
  return found;
}

/** @param above the real paths of the folders that lead here: a link to one of them would never end */
async function filesIn(
  folder: string,
  prefix: string,
  options: ListOptions,
  above: readonly string[],
): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = prefix + entry.name;
    if (options.ignore?.includes(path) === true) continue;
    const file = join(folder, entry.name);
    const kind = await kindOf(entry, file, options);
    if (kind === 'file') found.push({ path, file, size: (await stat(file)).size });
    else {
      const real = await realpath(file);
      if (above.includes(real)) throw new FingerprintError(file, 'a symbolic link to a folder that it lies in');
      found.push(...(await filesIn(file, `${path}/`, options, [...above, real])));
    }
  }
  return found;
}

async function kindOf(entry: Dirent, file: string, options: ListOptions): Promise<'file' | 'folder'> {
  if (entry.isSymbolicLink() && options.followSymlinks !== true) {
    throw new FingerprintError(file, 'a symbolic link; follow links, or leave it out');
  }
  const found = entry.isSymbolicLink() ? await stat(file) : entry;
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  // Reading a pipe would wait for ever.
  throw new FingerprintError(file, 'neither a file nor a folder');
}
