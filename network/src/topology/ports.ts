/** Where every process of a network listens, on the loopback interface only. */
export interface PortPlan {
  database: number;
  orderers: OrdererPorts[];
  organizations: OrganizationPorts[];
}

export interface OrdererPorts {
  client: number;
  admin: number;
  operations: number;
}

export interface OrganizationPorts {
  gateway: number;
  chaincode: number;
  peers: PeerPorts[];
}

export interface PeerPorts {
  listen: number;
  operations: number;
  /** For chaincode that calls its peer. Ours is called by it, but a peer listens there all the same. */
  chaincode: number;
}

const ordererStride = 3;
const databaseOffset = 29;
const organizationsOffset = 30;
const organizationStride = 30;
const firstPeerOffset = 4;
const peerStride = 3;

/**
 * Each organisation has a block of its own, so that one more organisation at the end of the list, one more peer or one
 * more orderer moves nobody else's ports: they are written into the genesis block and into installed packages.
 */
export function planPorts(basePort: number, orderingNodes: number, peerCounts: readonly number[]): PortPlan {
  return {
    database: basePort + databaseOffset,
    orderers: Array.from({ length: orderingNodes }, (_, index) => {
      const first = basePort + index * ordererStride;
      return { client: first, admin: first + 1, operations: first + 2 };
    }),
    organizations: peerCounts.map((peers, index) => {
      const first = basePort + organizationsOffset + index * organizationStride;
      return {
        gateway: first,
        chaincode: first + 1,
        peers: Array.from({ length: peers }, (_, peer) => {
          const listen = first + firstPeerOffset + peer * peerStride;
          return { listen, operations: listen + 1, chaincode: listen + 2 };
        }),
      };
    }),
  };
}
