import { z } from 'zod';
import { NetworkError } from '../errors.js';
import { eventually } from '../process/clock.js';
import { together } from '../process/together.js';
import { allPeers, type ChannelTopology, firstPeers, type PeerNode } from '../topology/topology.js';
import type { PeerCli } from './peer-cli.js';

const committedSchema = z.looseObject({ sequence: z.number().int(), version: z.string() });
const installedSchema = z.looseObject({
  installed_chaincodes: z.array(z.looseObject({ package_id: z.string() })).default([]),
});

/** What the organisations approve. Without a policy it is the channel's own: a majority. */
export interface ApprovedChaincode {
  name: string;
  version: string;
  sequence: number;
  packageId: string;
  endorsementPolicy?: string | undefined;
  collectionsFile?: string | undefined;
}

/** Fabric's chaincode lifecycle, done by every organisation's administrator in turn. */
export class Lifecycle {
  constructor(
    private readonly topology: ChannelTopology,
    private readonly cli: PeerCli,
  ) {}

  /** The definition in force as a peer knows it, or undefined while there is none. */
  async committed(peer: PeerNode, name: string): Promise<{ sequence: number } | undefined> {
    const query = ['lifecycle', 'chaincode', 'querycommitted', '-C', this.topology.channel, '-n', name, '-O', 'json'];
    try {
      const { stdout } = await this.cli.run(peer, query);
      return committedSchema.parse(JSON.parse(stdout));
    } catch (error) {
      if (error instanceof NetworkError && error.message.includes(`namespace ${name} is not defined`)) {
        return undefined;
      }
      throw error;
    }
  }

  async committedSequence(name: string): Promise<number> {
    const peer = this.firstPeer();
    return (await this.committed(peer, name))?.sequence ?? 0;
  }

  /** Installs the package on every peer that does not have it. */
  async install(packageFile: string, packageId: string): Promise<void> {
    await this.onEveryPeer(async (peer) => {
      const { stdout } = await this.cli.run(peer, [...['lifecycle', 'chaincode', 'queryinstalled', '-O', 'json']]);
      const installed = installedSchema.parse(JSON.parse(stdout)).installed_chaincodes;
      if (installed.some(({ package_id }) => package_id === packageId)) return;
      await this.cli.run(peer, ['lifecycle', 'chaincode', 'install', packageFile]);
    });
  }

  async approve(definition: ApprovedChaincode): Promise<void> {
    await together(
      firstPeers(this.topology).map(async (peer) => {
        await this.cli.run(peer, [
          ...['lifecycle', 'chaincode', 'approveformyorg'],
          ...this.terms(definition),
          ...['--package-id', definition.packageId],
          ...(await this.cli.ordering()),
        ]);
      }),
    );
  }

  async commit(definition: ApprovedChaincode): Promise<void> {
    const peer = this.firstPeer();
    await this.cli.run(peer, [
      ...['lifecycle', 'chaincode', 'commit'],
      ...this.terms(definition),
      ...(await this.cli.ordering()),
      ...this.cli.everybody(),
    ]);
  }

  async awaitEverywhere({ name, sequence }: ApprovedChaincode): Promise<void> {
    await this.onEveryPeer(async (peer) => {
      const there = await eventually(async () => ((await this.committed(peer, name))?.sequence ?? 0) >= sequence, {
        timeoutMs: 60_000,
        intervalMs: 200,
      });
      if (!there)
        throw new NetworkError('NOT_READY', `${peer.name} has no definition of ${name} with sequence ${sequence}`);
    });
  }

  private terms({ name, version, sequence, endorsementPolicy, collectionsFile }: ApprovedChaincode): string[] {
    return [
      ...['--channelID', this.topology.channel, '--name', name, '--version', version, '--sequence', String(sequence)],
      ...(endorsementPolicy === undefined ? [] : ['--signature-policy', endorsementPolicy]),
      ...(collectionsFile === undefined ? [] : ['--collections-config', collectionsFile]),
    ];
  }

  private onEveryPeer(action: (peer: PeerNode) => Promise<void>): Promise<void> {
    return together(allPeers(this.topology).map(action));
  }

  private firstPeer(): PeerNode {
    const [peer] = allPeers(this.topology);
    if (peer === undefined) throw new NetworkError('TOPOLOGY_INVALID', 'no peers');
    return peer;
  }
}
