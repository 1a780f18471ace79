import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isSystemError } from '../failure.js';
import { readIfPresent } from '../files.js';
import { isAlive } from './alive.js';

const patience = 60_000;

/** Two processes that start on one data folder take turns. The lock of a process that is gone is void. */
export async function withLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = join(dataDir, 'lock');
  const deadline = Date.now() + patience;
  while (!(await take(lock))) {
    const holder = Number((await readIfPresent(lock))?.toString('utf8'));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    else if (Date.now() > deadline) throw new Error(`${lock} is held by process ${holder}`);
    await delay(50);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}
