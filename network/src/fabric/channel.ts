import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkError } from '../errors.js';
import { eventually } from '../process/clock.js';
import { run } from '../process/command.js';
import { together } from '../process/together.js';
import { makeFolder, writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';
import { allPeers, type PeerNode, type ChannelTopology } from '../topology/topology.js';
import type { FabricRelease } from './binaries.js';
import { channelProfile, configtx } from './configtx.js';
import { channelGauge } from './operations.js';
import type { PeerCli } from './peer-cli.js';

const joinPatience = { timeoutMs: 60_000, intervalMs: 200 };
const gossipPatience = { timeoutMs: 60_000, intervalMs: 200 };

/** Made once: a second genesis block would be another channel. */
export async function makeGenesisBlock(
  topology: ChannelTopology,
  layout: StateLayout,
  release: FabricRelease,
): Promise<void> {
  if (existsSync(layout.genesisBlock)) return;
  const folder = join(layout.fabric, 'channel');
  await makeFolder(folder);
  await writeWhole(join(folder, 'configtx.yaml'), configtx(topology, layout, release));
  const unfinished = join(folder, 'genesis.block');
  await run(
    release.binaries.configtxgen,
    ['-profile', channelProfile, '-channelID', topology.channel, '-outputBlock', unfinished, '-configPath', folder],
    { environment: { FABRIC_CFG_PATH: folder } },
  );
  await rename(unfinished, layout.genesisBlock);
}

export async function joinOrderers(
  topology: ChannelTopology,
  layout: StateLayout,
  release: FabricRelease,
): Promise<void> {
  const admin = layout.orderer.user('admin');
  for (const { ports } of topology.ordering.nodes) {
    const access = [
      '--orderer-address',
      `127.0.0.1:${ports.admin}`,
      '--ca-file',
      layout.orderer.tlsRoot,
      '--client-cert',
      admin.tlsCertificate,
      '--client-key',
      admin.tlsKey,
    ];
    const { stdout } = await run(release.binaries.osnadmin, ['channel', 'list', ...access]);
    if (joinedChannels(stdout).includes(topology.channel)) continue;
    await run(release.binaries.osnadmin, [
      'channel',
      'join',
      '--channelID',
      topology.channel,
      '--config-block',
      layout.genesisBlock,
      ...access,
    ]);
  }
}

export async function joinPeers(topology: ChannelTopology, layout: StateLayout, cli: PeerCli): Promise<void> {
  await together(allPeers(topology).map((peer) => joinPeer(peer, topology.channel, layout, cli)));
}

async function joinPeer(peer: PeerNode, channel: string, layout: StateLayout, cli: PeerCli): Promise<void> {
  const { operations } = peer.ports;
  if ((await height(operations, channel)) !== undefined) return;
  await cli.run(peer, ['channel', 'join', '--blockpath', layout.genesisBlock]);
  const joined = await eventually(async () => (await height(operations, channel)) !== undefined, joinPatience);
  if (!joined) throw new NetworkError('NOT_READY', `${peer.name} has not joined channel ${channel}`);
}

/** Until every peer knows every other one, endorsers are not found and private data is not passed on. */
export async function awaitGossip(topology: ChannelTopology): Promise<void> {
  const peers = allPeers(topology);
  const missing = async () => {
    const known = await Promise.all(
      peers.map(({ ports }) => channelGauge(ports.operations, 'gossip_membership_total_peers_known', topology.channel)),
    );
    return peers.filter((_, index) => (known[index] ?? 0) < peers.length - 1).map(({ name }) => name);
  };
  let waitingFor: string[] = [];
  const converged = await eventually(async () => {
    waitingFor = await missing();
    return waitingFor.length === 0;
  }, gossipPatience);
  if (!converged) {
    throw new NetworkError('NOT_READY', `${waitingFor.join(', ')} did not find all the other peers in a minute`);
  }
}

/** The number of blocks that a peer has committed, or undefined where it is down or not in the channel. */
export function height(operationsPort: number, channel: string): Promise<number | undefined> {
  return channelGauge(operationsPort, 'ledger_blockchain_height', channel);
}

/** `osnadmin channel list` prints the HTTP status, then the body. */
function joinedChannels(output: string): string[] {
  return [...output.matchAll(/"name":\s*"([^"]+)"/g)].map(([, name]) => name ?? '');
}
