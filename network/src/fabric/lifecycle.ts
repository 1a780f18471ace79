import { z } from 'zod';
import type { ChaincodeDefinition } from '../chaincode/definition.js';
import { NetworkError } from '../errors.js';
import { eventually } from '../process/clock.js';
import type { StateLayout } from '../state/layout.js';
import { together } from '../process/together.js';
import { allPeers, firstPeers, type PeerNode, type Topology } from '../topology/topology.js';
import type { PeerCli } from './peer-cli.js';

const committedSchema = z.looseObject({ sequence: z.number().int(), version: z.string() });
const installedSchema = z.looseObject({
  installed_chaincodes: z.array(z.looseObject({ package_id: z.string() })).default([]),
});

/** Fabric's chaincode lifecycle, done by every organisation's administrator in turn. */
export class Lifecycle {
  constructor(
    private readonly topology: Topology,
    private readonly layout: StateLayout,
    private readonly cli: PeerCli,
  ) {}

  /** The definition in force as a peer knows it, or undefined while there is none. */
  async committed(peer: PeerNode): Promise<{ sequence: number } | undefined> {
    const { channel, chaincode } = this.topology;
    const query = ['lifecycle', 'chaincode', 'querycommitted', '-C', channel, '-n', chaincode.name, '-O', 'json'];
    try {
      const { stdout } = await this.cli.run(peer, query);
      return committedSchema.parse(JSON.parse(stdout));
    } catch (error) {
      if (error instanceof NetworkError && error.message.includes(`namespace ${chaincode.name} is not defined`)) {
        return undefined;
      }
      throw error;
    }
  }

  async committedSequence(): Promise<number> {
    const peer = this.firstPeer();
    return (await this.committed(peer))?.sequence ?? 0;
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

  async approve(definition: ChaincodeDefinition): Promise<void> {
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

  async commit(definition: ChaincodeDefinition): Promise<void> {
    const peer = this.firstPeer();
    await this.cli.run(peer, [
      ...['lifecycle', 'chaincode', 'commit'],
      ...this.terms(definition),
      ...(await this.cli.ordering()),
      ...this.cli.everybody(),
    ]);
  }

  async awaitEverywhere(sequence: number): Promise<void> {
    await this.onEveryPeer(async (peer) => {
      const there = await eventually(async () => ((await this.committed(peer))?.sequence ?? 0) >= sequence, {
        timeoutMs: 60_000,
        intervalMs: 200,
      });
      if (!there) throw new NetworkError('NOT_READY', `${peer.name} has no definition with sequence ${sequence}`);
    });
  }

  private terms({ name, version, sequence, endorsementPolicy }: ChaincodeDefinition): string[] {
    return [
      ...['--channelID', this.topology.channel, '--name', name, '--version', version, '--sequence', String(sequence)],
      ...['--signature-policy', endorsementPolicy, '--collections-config', this.layout.collections],
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
