import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { common, msp } from '@hyperledger/fabric-protos';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { hex, sha256 } from '../encoding/digest.js';
import { filesIn } from '../identity/msp-folder.js';
import type { Organisation } from '../identity/organisation.js';
import { anyRole, type ChannelPolicyName, rolesFor } from '../policy/channel-policies.js';
import { rolePrincipal } from '../policy/syntax.js';
import { join } from 'node:path';
import { dataHash, TRANSACTIONS_FILTER } from './header.js';

/**
 * A capability of the channel by which everybody sees that one operator ran this ledger. A Fabric node does not know
 * it, and so refuses to take part in such a channel.
 */
const EMBEDDED = 'embedded';

/** Block 0: the channel's name, its organisations with their roots of trust, and the mark of an embedded ledger. */
export function genesisBlock(
  channel: string,
  organisations: readonly Organisation[],
  orderer: Organisation,
): common.Block {
  const application = new common.ConfigGroup();
  for (const organisation of organisations)
    application.getGroupsMap().set(organisation.mspId, organisationGroup(organisation));
  addImplicitPolicies(application);
  const ordererGroup = new common.ConfigGroup();
  ordererGroup.getGroupsMap().set(orderer.mspId, organisationGroup(orderer));
  ordererGroup.setModPolicy('Admins');
  const channelGroup = new common.ConfigGroup();
  channelGroup.getGroupsMap().set('Application', application).set('Orderer', ordererGroup);
  channelGroup.getValuesMap().set('Capabilities', embeddedMark());
  channelGroup.setModPolicy('Admins');
  const config = new common.Config();
  config.setSequence(0);
  config.setChannelGroup(channelGroup);
  const envelope = new common.ConfigEnvelope();
  envelope.setConfig(config);
  return wrap(channel, envelope);
}

function embeddedMark(): common.ConfigValue {
  const capabilities = new common.Capabilities();
  capabilities.getCapabilitiesMap().set(EMBEDDED, new common.Capability());
  const value = new common.ConfigValue();
  value.setValue(capabilities.serializeBinary());
  value.setModPolicy('Admins');
  return value;
}

function wrap(channel: string, config: common.ConfigEnvelope): common.Block {
  const nonce = randomBytes(24);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setVersion(1);
  channelHeader.setTimestamp(timestampPb.Timestamp.fromDate(new Date()));
  channelHeader.setChannelId(channel);
  channelHeader.setTxId(hex(sha256(nonce)));
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setNonce(nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(config.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const data = [envelope.serializeBinary()];

  const blockHead = new common.BlockHeader();
  blockHead.setNumber(0);
  blockHead.setDataHash(dataHash(data));
  const blockData = new common.BlockData();
  blockData.setDataList(data);
  const lastConfig = new common.LastConfig();
  const ordered = new common.OrdererBlockMetadata();
  ordered.setLastConfig(lastConfig);
  const signatures = new common.Metadata();
  signatures.setValue(ordered.serializeBinary());
  const list = [signatures.serializeBinary(), new Uint8Array(), new Uint8Array(), new Uint8Array(), new Uint8Array()];
  list[TRANSACTIONS_FILTER] = new Uint8Array([0]);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList(list);
  const block = new common.Block();
  block.setHeader(blockHead);
  block.setData(blockData);
  block.setMetadata(metadata);
  return block;
}

function organisationGroup(organisation: Organisation): common.ConfigGroup {
  const group = new common.ConfigGroup();
  const value = new common.ConfigValue();
  value.setValue(mspConfig(organisation).serializeBinary());
  value.setModPolicy('Admins');
  group.getValuesMap().set('MSP', value);
  for (const name of ['Admins', 'Endorsement', 'Readers', 'Writers'] as const)
    group.getPoliciesMap().set(name, organisationPolicy(organisation.mspId, name));
  group.setModPolicy('Admins');
  return group;
}

function mspConfig({ folder }: Organisation): msp.MSPConfig {
  const read = (name: string): Uint8Array[] => filesIn(join(folder.path, name)).map((file) => readFileSync(file));
  const fabric = new msp.FabricMSPConfig();
  fabric.setName(folder.mspId);
  fabric.setRootCertsList(read('cacerts'));
  fabric.setIntermediateCertsList(read('intermediatecerts'));
  fabric.setAdminsList(read('admincerts'));
  fabric.setTlsRootCertsList(read('tlscacerts'));
  fabric.setTlsIntermediateCertsList(read('tlsintermediatecerts'));
  const crypto = new msp.FabricCryptoConfig();
  crypto.setSignatureHashFamily('SHA2');
  crypto.setIdentityIdentifierHashFunction('SHA256');
  fabric.setCryptoConfig(crypto);
  if (folder.nodeOus !== undefined) fabric.setFabricNodeOus(nodeOus(folder.nodeOus));
  const config = new msp.MSPConfig();
  config.setType(0);
  config.setConfig(fabric.serializeBinary());
  return config;
}

function nodeOus(ous: NonNullable<Organisation['folder']['nodeOus']>): msp.FabricNodeOUs {
  const message = new msp.FabricNodeOUs();
  message.setEnable(true);
  const identifier = (role: keyof typeof ous): msp.FabricOUIdentifier | undefined => {
    const ou = ous[role];
    if (ou === undefined) return undefined;
    const id = new msp.FabricOUIdentifier();
    id.setOrganizationalUnitIdentifier(ou.unit);
    if (ou.certifier !== undefined) id.setCertificate(Buffer.from(ou.certifier.toString()));
    return id;
  };
  message.setClientOuIdentifier(identifier('client'));
  message.setPeerOuIdentifier(identifier('peer'));
  message.setAdminOuIdentifier(identifier('admin'));
  message.setOrdererOuIdentifier(identifier('orderer'));
  return message;
}

function organisationPolicy(mspId: string, name: ChannelPolicyName): common.ConfigPolicy {
  const policy = new common.Policy();
  policy.setType(common.Policy.PolicyType.SIGNATURE);
  policy.setValue(anyRole(rolesFor(name).map((role) => rolePrincipal(mspId, role))).serializeBinary());
  return configPolicy(policy);
}

function addImplicitPolicies(group: common.ConfigGroup): void {
  const { ANY, MAJORITY } = common.ImplicitMetaPolicy.Rule;
  for (const [name, rule] of [
    ['Admins', MAJORITY],
    ['Endorsement', MAJORITY],
    ['LifecycleEndorsement', MAJORITY],
    ['Readers', ANY],
    ['Writers', ANY],
  ] as const) {
    const meta = new common.ImplicitMetaPolicy();
    meta.setSubPolicy(name === 'LifecycleEndorsement' ? 'Endorsement' : name);
    meta.setRule(rule);
    const policy = new common.Policy();
    policy.setType(common.Policy.PolicyType.IMPLICIT_META);
    policy.setValue(meta.serializeBinary());
    group.getPoliciesMap().set(name, configPolicy(policy));
  }
  group.setModPolicy('Admins');
}

function configPolicy(policy: common.Policy): common.ConfigPolicy {
  const wrapped = new common.ConfigPolicy();
  wrapped.setPolicy(policy);
  wrapped.setModPolicy('Admins');
  return wrapped;
}
