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

/** The channel's current configuration (common/configtx.proto, Config), as bytes. */
export function channelConfig(network: Network, ownMspId: string): Promise<Uint8Array> {
  return network.getContract('cscc').evaluate('GetChannelConfig', {
    arguments: [network.getName()],
    endorsingOrganizations: [ownMspId],
  });
}
