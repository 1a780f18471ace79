import type { Consortium, OrganizationRole } from '@proofward/evidence';
import type { IdentityRole } from './document.js';
import type { OrdererPorts, PeerPorts } from './ports.js';

/** A channel of anybody's: who takes part, with every process named and every port assigned. */
export interface ChannelTopology {
  channel: string;
  ordering: {
    mspId: string;
    batchTimeoutMs: number;
    maxMessageCount: number;
    preferredMaxBytes: number;
    nodes: OrdererNode[];
  };
  organizations: ChannelOrganization[];
  /** How long a peer lets a chaincode work on one transaction; 30 s by default. */
  executionTimeoutMs?: number;
}

export interface ChannelOrganization {
  slug: string;
  mspId: string;
  /** Users that get a certificate. `admin` is among them, or nobody could approve a chaincode for the organisation. */
  identities: readonly string[];
  /** Where its chaincode servers listen, by the names with which packages ask for them in connection.json. */
  chaincodeAddresses: Readonly<Record<string, string>>;
  peers: PeerNode[];
}

/** Proofward's channel, as org-configs describes it. */
export interface Topology extends ChannelTopology {
  /** The file it was read from. */
  source: string;
  basePort: number;
  /** For a database that an operator runs beside the network. */
  databasePort: number;
  chaincode: { name: string; version: string };
  organizations: NetworkOrganization[];
  /** What chaincode and gateways see of it. */
  consortium: Consortium;
}

export interface OrdererNode {
  /** Its process: `orderer0`. */
  name: string;
  ports: OrdererPorts;
}

export interface NetworkOrganization extends ChannelOrganization {
  name: string;
  role: OrganizationRole;
  identities: IdentityRole[];
  gatewayPort: number;
  chaincodePort: number;
}

export interface PeerNode {
  /** Its process: `peer0.cleveland`. Its TLS certificate has this name too. */
  name: string;
  slug: string;
  mspId: string;
  ports: PeerPorts;
}

export function chaincodeProcessName(slug: string): string {
  return `chaincode.${slug}`;
}

export function allPeers(topology: ChannelTopology): PeerNode[] {
  return topology.organizations.flatMap((organization) => organization.peers);
}

/** The peer that speaks for its organisation where one has to: it approves, endorses and is known to the others. */
export function firstPeers(topology: ChannelTopology): PeerNode[] {
  return topology.organizations.flatMap(({ peers }) => peers.slice(0, 1));
}
