import { describe, expect, it } from '@jest/globals';
import { maximumOrderingNodes, maximumPeers } from './document.js';
import { planPorts, type PortPlan } from './ports.js';

const all = ({ database, orderers, organizations }: PortPlan) => [
  database,
  ...orderers.flatMap(({ client, admin, operations }) => [client, admin, operations]),
  ...organizations.flatMap(({ gateway, chaincode, peers }) => [
    gateway,
    chaincode,
    ...peers.flatMap((peer) => [peer.listen, peer.operations, peer.chaincode]),
  ]),
];

describe('planPorts', () => {
  it('gives no port twice, at the largest size', () => {
    const ports = all(planPorts(17000, maximumOrderingNodes, [maximumPeers, maximumPeers, maximumPeers]));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('moves nobody when an organisation, a peer or an orderer is added', () => {
    const before = planPorts(17000, 1, [1, 1, 1]);
    const after = planPorts(17000, 3, [2, 1, 1, 1]);
    expect(after.orderers[0]).toEqual(before.orderers[0]);
    expect(after.organizations[0]?.peers[0]).toEqual(before.organizations[0]?.peers[0]);
    expect(after.organizations[2]).toEqual(before.organizations[2]);
  });
});
