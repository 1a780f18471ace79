import type { Fleet } from '../process/fleet.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { together } from '../process/together.js';
import { performing } from '../progress.js';
import type { StateLayout } from '../state/layout.js';
import type { ChannelLedger, DeployedChaincode, Site } from '../target.js';
import { allPeers, type ChannelTopology, type PeerNode } from '../topology/topology.js';
import { type FabricRelease, requireFabric } from './binaries.js';
import { writeBuilder } from './builder.js';
import { awaitGossip, height, joinOrderers, joinPeers, makeGenesisBlock } from './channel.js';
import { Lifecycle } from './lifecycle.js';
import { planOrderer } from './orderer.js';
import { PeerCli } from './peer-cli.js';
import { planPeer } from './peer.js';

/** Hyperledger Fabric as native processes: Raft orderers, and every organisation's peers, in one channel. */
export class FabricLedger implements ChannelLedger {
  readonly name = 'fabric';
  /** Asked for when it is needed: a network is stopped, and its logs are read, without any binaries. */
  private found: Promise<FabricRelease> | undefined;

  constructor(
    protected readonly topology: ChannelTopology,
    protected readonly layout: StateLayout,
  ) {}

  get peers(): PeerNode[] {
    return allPeers(this.topology);
  }

  get processNames(): string[] {
    return [...this.topology.ordering.nodes, ...this.peers].map(({ name }) => name);
  }

  async assertAvailable(): Promise<void> {
    await this.release();
  }

  async describe(): Promise<string> {
    return this.release().then(
      ({ version }) => `Hyperledger Fabric ${version}`,
      () => 'Hyperledger Fabric, whose binaries are not found now',
    );
  }

  async plan(name: string): Promise<ProcessPlan | undefined> {
    const release = await this.release();
    const orderer = this.topology.ordering.nodes.find((node) => node.name === name);
    if (orderer !== undefined) return planOrderer(orderer, this.topology, this.layout, release);
    const peer = this.peers.find((node) => node.name === name);
    return peer === undefined ? undefined : planPeer(peer, this.topology, this.layout, release);
  }

  async up({ fleet, report }: Site): Promise<void> {
    const { topology, layout, peers } = this;
    const { nodes } = topology.ordering;
    const release = await this.release();
    await performing(report, 'genesis block', async () => {
      await writeBuilder(layout);
      await makeGenesisBlock(topology, layout, release);
    });
    await performing(report, 'orderers', async () => {
      await together(nodes.map(async (node) => fleet.start(await planOrderer(node, topology, layout, release))));
      await joinOrderers(topology, layout, release);
      return `${nodes.length} in channel ${topology.channel}`;
    });
    await performing(report, 'peers', async () => {
      await together(peers.map((peer) => this.startPeer(peer, fleet)));
      await joinPeers(topology, layout, await this.cli());
      return `${peers.length} in channel ${topology.channel}`;
    });
  }

  async define(chaincodes: readonly DeployedChaincode[], { report }: Site): Promise<void> {
    const lifecycle = await this.lifecycle();
    await performing(report, 'install', async () => {
      for (const { packageFile, packageId } of chaincodes) await lifecycle.install(packageFile, packageId);
    });
    await performing(report, 'definitions', async () => {
      await together(chaincodes.map((chaincode) => lifecycle.approve(chaincode)));
      await together(chaincodes.map((chaincode) => lifecycle.commit(chaincode)));
      await together(chaincodes.map((chaincode) => lifecycle.awaitEverywhere(chaincode)));
    });
    await this.awaitGossip({ report });
  }

  async startPeer(peer: PeerNode, fleet: Fleet): Promise<void> {
    await fleet.start(await planPeer(peer, this.topology, this.layout, await this.release()));
  }

  async stopPeer(peer: PeerNode, fleet: Fleet): Promise<void> {
    await fleet.stop(peer.name);
  }

  height(peer: PeerNode): Promise<number | undefined> {
    return height(peer.ports.operations, this.topology.channel);
  }

  protected awaitGossip({ report }: Pick<Site, 'report'>): Promise<void> {
    return performing(report, 'gossip', () => awaitGossip(this.topology));
  }

  protected async lifecycle(): Promise<Lifecycle> {
    return new Lifecycle(this.topology, await this.cli());
  }

  private release(): Promise<FabricRelease> {
    return (this.found ??= requireFabric());
  }

  private async cli(): Promise<PeerCli> {
    return new PeerCli(this.topology, this.layout, await this.release());
  }
}
