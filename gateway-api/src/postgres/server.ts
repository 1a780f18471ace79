import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isSystemError } from '../failure.js';
import { isAlive } from './alive.js';
import { clusterExists, databaseUser, openCluster, type Cluster } from './cluster.js';
import { withLock } from './lock.js';
import { usualPort } from './port.js';
import { runningServer } from './probe.js';
import { Supervisor } from './supervisor.js';

export interface PostgresOptions {
  /** Where cluster, password and log lie. One server may hold the databases of several gateways. */
  dataDir: string;
  /** By default a free one, kept for the next start. */
  port?: number;
}

const stopPatience = 20_000;

/** Makes a database beside the one that the URL names, unless it exists, and returns its URL. */
export async function createDatabase(beside: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: beside });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Somebody else made it in the meantime: duplicate_database, or the unique index of the catalog.
    if (!isSystemError(error, '42P04', '23505')) throw error;
  } finally {
    await client.end();
  }
  const url = new URL(beside);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** A running server. */
export class PostgresServer {
  constructor(
    private readonly cluster: Cluster,
    readonly port: number,
    /** Undefined where the server was running already; then `stop` leaves it running. */
    private readonly supervisor: Supervisor | undefined,
  ) {}

  /** Whether this process has started it. */
  get started(): boolean {
    return this.supervisor !== undefined;
  }

  /** The process that this process has started, which a restart after a crash changes. */
  get pid(): number | undefined {
    return this.supervisor?.pid;
  }

  /** The connection URL of a database. It has the password in it. */
  url(database: string): string {
    return `postgresql://${databaseUser}:${this.cluster.password}@127.0.0.1:${this.port}/${encodeURIComponent(database)}`;
  }

  /** Makes the database unless it exists, and returns its URL. */
  createDatabase(name: string): Promise<string> {
    return createDatabase(this.url('postgres'), name);
  }

  async stop(): Promise<void> {
    await this.supervisor?.stop();
  }
}

/**
 * Starts the PostgreSQL that comes with the package, or finds the one that runs on the data folder already. A server
 * that ends by itself is started again until `stop`.
 */
export async function startPostgres({ dataDir, port }: PostgresOptions): Promise<PostgresServer> {
  return withLock(dataDir, async () => {
    const cluster = await openCluster(dataDir);
    const running = await runningServer(cluster);
    if (running !== undefined) return new PostgresServer(cluster, running.port, undefined);
    const supervisor = new Supervisor(dataDir, cluster, port ?? (await usualPort(dataDir)));
    await supervisor.start();
    return new PostgresServer(cluster, supervisor.port, supervisor);
  });
}

/** Stops the server on a data folder, whoever started it. False where none was running. */
export async function stopPostgres({ dataDir }: Pick<PostgresOptions, 'dataDir'>): Promise<boolean> {
  if (!(await clusterExists(dataDir))) return false;
  const running = await runningServer(await openCluster(dataDir));
  if (running === undefined) return false;
  process.kill(running.pid, 'SIGINT');
  const deadline = Date.now() + stopPatience;
  while (isAlive(running.pid) && Date.now() < deadline) await delay(50);
  return true;
}
