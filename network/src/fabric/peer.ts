import { join } from 'node:path';
import { stringify } from 'yaml';
import { isListening } from '../process/port.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { makeFolder, writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';
import type { ChannelOrganization, PeerNode, ChannelTopology } from '../topology/topology.js';
import type { FabricRelease } from './binaries.js';
import { nodeEnvironment } from './environment.js';
import { isHealthy } from './operations.js';

/** Every configuration stands in a folder of its own, because Fabric finds it by folder. */
export function peerConfigFolder(layout: StateLayout, peer: PeerNode): string {
  return join(layout.fabric, peer.name);
}

export async function planPeer(
  peer: PeerNode,
  topology: ChannelTopology,
  layout: StateLayout,
  { binaries, major }: FabricRelease,
): Promise<ProcessPlan> {
  const organization = topology.organizations.find(({ slug }) => slug === peer.slug);
  if (organization === undefined) throw new Error(`${peer.name} belongs to no organisation`);
  const folder = peerConfigFolder(layout, peer);
  await makeFolder(join(layout.data, peer.name));
  await writeWhole(
    join(folder, 'core.yaml'),
    stringify(coreConfig(peer, organization, layout, topology.executionTimeoutMs ?? 30_000, major)),
  );
  return {
    name: peer.name,
    command: [binaries.peer, 'node', 'start'],
    environment: {
      ...nodeEnvironment(folder),
      // Fills the templates in the package's connection.json, so that one package id serves every organisation.
      CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG: JSON.stringify(organization.chaincodeAddresses),
    },
    ports: [peer.ports.listen, peer.ports.operations, peer.ports.chaincode],
    timeoutMs: 60_000,
    // Its operations endpoint answers before it listens to clients.
    isReady: async () => (await isHealthy(peer.ports.operations)) && (await isListening(peer.ports.listen)),
  };
}

function coreConfig(
  peer: PeerNode,
  organization: ChannelOrganization,
  layout: StateLayout,
  executionTimeoutMs: number,
  major: FabricRelease['major'],
) {
  const place = layout.organization(organization.slug);
  const own = place.node(peer.name);
  const data = join(layout.data, peer.name);
  const endpoint = `127.0.0.1:${peer.ports.listen}`;
  const colleagues = organization.peers.filter(({ name }) => name !== peer.name);
  return {
    peer: {
      id: peer.name,
      networkId: 'proofward',
      listenAddress: endpoint,
      address: endpoint,
      chaincodeListenAddress: `127.0.0.1:${peer.ports.chaincode}`,
      addressAutoDetect: false,
      localMspId: organization.mspId,
      localMspType: 'bccsp',
      mspConfigPath: own.msp,
      fileSystemPath: data,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      gateway: { enabled: true, endorsementTimeout: '30s', broadcastTimeout: '30s', dialTimeout: '10s' },
      keepalive: {
        interval: '7200s',
        timeout: '20s',
        minInterval: '60s',
        client: { interval: '60s', timeout: '20s' },
        deliveryClient: { interval: '60s', timeout: '20s' },
      },
      gossip: gossip(
        endpoint,
        colleagues.map(({ ports }) => `127.0.0.1:${ports.listen}`),
      ),
      tls: {
        enabled: true,
        clientAuthRequired: false,
        cert: { file: own.tlsCertificate },
        key: { file: own.tlsKey },
        rootcert: { file: place.tlsRoot },
        clientRootCAs: { files: [place.tlsRoot] },
      },
      authentication: { timewindow: '15m' },
      client: { connTimeout: '3s' },
      deliveryclient: {
        blockGossipEnabled: false,
        reconnectTotalTimeThreshold: '3600s',
        connTimeout: '3s',
        reConnectBackoffThreshold: '2s',
        minimalReconnectInterval: '100ms',
        blockCensorshipTimeoutKey: '30s',
        policy: 'cluster',
      },
      handlers: {
        authFilters: [
          { name: 'DefaultAuth' },
          { name: 'ExpirationCheck' },
          // 2.5 has no such filter, and does not start when one is named that it does not have.
          ...(major === 3 ? [{ name: 'TimeWindowCheck' }] : []),
        ],
        decorators: [{ name: 'DefaultDecorator' }],
        endorsers: { escc: { name: 'DefaultEndorsement' } },
        validators: { vscc: { name: 'DefaultValidation' } },
      },
      discovery: {
        enabled: true,
        authCacheEnabled: true,
        authCacheMaxSize: 1000,
        authCachePurgeRetentionRatio: 0.75,
        orgMembersAllowedAccess: false,
      },
      limits: { concurrency: { endorserService: 2500, deliverService: 2500, gatewayService: 500 } },
      maxRecvMsgSize: 104_857_600,
      maxSendMsgSize: 104_857_600,
      profile: { enabled: false },
    },
    // No containers: chaincode runs as a service beside its peer.
    vm: { endpoint: '' },
    chaincode: {
      mode: 'net',
      // The Node chaincode shim ends its process on a keep-alive message.
      keepalive: 0,
      installTimeout: '60s',
      startuptimeout: '60s',
      executetimeout: `${executionTimeoutMs}ms`,
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'info', shim: 'warning' },
      externalBuilders: [
        {
          name: 'ccaas',
          path: join(layout.fabric, 'builder'),
          propagateEnvironment: ['CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG'],
        },
      ],
      runtimeParams: {
        useWriteBatch: true,
        maxSizeWriteBatch: 1000,
        useGetMultipleKeys: true,
        maxSizeGetMultipleKeys: 1000,
      },
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: true },
      pvtdataStore: {
        collElgProcMaxDbBatchSize: 5000,
        collElgProcDbBatchesInterval: 1000,
        deprioritizedDataReconcilerInterval: '60m',
        // Erased means erased from the disk at the next block.
        purgeInterval: 1,
        purgedKeyAuditLogging: true,
      },
      snapshots: { rootDir: join(data, 'snapshots') },
    },
    operations: { listenAddress: `127.0.0.1:${peer.ports.operations}`, tls: { enabled: false } },
    metrics: { provider: 'prometheus' },
  };
}

