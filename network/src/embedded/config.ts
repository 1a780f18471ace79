import { stringify } from 'yaml';
import type { ChaincodeDefinition } from '../chaincode/definition.js';
import type { StateLayout } from '../state/layout.js';
import type { Topology } from '../topology/topology.js';
import { join } from 'node:path';

/** The configuration of the ledger process: the same identities, ports and chaincode terms as on Fabric. */
export function ledgerConfig(topology: Topology, layout: StateLayout, definition: ChaincodeDefinition): string {
  const { ordering } = topology;
  const [node] = ordering.nodes;
  return stringify({
    channel: topology.channel,
    data: join(layout.data, 'ledger'),
    batchTimeoutMs: ordering.batchTimeoutMs,
    maxMessageCount: ordering.maxMessageCount,
    preferredMaxBytes: ordering.preferredMaxBytes,
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
      node: { msp: layout.orderer.node(node?.name ?? 'orderer0').msp },
    },
    chaincodes: [
      {
        name: definition.name,
        version: definition.version,
        sequence: definition.sequence,
        packageId: definition.packageId,
        endpoints: Object.fromEntries(
          topology.organizations.map(({ mspId, chaincodePort }) => [mspId, `127.0.0.1:${chaincodePort}`]),
        ),
        endorsementPolicy: definition.endorsementPolicy,
        collections: layout.collections,
      },
    ],
  });
}
