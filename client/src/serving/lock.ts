import { readFile, rm, writeFile } from 'node:fs/promises';
import { systemCode } from '../files/errors.js';
import { ReceiptJournalError } from './errors.js';

const lockOf = (path: string) => `${path}.lock`;
/** The locks of this process. A container's process often has the number of the one before. */
const held = new Set<string>();

/** Two processes would give out the same numbers. The lock of a process that is gone is void. */
export async function lock(path: string): Promise<void> {
  const file = lockOf(path);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      held.add(file);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder === process.pid ? held.has(file) : isAlive(holder)) break;
    await rm(file, { force: true });
  }
  throw new ReceiptJournalError(path, `another process has it (${file})`);
}

export async function unlock(path: string): Promise<void> {
  held.delete(lockOf(path));
  await rm(lockOf(path), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