/** Peers on one machine can ask each other every second, so a network is ready, and heals, in seconds. */
function gossip(endpoint: string, colleagues: string[]) {
  return {
    bootstrap: colleagues.length === 0 ? endpoint : colleagues.join(' '),
    endpoint,
    externalEndpoint: endpoint,
    useLeaderElection: false,
    orgLeader: true,
    membershipTrackerInterval: '1s',
    maxBlockCountToStore: 10,
    maxPropagationBurstLatency: '10ms',
    maxPropagationBurstSize: 10,
    propagateIterations: 1,
    propagatePeerNum: 3,
    pullInterval: '2s',
    pullPeerNum: 3,
    requestStateInfoInterval: '1s',
    publishStateInfoInterval: '1s',
    publishCertPeriod: '10s',
    skipBlockVerification: false,
    dialTimeout: '3s',
    connTimeout: '2s',
    recvBuffSize: 200,
    sendBuffSize: 2000,
    digestWaitTime: '500ms',
    requestWaitTime: '750ms',
    responseWaitTime: '1s',
    aliveTimeInterval: '1s',
    aliveExpirationTimeout: '5s',
    reconnectInterval: '1s',
    maxConnectionAttempts: 120,
    msgExpirationFactor: 20,
    pvtData: {
      // A member that withholds private data must not stall the others for a minute.
      pullRetryThreshold: '2s',
      transientstoreMaxBlockRetention: 20_000,
      pushAckTimeout: '3s',
      btlPullMargin: 10,
      reconcileBatchSize: 10,
      reconcileSleepInterval: '1s',
      reconciliationEnabled: true,
      skipPullingInvalidTransactionsDuringCommit: true,
      implicitCollectionDisseminationPolicy: {
        requiredPeerCount: colleagues.length === 0 ? 0 : 1,
        maxPeerCount: 1,
      },
    },
    state: {
      enabled: false,
      checkInterval: '1s',
      responseTimeout: '3s',
      batchSize: 10,
      blockBufferSize: 20,
      maxRetries: 3,
    },
  };
}
