import { join } from 'node:path';
import { createRequire } from 'node:module';
import { provisionGateway } from '@proofward/gateway-api';
import type { Network } from '../network.js';
import type { RunningOrganization } from '../organizations.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { makeFolder, writeWhole } from '../state/files.js';
import type { StackOrganization } from './stack-file.js';

const program = join(createRequire(import.meta.url).resolve('@proofward/gateway-api'), '..', 'bin', 'gateway.js');

export function gatewayName(slug: string): string {
  return `gateway.${slug}`;
}

/** Writes a gateway's configuration, identities and keys, and answers how to reach it. */
export async function configureGateway(
  network: Network,
  organization: RunningOrganization,
  databaseUrl: string,
  known: StackOrganization | undefined,
): Promise<StackOrganization> {
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
    target: network.target,
    peers: peers.map(({ endpoint, hostAlias, tlsRootPath }) => ({ endpoint, hostAlias, tlsRootPath })),
    consortium: network.layout.consortium,
    walletDir: join(folder, 'wallet'),
    walletKeyFile: join(folder, 'wallet.key'),
    apiKeysFile: join(folder, 'api-keys.json'),
    commitmentKeyFile: join(folder, 'commitment.key'),
    databaseUrl,
    dataDir: join(folder, 'data'),
  };
  const { apiKeys } = await provisionGateway({
    config,
    identities: Object.entries(users).map(([identity, paths]) => ({ role: identity, ...paths })),
    makeKeys: true,
    knownKeys: known?.apiKeys ?? {},
  });
  await writeWhole(configPath(network, slug), `${JSON.stringify(config, undefined, 2)}\n`);
  return { slug, mspId, role, url: `http://127.0.0.1:${gatewayPort}`, apiKeys };
}

export function planGateway(network: Network, { slug, gatewayPort }: RunningOrganization): ProcessPlan {
  return {
    name: gatewayName(slug),
    command: [process.execPath, program, '--config', configPath(network, slug)],
    environment: {},
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
