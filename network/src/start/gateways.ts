import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { provisionGateway, type ProvisionOptions } from '@proofward/gateway-api';
import { NetworkError } from '../errors.js';
import type { Network } from '../network.js';
import type { RunningOrganization } from '../organizations.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { makeFolder, readIfThere, writeWhole } from '../state/files.js';
import type { StackOrganization } from './stack-file.js';

const program = join(createRequire(import.meta.url).resolve('@proofward/gateway-api'), '..', 'bin', 'gateway.js');

export function gatewayName(slug: string): string {
  return `gateway.${slug}`;
}

export interface ConfiguredGateway {
  organization: StackOrganization;
  /** What was lost and made anew, one line each. */
  warnings: string[];
}

/** Writes a gateway's configuration, identities and keys, and answers how to reach it. */
export async function configureGateway(
  network: Network,
  organization: RunningOrganization,
  databaseUrl: string,
  known: StackOrganization | undefined,
): Promise<ConfiguredGateway> {
  const { slug, mspId, role, peers, users, gatewayPort } = organization;
  const folder = gatewayFolder(network, slug);
  await makeFolder(folder);
  const config = {
    slug,
    mspId,
    role,
    listen: { host: '127.0.0.1', port: gatewayPort },
    channel: network.channel,
    chaincode: network.chaincodeName,
    peers: peers.map(({ endpoint, hostAlias, tlsRootPath }) => ({ endpoint, hostAlias, tlsRootPath })),
    consortium: network.layout.consortium,
    walletDir: join(folder, 'wallet'),
    walletKeyFile: join(folder, 'wallet.key'),
    apiKeysFile: join(folder, 'api-keys.json'),
    commitmentKeyFile: join(folder, 'commitment.key'),
    databaseUrl,
    dataDir: join(folder, 'data'),
    // Whoever tries it out sees a batch of receipts within a minute.
    receipts: { windowSeconds: 60, patienceSeconds: 86_400 },
  };
  const warnings: string[] = [];
  const commitmentKey = await readIfThere(config.commitmentKeyFile);
  const isNew = known === undefined && (await readIfThere(configPath(network, slug))) === undefined;
  if (commitmentKey === undefined && !isNew) {
    // Salts are kept with their records, so nothing that is recorded depends on the key that made them.
    warnings.push(`${config.commitmentKeyFile} was lost, and a new one is made: what is recorded keeps its salts`);
  } else if (commitmentKey !== undefined && commitmentKey.length !== 32) {
    throw new NetworkError(
      'STATE_DAMAGED',
      `${config.commitmentKeyFile} is not a key of 32 bytes`,
      'restore it from a copy, or remove it: a new one is made, and what is recorded keeps its salts',
    );
  }
  const apiKeys = await provision({
    config,
    identities: Object.entries(users).map(([identity, paths]) => ({ role: identity, ...paths })),
    makeKeys: true,
    knownKeys: known?.apiKeys ?? {},
  });
  await writeWhole(configPath(network, slug), `${JSON.stringify(config, undefined, 2)}\n`);
  const { service } = users;
  const { commitmentKeyFile } = config;
  const serving =
    service === undefined
      ? {}
      : { serving: { key: service.keyPath, certificate: service.certPath, commitmentKey: commitmentKeyFile } };
  const url = `http://127.0.0.1:${gatewayPort}`;
  return { organization: { slug, mspId, role, url, apiKeys, ...serving }, warnings };
}

/** The wallet is a sealed copy of what lies in crypto/, so one that cannot be opened any more is made anew. */
async function provision(options: ProvisionOptions): Promise<Record<string, string>> {
  const { walletDir, walletKeyFile, apiKeysFile } = options.config;
  try {
    return (await provisionGateway(options)).apiKeys;
  } catch {
    await rm(walletDir, { recursive: true, force: true });
    await rm(walletKeyFile, { force: true });
  }
  try {
    return (await provisionGateway(options)).apiKeys;
  } catch (cause) {
    const remedy = `remove ${apiKeysFile} if it is damaged: every role gets a new key`;
    throw new NetworkError('STATE_DAMAGED', cause instanceof Error ? cause.message : String(cause), remedy, { cause });
  }
}

export async function planGateway(network: Network, { slug, gatewayPort }: RunningOrganization): Promise<ProcessPlan> {
  const folder = gatewayFolder(network, slug);
  const digest = createHash('sha256');
  for (const file of [configPath(network, slug), join(folder, 'wallet.key'), join(folder, 'commitment.key')])
    digest.update((await readIfThere(file)) ?? '');
  return {
    name: gatewayName(slug),
    command: [process.execPath, program, '--config', configPath(network, slug)],
    // One that runs with another configuration, or with other keys, is told by this, and started anew.
    environment: { GATEWAY_CONFIGURATION: digest.digest('hex') },
    ports: [gatewayPort],
    kept: true,
    timeoutMs: 60_000,
    isReady: async () => {
      try {
        return (await fetch(`http://127.0.0.1:${gatewayPort}/readyz`, { signal: AbortSignal.timeout(5000) })).ok;
      } catch {
        return false;
      }
    },
  };
}

function gatewayFolder(network: Network, slug: string): string {
  return join(network.stateDir, 'gateways', slug);
}

function configPath(network: Network, slug: string): string {
  return join(gatewayFolder(network, slug), 'gateway.json');
}
