import { join } from 'node:path';
import type { Report } from '@proofward/network';
import { project, target } from '../harness/project.js';
import { PlainNetwork, type PlainNetworkOptions } from '../plain/plain-network.js';

export const mspIds = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

const pair = { policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 };

/** The network of all features about likeness. */
export function likenessNetwork(report?: Report): PlainNetwork {
  return new PlainNetwork({ ...networkOptions(), ...(report === undefined ? {} : { report }) });
}

/**
 * What the network of all features about likeness is made of. They run one after the other on it, so each uses keys of its own;
 * PROOFWARD_LIKENESS_STATE and PROOFWARD_LIKENESS_PORT are for a second run beside the first.
 */
export function networkOptions(): PlainNetworkOptions {
  const { PROOFWARD_LIKENESS_STATE: state, PROOFWARD_LIKENESS_PORT: port } = process.env;
  return {
    target,
    stateDir: state ?? join(project, '.proofward', `likeness-${target}`),
    basePort: port === undefined ? (target === 'fabric' ? 21000 : 21500) : Number(port),
    mspIds,
    ordering: { batchTimeoutMs: 150, maxMessageCount: 500, preferredMaxBytes: 2 * 1024 * 1024 },
    executionTimeoutMs: 3000,
    chaincodes: [
      {
        name: 'steps',
        endorsementPolicy: "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        collections: [
          { ...pair, name: 'pair', memberOnlyRead: true, memberOnlyWrite: true },
          { ...pair, name: 'loose', endorsementPolicy: { signaturePolicy: "OR('Org1MSP.peer','Org2MSP.peer')" } },
          { ...pair, name: 'brief', blockToLive: 2 },
          { ...pair, name: 'solo', maxPeerCount: 0 },
          { ...pair, name: 'copied', requiredPeerCount: 1 },
        ],
      },
      {
        name: 'two',
        endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        collections: [
          { ...pair, name: 'both', endorsementPolicy: { signaturePolicy: "AND('Org1MSP.peer','Org2MSP.peer')" } },
          { ...pair, name: 'open' },
          { ...pair, name: 'nobody', endorsementPolicy: { channelConfigPolicy: 'Endorsement' } },
        ],
      },
      { name: 'majority' },
      {
        name: 'twice',
        endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.member',AND('Org3MSP.peer','Org1MSP.peer'))",
      },
    ],
  };
}
