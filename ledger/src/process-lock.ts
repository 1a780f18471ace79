import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { diskFault, errorCode, LedgerFault } from './errors.js';

/** One ledger per data folder. A lock that a killed process left behind is taken over. */
export class ProcessLock {
  private constructor(private readonly path: string) {}

  static take(folder: string): ProcessLock {
    const path = join(folder, 'ledger.pid');
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        mkdirSync(folder, { recursive: true });
        const file = openSync(path, 'wx');
        writeSync(file, `${process.pid}\n`);
        closeSync(file);
        return new ProcessLock(path);
      } catch (cause) {
        if (errorCode(cause) !== 'EEXIST') throw diskFault(path, cause);
      }
      const owner = ownerOf(path);
      if (owner !== undefined) {
        throw new LedgerFault(
          'ALREADY_RUNNING',
          `the ledger with process id ${owner} runs on ${folder}`,
          'stop it, or give this one another data folder',
        );
      }
      rmSync(path, { force: true });
    }
    throw new LedgerFault(
      'ALREADY_RUNNING',
      `another ledger is starting on ${folder}`,
      'stop it, or give this one another data folder',
    );
  }

  release(): void {
    try {
      rmSync(this.path, { force: true });
    } catch (cause) {
      throw diskFault(this.path, cause);
    }
  }
}

function ownerOf(path: string): number | undefined {
  const pid = Number(readFileSync(path, 'utf8').trim());
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  return isLedger(pid) ? pid : undefined;
}

/** Process ids are used again: that one is alive does not make it the ledger. */
function isLedger(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('ledger.js');
  } catch (cause) {
    if (process.platform === 'linux' && errorCode(cause) === 'ENOENT') return false;
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).includes('ledger.js');
  } catch {
    return false;
  }
}
