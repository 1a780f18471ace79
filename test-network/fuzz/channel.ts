import type { PlainChaincode } from '../plain/plain-network.js';

export const mspIds = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

const pair = { policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 2 };
const all = { policy: "OR('Org1MSP.member','Org2MSP.member','Org3MSP.member')", requiredPeerCount: 1, maxPeerCount: 2 };

/** Chaincodes of every kind of endorsement policy, and collections of every kind. */
export const chaincodes: readonly PlainChaincode[] = [
  {
    name: 'any',
    endorsementPolicy: "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
    collections: [
      { ...pair, name: 'closed', memberOnlyRead: true, memberOnlyWrite: true },
      { ...pair, name: 'loose', endorsementPolicy: { signaturePolicy: "OR('Org1MSP.peer','Org2MSP.peer')" } },
      { ...pair, name: 'brief', blockToLive: 3 },
      { ...all, name: 'all', endorsementPolicy: { channelConfigPolicy: '/Channel/Application/Endorsement' } },
      // A reference starts at the channel, so this is a policy that there is not.
      { ...all, name: 'nobody', endorsementPolicy: { channelConfigPolicy: 'Endorsement' } },
    ],
  },
  {
    name: 'two',
    endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.member','Org3MSP.peer')",
    collections: [
      { ...pair, name: 'both', endorsementPolicy: { signaturePolicy: "AND('Org1MSP.peer','Org2MSP.peer')" } },
      { ...all, name: 'readers', memberOnlyRead: true },
    ],
  },
  { name: 'majority' },
];

/** The collections that a transaction of a chaincode may touch, the implicit ones too. */
export function collectionsOf(chaincode: string): string[] {
  const defined = chaincodes.find(({ name }) => name === chaincode)?.collections ?? [];
  return [
    ...defined.map((collection) => (collection as { name: string }).name),
    ...mspIds.map((mspId) => `_implicit_org_${mspId}`),
  ];
}
