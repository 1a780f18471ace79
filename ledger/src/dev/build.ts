import { spawn } from 'node:child_process';
import { LedgerFault } from '../errors.js';
import type { Project } from './project.js';

/** Builds the folder; the compiler's own words go to standard error. */
export async function build(project: Project, folder: string): Promise<void> {
  for (const { program, args } of project.build) {
    const code = await new Promise<number | string>((resolve, reject) => {
      const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 2, 2] });
      child.once('error', (cause) => {
        reject(
          new LedgerFault(
            'CHAINCODE_FAILED',
            `cannot run ${program} (${cause.message})`,
            `install it, or put it on PATH`,
            {
              cause,
            },
          ),
        );
      });
      child.once('exit', (status, signal) => {
        resolve(status ?? signal ?? 'nothing');
      });
    });
    if (code !== 0)
      throw new LedgerFault(
        'CHAINCODE_FAILED',
        `${[program, ...args].join(' ')} ended with ${code} in ${folder}`,
        'correct what it says above',
      );
  }
}
