import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from './system-error.js';

const unfinished = '.unfinished-';

/** The file has either its old or its new content, also after a crash. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = temporaryFor(path);
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Fills a folder exactly once. It appears under its name only when it is complete, and one that is there is left alone,
 * so a second run completes what is missing and never replaces a key.
 */
export async function fillOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
  if (existsSync(folder)) return false;
  await makeFolder(dirname(folder));
  await removeUnfinished(folder);
  const temporary = temporaryFor(folder);
  await makeFolder(temporary);
  await fill(temporary);
  await rename(temporary, folder);
  return true;
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** The content, or undefined where there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function removeUnfinished(path: string): Promise<void> {
  const prefix = `${basename(path)}${unfinished}`;
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

function temporaryFor(path: string): string {
  return `${path}${unfinished}${randomBytes(4).toString('hex')}`;
}
