import { join } from 'node:path';
import { common, gateway, msp } from '@hyperledger/fabric-protos';
import { writeWhole } from '@proofward/network';
import type { Member } from './member.js';
import type { PlainNetwork } from './plain-network.js';
import { call, envelope, headersOf, signatureOf } from './requests.js';
import { eventually } from './waiting.js';

/**
 * Puts a revocation list where the ledger looks for it: the embedded one into the MSP folder, Fabric into the channel's
 * configuration, where the organisation's own administrator may change it.
 */
export async function revoke(network: PlainNetwork, mspId: string, certificates: readonly string[]): Promise<void> {
  const list = await (await network.authority(mspId)).revoke(certificates);
  if (network.target === 'embedded') {
    await writeWhole(join(network.layout.organization(network.access(mspId).slug).msp, 'crls', 'crl.pem'), list);
    return;
  }
  const admin = network.member(mspId, 'admin');
  const before = await configOf(admin);
  await submit(admin, withList(before, mspId, Buffer.from(list)));
  await eventually(async () => {
    for (const each of network.mspIds) {
      const now = await configOf(network.member(each));
      if (now.getSequence() === before.getSequence()) throw new Error(`${each} does not know of the list yet`);
    }
  });
}

async function configOf(member: Member): Promise<common.Config> {
  const bytes = await member.contract('cscc').evaluateTransaction('GetChannelConfig', member.network.getName());
  return common.Config.deserializeBinary(bytes);
}

/** The change of one value, and of nothing around it: groups are named with the versions they have. */
function withList(config: common.Config, mspId: string, list: Uint8Array): common.ConfigUpdate {
  const channel = config.getChannelGroup();
  const application = channel?.getGroupsMap().get('Application');
  const organization = application?.getGroupsMap().get(mspId);
  const current = organization?.getValuesMap().get('MSP') ?? new common.ConfigValue();
  const content = msp.MSPConfig.deserializeBinary(current.getValue_asU8());
  const fabric = msp.FabricMSPConfig.deserializeBinary(content.getConfig_asU8());
  fabric.addRevocationList(list);
  content.setConfig(fabric.serializeBinary());
  const changed = current.clone();
  changed.setVersion(current.getVersion() + 1);
  changed.setValue(content.serializeBinary());
  const path = (value?: common.ConfigValue): common.ConfigGroup => {
    const [root, middle, leaf] = [channel, application, organization].map((group) => {
      const named = new common.ConfigGroup();
      named.setVersion(group?.getVersion() ?? 0);
      return named;
    }) as [common.ConfigGroup, common.ConfigGroup, common.ConfigGroup];
    if (value !== undefined) leaf.getValuesMap().set('MSP', value);
    middle.getGroupsMap().set(mspId, leaf);
    root.getGroupsMap().set('Application', middle);
    return root;
  };
  const update = new common.ConfigUpdate();
  update.setChannelId('mychannel');
  update.setReadSet(path());
  update.setWriteSet(path(changed));
  return update;
}

async function submit(admin: Member, update: common.ConfigUpdate): Promise<void> {
  const { CONFIG_UPDATE } = common.HeaderType;
  const content = update.serializeBinary();
  const header = headersOf(admin, CONFIG_UPDATE).signature.serializeBinary();
  const signature = new common.ConfigSignature();
  signature.setSignatureHeader(header);
  signature.setSignature(await signatureOf(admin, Buffer.concat([header, content])));
  const signed = new common.ConfigUpdateEnvelope();
  signed.setConfigUpdate(content);
  signed.addSignatures(signature);
  const request = new gateway.SubmitRequest();
  request.setChannelId('mychannel');
  request.setPreparedTransaction(await envelope(admin, CONFIG_UPDATE, signed.serializeBinary()));
  const result = await call(admin, '/gateway.Gateway/Submit', request, gateway.SubmitResponse);
  if ('error' in result) throw result.error;
}
