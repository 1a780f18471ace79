import type { Consortium, OrganizationRole } from '@proofward/evidence';
import type { IdentityRole } from './document.js';
import type { OrdererPorts, PeerPorts } from './ports.js';

/** A network as org-configs describes it, with every process named and every port assigned. */
export interface Topology {
  /** The file it was read from. */
  source: string;
  channel: string;
  basePort: number;
  /** For a database that an operator runs beside the network. */
  databasePort: number;
  chaincode: { name: string; version: string };
  ordering: {
    mspId: string;
    batchTimeoutMs: number;
    maxMessageCount: number;
    preferredMaxBytes: number;
    nodes: OrdererNode[];
  };
  organizations: NetworkOrganization[];
  /** What chaincode and gateways see of it. */
  consortium: Consortium;
}

export interface OrdererNode {
  /** Its process: `orderer0`. */
  name: string;
  ports: OrdererPorts;
}

export interface NetworkOrganization {
  slug: string;
  mspId: string;
  name: string;
  role: OrganizationRole;
  identities: IdentityRole[];
  gatewayPort: number;
  chaincodePort: number;
  peers: PeerNode[];
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

export function allPeers(topology: Topology): PeerNode[] {
  return topology.organizations.flatMap((organization) => organization.peers);
}

/** The peer that speaks for its organisation where one has to: it approves, endorses and is known to the others. */
export function firstPeers(topology: Topology): PeerNode[] {
  return topology.organizations.flatMap(({ peers }) => peers.slice(0, 1));
}
