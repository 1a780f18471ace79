import type { Network } from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';

/** The number of blocks that the organisation's peer has, from its own system chaincode. */
export async function chainHeight(network: Network, ownMspId: string): Promise<number> {
  const answer = await network.getContract('qscc').evaluate('GetChainInfo', {
    arguments: [network.getName()],
    endorsingOrganizations: [ownMspId],
  });
  return common.BlockchainInfo.deserializeBinary(answer).getHeight();
}
