import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ProofwardClient } from '@proofward/client';
import { project } from './project.js';
import type { World } from './world.js';

type Settings = Record<string, unknown>;

const program = join(project, 'gateway-api', 'dist', 'bin', 'gateway.js');

/** Short enough that a feature sees windows end and numbers given up. */
export const shortWindows = { windowSeconds: 2, patienceSeconds: 6 };

async function readSettings(world: World, slug: string): Promise<{ path: string; settings: Settings }> {
  const path = join(world.stack.network.stateDir, 'gateways', slug, 'gateway.json');
  return { path, settings: JSON.parse(await readFile(path, 'utf8')) as Settings };
}

/** The database of an organisation's gateway. */
export async function databaseUrlOf(world: World, slug: string): Promise<string> {
  return String((await readSettings(world, slug)).settings.databaseUrl);
}

/** Starts an organisation's gateway anew with other settings, and answers how to take them back. */
export async function reconfigure(world: World, slug: string, change: Settings): Promise<() => Promise<void>> {
  const { path, settings } = await readSettings(world, slug);
  const start = async (values: Settings) => {
    await world.stack.stop(`gateway.${slug}`);
    await writeFile(path, `${JSON.stringify(values, undefined, 2)}\n`);
    await world.stack.start(`gateway.${slug}`);
  };
  await start({ ...settings, ...change });
  return () => start(settings);
}

export interface SecondGateway {
  as(role: string): ProofwardClient;
  stop(): Promise<void>;
}

/**
 * One more process of an organisation's gateway, with the same keys and identities.
 *
 * @param flags of Node
 */
export async function secondGateway(
  world: World,
  slug: string,
  change: Settings = {},
  flags: readonly string[] = [],
): Promise<SecondGateway> {
  const { path, settings } = await readSettings(world, slug);
  const port = await freePort();
  const config = `${path}.${port}`;
  await writeFile(config, JSON.stringify({ ...settings, ...change, listen: { host: '127.0.0.1', port } }));
  const child = spawn(process.execPath, [...flags, program, '--config', config], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(child, url);
  const { apiKeys } = world.stack.organization(slug);
  return {
    as: (role) => new ProofwardClient({ url, apiKey: apiKeys[role] ?? '' }),
    stop: async () => {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      await rm(config, { force: true });
    },
  };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until && child.exitCode === null;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await delay(200);
  }
  child.kill('SIGKILL');
  throw new Error('the second gateway is not ready');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
