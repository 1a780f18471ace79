import { common } from '@hyperledger/fabric-protos';

/** What a channel lies on: Hyperledger Fabric, or the embedded ledger, which is one process and no consortium. */
export const ledgerTargets = ['embedded', 'fabric'] as const;
export type LedgerTarget = (typeof ledgerTargets)[number];

/**
 * What a genesis block says of the ledger under it: the embedded one marks its channels with a capability of its name,
 * which Hyperledger Fabric does not know and so refuses to join (fabric-protos common/configtx.proto, ConfigEnvelope).
 */
export function ledgerTarget(genesis: common.Block): LedgerTarget {
  const [envelope] = genesis.getData()?.getDataList_asU8() ?? [];
  if (envelope === undefined) throw new Error('the genesis block is empty');
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(envelope).getPayload_asU8());
  const config = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
  const value = config?.getChannelGroup()?.getValuesMap().get('Capabilities')?.getValue_asU8() ?? new Uint8Array();
  const capabilities = common.Capabilities.deserializeBinary(value).getCapabilitiesMap();
  return capabilities.has('embedded') ? 'embedded' : 'fabric';
}
