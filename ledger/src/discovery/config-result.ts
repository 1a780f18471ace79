import { common, discovery, msp } from '@hyperledger/fabric-protos';
import { envelopesOf } from '../block/header.js';
import type { Channel } from '../channel.js';
import { decode } from '../encoding/message.js';
import { hostOf, portOf } from '../peer/listen-address.js';
import { openEnvelope } from '../validation/transaction.js';

/** What may be another than when the channel's configuration was written. */
export interface ChannelConfigSource {
  readonly orderer: { readonly mspId: string; readonly listen: string };
}

/** Every organisation's MSP as the channel's configuration has it, and where the orderer listens now. */
export async function configResult(
  channel: Channel,
  { orderer: { mspId, listen } }: ChannelConfigSource,
): Promise<discovery.ConfigResult> {
  const result = new discovery.ConfigResult();
  const groups = (await channelGroup(channel)).getGroupsMap();
  for (const part of ['Orderer', 'Application'])
    groups
      .get(part)
      ?.getGroupsMap()
      .forEach((group) => {
        addMsp(result, group);
      });
  const endpoint = new discovery.Endpoint();
  endpoint.setHost(hostOf(listen));
  endpoint.setPort(portOf(listen));
  const endpoints = new discovery.Endpoints();
  endpoints.addEndpoint(endpoint);
  result.getOrderersMap().set(mspId, endpoints);
  return result;
}

function addMsp(result: discovery.ConfigResult, group: common.ConfigGroup): void {
  const value = group.getValuesMap().get('MSP')?.getValue_asU8() ?? new Uint8Array();
  const config = decode(msp.MSPConfig, value, 'MSPConfig').getConfig_asU8();
  const fabric = decode(msp.FabricMSPConfig, config, 'FabricMSPConfig');
  result.getMspsMap().set(fabric.getName(), fabric);
}

async function channelGroup(channel: Channel): Promise<common.ConfigGroup> {
  const genesis = await channel.store.block(0);
  const [envelope] = genesis === undefined ? [] : envelopesOf(genesis);
  const { data } = openEnvelope(decode(common.Envelope, envelope ?? new Uint8Array(), 'Envelope'));
  const config = decode(common.ConfigEnvelope, data, 'ConfigEnvelope').getConfig();
  return config?.getChannelGroup() ?? new common.ConfigGroup();
}
