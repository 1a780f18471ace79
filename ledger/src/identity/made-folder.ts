import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskFault } from '../errors.js';

/**
 * Fills a folder exactly once. It has its name only when it is complete and on disk, so a start after a crash completes
 * what is missing, and no key is ever replaced. True when it was filled now.
 */
export async function fillOnce(folder: string, fill: (unfinished: string) => Promise<void>): Promise<boolean> {
  if (existsSync(folder)) return false;
  const unfinished = `${folder}.unfinished`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    await fill(unfinished);
    await rename(unfinished, folder);
    await syncFolder(dirname(folder));
    return true;
  } catch (cause) {
    throw diskFault(folder, cause);
  }
}

/** Private keys are among what is written: nobody else may read it. */
export async function writeSynced(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The file has either its old or its new content, also after a crash. */
export async function replaceSynced(path: string, content: string): Promise<void> {
  try {
    await writeSynced(`${path}.new`, content);
    await rename(`${path}.new`, path);
    await syncFolder(join(path, '..'));
  } catch (cause) {
    throw diskFault(path, cause);
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
