import { statfs } from 'node:fs/promises';
import { NetworkError } from '../errors.js';
import { isSystemError } from '../state/system-error.js';

/** With less than this, PostgreSQL cannot even write its next segment. */
const nothingLeft = 17 * 1024 * 1024;

/** What went wrong, as one line. Whoever runs on a full disk complains of something else, so that is looked at first. */
export async function failureLine(error: unknown, folder: string): Promise<string> {
  if (isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT') || (await isFull(folder))) {
    const full = new NetworkError(
      'DISK_FULL',
      `the disk of ${folder} is full (${oneLine(error).split('; ')[0] ?? ''})`,
      'free space there, or name another folder with --state, and start again: nothing that was acknowledged is lost',
    );
    return full.message;
  }
  if (error instanceof NetworkError) return oneLine(error);
  return `${oneLine(error)}; the logs are beside the state in ${folder}: where that is damaged, restore it from a copy, or begin anew with --fresh`;
}

export function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(oneLine).join(', ');
  return (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, ' ');
}

async function isFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < nothingLeft;
  } catch {
    return false;
  }
}
