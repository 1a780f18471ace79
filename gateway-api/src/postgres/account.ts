import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, cp, lchown, lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../failure.js';
import { binariesIn, type Binaries } from './binaries.js';

/**
 * PostgreSQL refuses to run as root. The ways to run it, in the order in which they are tried:
 *
 * - `direct`: we are not root.
 * - `namespace`: a user namespace in which root's id has no mapping. Files stay root's and reachable for it.
 * - `owner`: the account that owns the data folder.
 * - `nobody`: another account, with copies of binaries and data where that account can reach them.
 */
export const accountWays = ['direct', 'namespace', 'owner', 'nobody'] as const;
export type AccountWay = (typeof accountWays)[number];

/** Whom PostgreSQL runs as, and where its files are. */
export interface Account {
  way: AccountWay;
  binaries: Binaries;
  /** The folder that holds the cluster. */
  folder: string;
  spawn(command: string, args: string[], options: SpawnOptions): ChildProcess;
  /** Gives a file to the account. */
  own(path: string): Promise<void>;
}

export function waysHere(): AccountWay[] {
  return process.getuid?.() === 0 ? ['namespace', 'owner', 'nobody'] : ['direct'];
}

export async function accountFor(way: AccountWay, binaries: Binaries, dataDir: string): Promise<Account> {
  switch (way) {
    case 'direct':
      return plain(way, binaries, dataDir, {});
    case 'namespace':
      return {
        ...plain(way, binaries, dataDir, {}),
        // unshare replaces itself by the command, so the process id is PostgreSQL's own.
        spawn: (command, args, options) => spawn('unshare', ['--user', command, ...args], options),
      };
    case 'owner': {
      const { uid, gid } = await stat(dataDir);
      if (uid === 0) throw new Error('the data folder is owned by root');
      return plain(way, binaries, dataDir, { uid, gid });
    }
    case 'nobody': {
      const ids = await nobody();
      const folder = await reachableFolder(dataDir, ids);
      return plain(way, await copyBinaries(binaries, folder, ids), folder, ids);
    }
  }
}

interface Ids {
  uid: number;
  gid: number;
}

function plain(way: AccountWay, binaries: Binaries, folder: string, ids: Ids | Record<string, never>): Account {
  return {
    way,
    binaries,
    folder,
    spawn: (command, args, options) => spawn(command, args, { ...options, ...ids }),
    own: async (path) => {
      if ('uid' in ids) await chown(path, ids.uid, ids.gid);
    },
  };
}

async function nobody(): Promise<Ids> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  const ids = { uid: Number(uid), gid: Number(gid) };
  if (!Number.isInteger(ids.uid) || ids.uid === 0) throw new Error('there is no account nobody');
  return ids;
}

/** A folder for one data folder's cluster. Anybody may make folders in /var/tmp, so its owner and mode are checked. */
async function reachableFolder(dataDir: string, { uid, gid }: Ids): Promise<string> {
  const folder = join('/var/tmp', `proofward-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
  try {
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, uid, gid);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a private folder of the account nobody`);
  }
  return folder;
}

async function copyBinaries(binaries: Binaries, folder: string, { uid, gid }: Ids): Promise<Binaries> {
  const target = join(folder, 'native');
  try {
    await stat(target);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    const incomplete = join(folder, `native.${process.pid}`);
    await rm(incomplete, { recursive: true, force: true });
    await cp(binaries.root, incomplete, { recursive: true, verbatimSymlinks: true });
    // The checkout may have been made for its owner's eyes only.
    for (const entry of ['.', ...(await readdir(incomplete, { recursive: true }))]) {
      await lchown(join(incomplete, entry), uid, gid);
    }
    await rename(incomplete, target);
  }
  return binariesIn(target);
}
