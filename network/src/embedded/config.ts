import { stringify } from 'yaml';
import type { StateLayout } from '../state/layout.js';
import type { DeployedChaincode } from '../target.js';
import type { ChannelTopology } from '../topology/topology.js';
import { join } from 'node:path';

export type ConfiguredChaincode = Omit<DeployedChaincode, 'packageFile'>;

/** The configuration of the ledger process: the same identities, ports and chaincode terms as on Fabric. */
export function ledgerConfig(
  topology: ChannelTopology,
  layout: StateLayout,
  chaincodes: readonly ConfiguredChaincode[],
): string {
  const { ordering } = topology;
  const [node] = ordering.nodes;
  const orderer = layout.orderer.node(node?.name ?? 'orderer0');
  return stringify({
    channel: topology.channel,
    data: join(layout.data, 'ledger'),
    batchTimeoutMs: ordering.batchTimeoutMs,
    maxMessageCount: ordering.maxMessageCount,
    preferredMaxBytes: ordering.preferredMaxBytes,
    ...(topology.executionTimeoutMs === undefined ? {} : { executionTimeoutMs: topology.executionTimeoutMs }),
    organizations: topology.organizations.flatMap(({ slug, mspId, peers }) => {
      const place = layout.organization(slug);
      return peers.slice(0, 1).map((peer) => {
        const own = place.node(peer.name);
        return {
          mspId,
          msp: place.msp,
          peer: {
            listen: `127.0.0.1:${peer.ports.listen}`,
            msp: own.msp,
            tls: { cert: own.tlsCertificate, key: own.tlsKey },
            disabledFile: layout.disabled(peer.name),
          },
        };
      });
    }),
    orderer: {
      mspId: ordering.mspId,
      msp: layout.orderer.msp,
      node: { msp: orderer.msp },
      ...(node === undefined ? {} : { listen: `127.0.0.1:${node.ports.client}` }),
      tls: { cert: orderer.tlsCertificate, key: orderer.tlsKey },
    },
    chaincodes: chaincodes.map(
      ({ name, version, sequence, packageId, endpoints, endorsementPolicy, collectionsFile }) => ({
        name,
        version,
        sequence,
        packageId,
        endpoints,
        ...(endorsementPolicy === undefined ? {} : { endorsementPolicy }),
        ...(collectionsFile === undefined ? {} : { collections: collectionsFile }),
      }),
    ),
  });
}
