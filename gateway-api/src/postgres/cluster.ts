import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, reasonOf } from '../failure.js';
import { readIfPresent, writeSecretFile } from '../files.js';
import { accountFor, accountWays, waysHere, type Account } from './account.js';
import { locateBinaries, type Binaries } from './binaries.js';

/** The one superuser of a cluster that a gateway keeps for itself. */
export const databaseUser = 'proofward';

/** An initialised cluster: its files and whom it runs as. */
export interface Cluster {
  account: Account;
  /** PostgreSQL's own data directory. */
  directory: string;
  password: string;
}

/**
 * The cluster of a data folder, made on first use. Which account runs it is decided once and kept, because its files
 * belong to that account.
 */
export async function openCluster(dataDir: string): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const binaries = await locateBinaries();
  const decided = (await readIfPresent(join(dataDir, 'account')))?.toString('utf8').trim();
  const way = accountWays.find((known) => known === decided);
  if (way !== undefined) {
    const account = await accountFor(way, binaries, dataDir);
    return { account, directory: join(account.folder, 'cluster'), password: await readPassword(dataDir) };
  }
  return initialise(dataDir, binaries);
}

async function initialise(dataDir: string, binaries: Binaries): Promise<Cluster> {
  const password = randomBytes(24).toString('base64url');
  await writeSecretFile(join(dataDir, 'password'), password);
  const failures: string[] = [];
  for (const way of waysHere()) {
    try {
      const account = await accountFor(way, binaries, dataDir);
      const directory = join(account.folder, 'cluster');
      await initdb(account, directory, password);
      await writeSecretFile(join(dataDir, 'account'), `${way}\n`);
      return { account, directory, password };
    } catch (error) {
      failures.push(`${way}: ${reasonOf(error)}`);
    }
  }
  throw new Error(`PostgreSQL could not be initialised (${failures.join('; ')}); set DATABASE_URL`);
}

async function initdb(account: Account, directory: string, password: string): Promise<void> {
  // No account file was written, so whatever lies here is the rest of an initialisation that did not finish.
  await rm(directory, { recursive: true, force: true });
  const passwordFile = join(account.folder, `initdb.${process.pid}`);
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    await account.own(passwordFile);
    await account.own(account.folder);
    const args = ['-D', directory, `--username=${databaseUser}`, `--pwfile=${passwordFile}`];
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    await run(account, account.binaries.initdb, [...args, ...settings]);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function run(account: Account, command: string, args: string[]): Promise<void> {
  const child = account.spawn(command, args, { cwd: account.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const complaint: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => complaint.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(Buffer.concat(complaint).toString('utf8').trim() || `initdb ended with ${code ?? 'a signal'}`);
}

async function readPassword(dataDir: string): Promise<string> {
  return (await readFile(join(dataDir, 'password'), 'utf8')).trim();
}

/** Process id and port of the server that says it runs on the cluster, whether or not it still does. */
export async function claimedServer(cluster: Cluster): Promise<{ pid: number; port: number } | undefined> {
  const lines = (await readIfPresent(join(cluster.directory, 'postmaster.pid')))?.toString('utf8').split('\n') ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 1 && Number.isInteger(port) && port > 0 ? { pid, port } : undefined;
}

/**
 * Removes the claim of a server that was killed and that nobody has waited for: PostgreSQL takes a zombie for a running
 * server. A claim of a process that is gone it removes by itself.
 */
export async function dropClaimOfZombie(cluster: Cluster): Promise<void> {
  const claim = await claimedServer(cluster);
  if (claim === undefined) return;
  try {
    const status = await readFile(`/proc/${claim.pid}/stat`, 'utf8');
    if (status.slice(status.lastIndexOf(')') + 2).startsWith('Z')) await rm(join(cluster.directory, 'postmaster.pid'));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ESRCH')) throw error;
  }
}

export async function clusterExists(dataDir: string): Promise<boolean> {
  try {
    await stat(join(dataDir, 'account'));
    return true;
  } catch {
    return false;
  }
}
