import pg from 'pg';
import { reasonOf } from '../failure.js';
import { isAlive } from './alive.js';
import { claimedServer, databaseUser, type Cluster } from './cluster.js';

/** Undefined when a server answers to the cluster's password, else why not. */
export async function probe(cluster: Cluster, port: number): Promise<string | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: databaseUser,
    password: cluster.password,
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The server that runs on this cluster: only it knows the password, so a reused process id is not taken for it. */
export async function runningServer(cluster: Cluster): Promise<{ pid: number; port: number } | undefined> {
  const claim = await claimedServer(cluster);
  if (claim === undefined || !isAlive(claim.pid)) return undefined;
  return (await probe(cluster, claim.port)) === undefined ? claim : undefined;
}
