import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { common, msp, orderer } from '@hyperledger/fabric-protos';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { hex, sha256 } from '../encoding/digest.js';
import { filesIn } from '../identity/msp-folder.js';
import type { Organisation } from '../identity/organisation.js';
import { anyRole, type ChannelPolicyName, rolesFor } from '../policy/channel-policies.js';
import { rolePrincipal } from '../policy/syntax.js';
import { join } from 'node:path';
import { ABSOLUTE_MAX_BYTES } from '../ordering/broadcast.js';
import type { OrdererOptions } from '../ordering/orderer.js';
import { dataHash, TRANSACTIONS_FILTER } from './header.js';

/**
 * A capability of the channel by which everybody sees that one operator ran this ledger. A Fabric node does not know
 * it, and so refuses to take part in such a channel.
 */
const EMBEDDED = 'embedded';

/** Fabric's capability of the application channel, by whose rules this ledger validates. */
const APPLICATION_RULES = 'V2_5';
const ORDERER_RULES = 'V2_0';

/**
 * Block 0: what configtxgen would have written for this channel, its organisations with their roots of trust, policies
 * and ordering parameters, and the mark of an embedded ledger (fabric-protos common/configtx.proto).
 */
export function genesisBlock(
  organisations: readonly Organisation[],
  ordererOrganisation: Organisation,
  parameters: OrdererOptions & { readonly channel: string; readonly orderer: { readonly listen: string } },
): common.Block {
  const application = new common.ConfigGroup();
  for (const organisation of organisations)
    application.getGroupsMap().set(organisation.mspId, organisationGroup(organisation));
  addImplicitPolicies(application, ['Admins', 'Endorsement', 'LifecycleEndorsement', 'Readers', 'Writers']);
  application.getValuesMap().set('Capabilities', capability(APPLICATION_RULES));

  const ordererGroup = new common.ConfigGroup();
  const orderingOrganisation = organisationGroup(ordererOrganisation);
  const endpoints = new common.OrdererAddresses();
  endpoints.setAddressesList([parameters.orderer.listen]);
  orderingOrganisation.getValuesMap().set('Endpoints', configValue(endpoints));
  ordererGroup.getGroupsMap().set(ordererOrganisation.mspId, orderingOrganisation);
  addImplicitPolicies(ordererGroup, ['Admins', 'BlockValidation', 'Readers', 'Writers']);
  addOrdering(ordererGroup, parameters);

  const channelGroup = new common.ConfigGroup();
  channelGroup.getGroupsMap().set('Application', application).set('Orderer', ordererGroup);
  addImplicitPolicies(channelGroup, ['Admins', 'Readers', 'Writers']);
  const hashing = new common.HashingAlgorithm();
  hashing.setName('SHA256');
  const dataHashing = new common.BlockDataHashingStructure();
  dataHashing.setWidth(0xffffffff);
  channelGroup
    .getValuesMap()
    .set('HashingAlgorithm', configValue(hashing))
    .set('BlockDataHashingStructure', configValue(dataHashing))
    .set('Capabilities', capability(EMBEDDED));
  const config = new common.Config();
  config.setSequence(0);
  config.setChannelGroup(channelGroup);
  const envelope = new common.ConfigEnvelope();
  envelope.setConfig(config);
  return wrap(parameters.channel, envelope);
}

function addOrdering(group: common.ConfigGroup, parameters: OrdererOptions): void {
  const consensus = new orderer.ConsensusType();
  // No consensus of Fabric's: one process orders.
  consensus.setType(EMBEDDED);
  const size = new orderer.BatchSize();
  size.setMaxMessageCount(parameters.maxMessageCount);
  size.setAbsoluteMaxBytes(ABSOLUTE_MAX_BYTES);
  size.setPreferredMaxBytes(parameters.preferredMaxBytes);
  const timeout = new orderer.BatchTimeout();
  timeout.setTimeout(`${parameters.batchTimeoutMs}ms`);
  group
    .getValuesMap()
    .set('ConsensusType', configValue(consensus))
    .set('BatchSize', configValue(size))
    .set('BatchTimeout', configValue(timeout))
    .set('ChannelRestrictions', configValue(new orderer.ChannelRestrictions()))
    .set('Capabilities', capability(ORDERER_RULES));
}

function capability(name: string): common.ConfigValue {
  const capabilities = new common.Capabilities();
  capabilities.getCapabilitiesMap().set(name, new common.Capability());
  return configValue(capabilities);
}

function configValue(message: { serializeBinary(): Uint8Array }): common.ConfigValue {
  const value = new common.ConfigValue();
  value.setValue(message.serializeBinary());
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
  group.getValuesMap().set('MSP', configValue(mspConfig(organisation)));
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

const { ANY, MAJORITY } = common.ImplicitMetaPolicy.Rule;
/** The usual rules: how many of the sub-groups' policies of which name must hold. */
const IMPLICIT_POLICIES = {
  Admins: ['Admins', MAJORITY],
  BlockValidation: ['Writers', ANY],
  Endorsement: ['Endorsement', MAJORITY],
  LifecycleEndorsement: ['Endorsement', MAJORITY],
  Readers: ['Readers', ANY],
  Writers: ['Writers', ANY],
} as const;

function addImplicitPolicies(group: common.ConfigGroup, names: readonly (keyof typeof IMPLICIT_POLICIES)[]): void {
  for (const name of names) {
    const [subPolicy, rule] = IMPLICIT_POLICIES[name];
    const meta = new common.ImplicitMetaPolicy();
    meta.setSubPolicy(subPolicy);
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
