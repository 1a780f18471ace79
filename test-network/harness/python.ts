import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './project.js';

/** The example's folder. */
export const servingPython = join(project, 'examples', 'serving-python');

const room = join(project, '.proofward', 'serving-python');
const own = join(room, 'bin', 'python');

/** A Python with the example's packages: the one that is named, the one here, or one made here. */
export function findPython(): { python: string } | { missing: string } {
  const works = (python: string) =>
    run(python, [
      '-c',
      'import sys, cryptography; assert sys.version_info >= (3, 9); assert cryptography.__version__ >= "42"',
    ]);
  const found = [process.env.PROOFWARD_PYTHON, own, 'python3'].find((python) => python !== undefined && works(python));
  if (found !== undefined) return { python: found };
  if (!run('python3', ['--version'])) return { missing: 'there is no python3' };
  if (!existsSync(own) && !run('python3', ['-m', 'venv', room]))
    return { missing: 'python3 makes no environment (venv)' };
  const requirements = join(servingPython, 'requirements.txt');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  if (!run(own, install) || !works(own)) return { missing: 'pip does not get cryptography' };
  return { python: own };
}

function run(command: string, options: readonly string[]): boolean {
  return spawnSync(command, options, { stdio: 'ignore', timeout: 240_000 }).status === 0;
}
