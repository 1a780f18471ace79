import { NetworkError } from '../errors.js';
import { type CommandOutput, run } from '../process/command.js';
import { isListening } from '../process/port.js';
import type { StateLayout } from '../state/layout.js';
import { firstPeers, type PeerNode, type ChannelTopology } from '../topology/topology.js';
import type { FabricRelease } from './binaries.js';
import { peerConfigFolder } from './peer.js';

/** Fabric's `peer` command as an organisation's administrator, against one of its peers. */
export class PeerCli {
  constructor(
    private readonly topology: ChannelTopology,
    private readonly layout: StateLayout,
    private readonly release: FabricRelease,
  ) {}

  async run(peer: PeerNode, parameters: string[]): Promise<CommandOutput> {
    const place = this.layout.organization(peer.slug);
    const answer = run(this.release.binaries.peer, parameters, {
      environment: {
        FABRIC_CFG_PATH: peerConfigFolder(this.layout, peer),
        FABRIC_LOGGING_SPEC: 'error',
        CORE_PEER_LOCALMSPID: peer.mspId,
        CORE_PEER_MSPCONFIGPATH: place.user('admin').msp,
        CORE_PEER_ADDRESS: `127.0.0.1:${peer.ports.listen}`,
        CORE_PEER_TLS_ENABLED: 'true',
        CORE_PEER_TLS_ROOTCERT_FILE: place.tlsRoot,
      },
      timeoutMs: 120_000,
    });
    return answer.catch((cause: unknown) => {
      if (!(cause instanceof NetworkError)) throw cause;
      const log = this.layout.log(peer.name);
      throw new NetworkError(cause.code, `${peer.name}: ${cause.message}`, `its log is ${log}`, { cause });
    });
  }

  /** Where transactions are sent to be ordered: any node that is up hands them to the leader. */
  async ordering(): Promise<string[]> {
    const { nodes } = this.topology.ordering;
    const up = await Promise.all(nodes.map(({ ports }) => isListening(ports.client)));
    const node = nodes.find((_, index) => up[index]);
    if (node === undefined) throw new NetworkError('NOT_READY', 'no orderer is up', 'run `npm run network -- up`');
    return [
      '--orderer',
      `127.0.0.1:${node.ports.client}`,
      '--tls',
      '--cafile',
      this.layout.orderer.tlsRoot,
      '--connTimeout',
      '10s',
    ];
  }

  /** One endorsing peer of every organisation, for what a majority has to endorse. */
  everybody(): string[] {
    return firstPeers(this.topology).flatMap(({ slug, ports }) => [
      '--peerAddresses',
      `127.0.0.1:${ports.listen}`,
      '--tlsRootCertFiles',
      this.layout.organization(slug).tlsRoot,
    ]);
  }
}
