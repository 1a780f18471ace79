import { stringify } from 'yaml';
import type { StateLayout } from '../state/layout.js';
import type { ChannelTopology } from '../topology/topology.js';
import type { FabricRelease } from './binaries.js';

export const channelProfile = 'Channel';

/**
 * The input of configtxgen: every organisation with its anchor peers, so the channel needs no update before gossip
 * crosses organisations. Chaincode definitions take a majority of organisations.
 */
export function configtx(
  topology: ChannelTopology,
  layout: StateLayout,
  { major }: Pick<FabricRelease, 'major'>,
): string {
  const { ordering } = topology;
  const raftTls = (name: string) => layout.orderer.node(name).tlsCertificate;
  const ordererOrganization = {
    Name: ordering.mspId,
    ID: ordering.mspId,
    MSPDir: layout.orderer.msp,
    OrdererEndpoints: ordering.nodes.map(({ ports }) => `127.0.0.1:${ports.client}`),
    Policies: {
      Readers: signature(ordering.mspId, 'member'),
      Writers: signature(ordering.mspId, 'member'),
      Admins: signature(ordering.mspId, 'admin'),
    },
  };
  const applicationOrganizations = topology.organizations.map(({ slug, mspId, peers }) => ({
    Name: mspId,
    ID: mspId,
    MSPDir: layout.organization(slug).msp,
    AnchorPeers: peers.slice(0, 1).map(({ ports }) => ({ Host: '127.0.0.1', Port: ports.listen })),
    Policies: {
      Readers: signature(mspId, 'admin', 'peer', 'client'),
      Writers: signature(mspId, 'admin', 'client'),
      Admins: signature(mspId, 'admin'),
      Endorsement: signature(mspId, 'peer'),
    },
  }));
  const profile = {
    Policies: channelPolicies,
    // 2.5 refuses a channel with V3_0.
    Capabilities: { [major === 3 ? 'V3_0' : 'V2_0']: true },
    Orderer: {
      OrdererType: 'etcdraft',
      BatchTimeout: `${ordering.batchTimeoutMs}ms`,
      BatchSize: {
        MaxMessageCount: ordering.maxMessageCount,
        AbsoluteMaxBytes: '10 MB',
        PreferredMaxBytes: `${Math.ceil(ordering.preferredMaxBytes / 1024)} KB`,
      },
      EtcdRaft: {
        Consenters: ordering.nodes.map(({ name, ports }) => ({
          Host: '127.0.0.1',
          Port: ports.client,
          ClientTLSCert: raftTls(name),
          ServerTLSCert: raftTls(name),
        })),
        Options: {
          TickInterval: '100ms',
          ElectionTick: 10,
          HeartbeatTick: 1,
          MaxInflightBlocks: 5,
          SnapshotIntervalSize: '16 MB',
        },
      },
      Organizations: [ordererOrganization],
      Policies: { ...channelPolicies, BlockValidation: meta('ANY Writers') },
      Capabilities: { V2_0: true },
    },
    Application: {
      Organizations: applicationOrganizations,
      Policies: {
        ...channelPolicies,
        LifecycleEndorsement: meta('MAJORITY Endorsement'),
        Endorsement: meta('MAJORITY Endorsement'),
      },
      // Purging private data needs it.
      Capabilities: { V2_5: true },
    },
  };
  return stringify({ Profiles: { [channelProfile]: profile } }, { aliasDuplicateObjects: false });
}

const channelPolicies = {
  Readers: meta('ANY Readers'),
  Writers: meta('ANY Writers'),
  Admins: meta('MAJORITY Admins'),
};

function meta(rule: string) {
  return { Type: 'ImplicitMeta', Rule: rule };
}

function signature(mspId: string, ...roles: string[]) {
  return { Type: 'Signature', Rule: `OR(${roles.map((role) => `'${mspId}.${role}'`).join(',')})` };
}
