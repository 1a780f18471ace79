import { join } from 'node:path';
import { stringify } from 'yaml';
import { isListening } from '../process/port.js';
import type { ProcessPlan } from '../process/supervisor.js';
import { makeFolder, writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';
import type { OrdererNode, ChannelTopology } from '../topology/topology.js';
import type { FabricRelease } from './binaries.js';
import { nodeEnvironment } from './environment.js';
import { isHealthy } from './operations.js';

export async function planOrderer(
  node: OrdererNode,
  topology: ChannelTopology,
  layout: StateLayout,
  { binaries }: FabricRelease,
): Promise<ProcessPlan> {
  const folder = join(layout.fabric, node.name);
  await makeFolder(join(layout.data, node.name));
  await writeWhole(join(folder, 'orderer.yaml'), stringify(ordererConfig(node, topology, layout)));
  return {
    name: node.name,
    command: [binaries.orderer],
    environment: nodeEnvironment(folder),
    ports: [node.ports.client, node.ports.admin, node.ports.operations],
    timeoutMs: 60_000,
    isReady: async () =>
      (await isHealthy(node.ports.operations)) &&
      (await isListening(node.ports.client)) &&
      (await isListening(node.ports.admin)),
  };
}

function ordererConfig({ name, ports }: OrdererNode, topology: ChannelTopology, layout: StateLayout) {
  const own = layout.orderer.node(name);
  const data = join(layout.data, name);
  const tls = { Enabled: true, Certificate: own.tlsCertificate, PrivateKey: own.tlsKey };
  return {
    General: {
      ListenAddress: '127.0.0.1',
      ListenPort: ports.client,
      TLS: { ...tls, RootCAs: [layout.orderer.tlsRoot], ClientAuthRequired: false },
      Keepalive: { ServerMinInterval: '60s', ServerInterval: '7200s', ServerTimeout: '20s' },
      MaxRecvMsgSize: 104_857_600,
      MaxSendMsgSize: 104_857_600,
      Cluster: {
        SendBufferSize: 100,
        ClientCertificate: own.tlsCertificate,
        ClientPrivateKey: own.tlsKey,
        RootCAs: [layout.orderer.tlsRoot],
      },
      BootstrapMethod: 'none',
      LocalMSPDir: own.msp,
      LocalMSPID: topology.ordering.mspId,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      Authentication: { TimeWindow: '15m' },
    },
    FileLedger: { Location: join(data, 'ledger') },
    Operations: { ListenAddress: `127.0.0.1:${ports.operations}`, TLS: { Enabled: false } },
    Metrics: { Provider: 'prometheus' },
    // Whoever may join an orderer to a channel shows a certificate of the ordering organisation.
    Admin: {
      ListenAddress: `127.0.0.1:${ports.admin}`,
      TLS: { ...tls, ClientAuthRequired: true, ClientRootCAs: [layout.orderer.tlsRoot] },
    },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: { WALDir: join(data, 'wal'), SnapDir: join(data, 'snapshot') },
  };
}
