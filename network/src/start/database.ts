import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase, stopPostgres } from '@proofward/gateway-api';
import { NetworkError } from '../errors.js';
import type { Network } from '../network.js';
import { tail } from '../process/log.js';
import { isListening } from '../process/port.js';
import type { ProcessPlan } from '../process/supervisor.js';

export const databaseName = 'postgres';
const program = join(import.meta.dirname, '..', 'bin', 'postgres.js');
const patienceMs = 15_000;

/** The one PostgreSQL of all gateways on this machine; in production each organisation has its own (DATABASE_URL). */
export function planDatabase(network: Network): ProcessPlan {
  const port = network.topology.databasePort;
  const log = network.layout.log(databaseName);
  return {
    name: databaseName,
    command: [process.execPath, program, folderOf(network), String(port)],
    environment: {},
    ports: [port],
    kept: true,
    timeoutMs: 60_000,
    isReady: async (logOffset) =>
      logOffset === undefined ? isListening(port) : /^PostgreSQL answers /m.test(await tail(log, logOffset)),
  };
}

/** A database for each organisation, by slug: on the server of DATABASE_URL, else on one that is started here. */
export async function provideDatabases(network: Network, given: string | undefined): Promise<Map<string, string>> {
  const slugs = network.organizations.map(({ slug }) => slug);
  if (given !== undefined && given !== '') return databasesBeside(given, slugs);
  const folder = folderOf(network);
  try {
    await endStray(network);
    await network.fleet.start(planDatabase(network));
    return await makeDatabases(await readFile(join(folder, 'url'), 'utf8'), slugs);
  } catch (cause) {
    if (cause instanceof NetworkError && cause.code !== 'PROCESS_FAILED') throw cause;
    // The ledger is the truth: every gateway reads it again from the first block.
    const remedy = `if its files are damaged, remove ${folder}: the gateways fill it again from the ledger`;
    throw new NetworkError('DATABASE_UNAVAILABLE', reasonOf(cause), remedy, { cause });
  }
}

/** Ends a server whose own process was killed: nobody would end it later. */
export async function endStray(network: Network): Promise<void> {
  const running = (await network.fleet.handles()).some(({ name, isAlive }) => name === databaseName && isAlive);
  if (!running) await stopPostgres({ dataDir: folderOf(network) });
}

/** @throws NetworkError that names the server, and not the password */
export async function databasesBeside(given: string, slugs: readonly string[]): Promise<Map<string, string>> {
  const remedy = 'correct DATABASE_URL, or unset it and a PostgreSQL of its own is started';
  if (!URL.canParse(given) || !/^postgres(?:ql)?:$/.test(new URL(given).protocol)) {
    throw new NetworkError('DATABASE_UNAVAILABLE', 'DATABASE_URL is not of the form postgresql://user@host/db', remedy);
  }
  const { host, username } = new URL(given);
  try {
    return await makeDatabases(given, slugs);
  } catch (cause) {
    const what = `the database server ${host} of DATABASE_URL does not serve ${username || 'us'}: ${reasonOf(cause)}`;
    throw new NetworkError('DATABASE_UNAVAILABLE', what, remedy, { cause });
  }
}

async function makeDatabases(url: string, slugs: readonly string[]): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (const slug of slugs) {
    made.set(slug, await withinPatience(createDatabase(url, `proofward_${slug.replaceAll('-', '_')}`)));
  }
  return made;
}

/** A host that swallows what it is sent must not be waited for. */
async function withinPatience<Result>(work: Promise<Result>): Promise<Result> {
  const waiting = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    waiting.reject(new Error(`no answer after ${patienceMs / 1000} s`));
  }, patienceMs);
  try {
    return await Promise.race([work, waiting.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function folderOf(network: Network): string {
  return join(network.stateDir, 'postgres');
}
