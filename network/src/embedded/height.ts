import { common } from '@hyperledger/fabric-protos';
import { isListening } from '../process/port.js';
import { withGateway } from '../readiness/gateway.js';
import type { StateLayout } from '../state/layout.js';
import type { PeerNode } from '../topology/topology.js';

/** The number of blocks that a peer of the embedded ledger has, asked as any client would ask it. */
export async function height(channel: string, peer: PeerNode, layout: StateLayout): Promise<number | undefined> {
  if (!(await isListening(peer.ports.listen))) return undefined;
  return withGateway(channel, peer, layout, async (network) => {
    const query = { arguments: [channel], endorsingOrganizations: [peer.mspId] };
    const answer = await network.getContract('qscc').evaluate('GetChainInfo', query);
    return common.BlockchainInfo.deserializeBinary(answer).getHeight();
  });
}
