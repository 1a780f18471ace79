import { common, orderer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlainNetwork } from '../plain/plain-network.js';
import { likenessNetwork, mspIds } from './network.js';

describe("the channel's configuration", () => {
  let network: PlainNetwork;
  let channel: common.ConfigGroup;

  beforeAll(async () => {
    network = likenessNetwork();
    const { network: asSeen } = network.member('Org1MSP');
    const bytes = await asSeen.getContract('cscc').evaluateTransaction('GetConfigBlock', asSeen.getName());
    const [envelope] = common.Block.deserializeBinary(bytes).getData()?.getDataList_asU8() ?? [];
    const payload = common.Payload.deserializeBinary(
      common.Envelope.deserializeBinary(envelope ?? new Uint8Array()).getPayload_asU8(),
    );
    const config = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
    channel = config?.getChannelGroup() ?? new common.ConfigGroup();
  });

  afterAll(() => {
    network.disconnect();
  });

  const valueIn = (group: common.ConfigGroup | undefined, name: string): Uint8Array =>
    group?.getValuesMap().get(name)?.getValue_asU8() ?? new Uint8Array();
  const policiesOf = (group: common.ConfigGroup | undefined): Record<string, string> =>
    Object.fromEntries(
      [...(group?.getPoliciesMap().entries() ?? [])].map(([name, policy]) => {
        const meta = common.ImplicitMetaPolicy.deserializeBinary(
          policy.getPolicy()?.getValue_asU8() ?? new Uint8Array(),
        );
        return [name, `${meta.getRule()} ${meta.getSubPolicy()}`];
      }),
    );
  const { ANY, MAJORITY } = common.ImplicitMetaPolicy.Rule;

  test('its organisations, and the rules by which they decide', () => {
    const application = channel.getGroupsMap().get('Application');
    expect([...(application?.getGroupsMap().keys() ?? [])].sort()).toEqual([...mspIds]);
    expect(policiesOf(application)).toEqual({
      Admins: `${MAJORITY} Admins`,
      Endorsement: `${MAJORITY} Endorsement`,
      LifecycleEndorsement: `${MAJORITY} Endorsement`,
      Readers: `${ANY} Readers`,
      Writers: `${ANY} Writers`,
    });
    const capabilities = common.Capabilities.deserializeBinary(valueIn(application, 'Capabilities'));
    expect([...capabilities.getCapabilitiesMap().keys()]).toEqual(['V2_5']);
    expect(policiesOf(channel)).toEqual({
      Admins: `${MAJORITY} Admins`,
      Readers: `${ANY} Readers`,
      Writers: `${ANY} Writers`,
    });
  });

  test('how blocks are cut and hashed', () => {
    const ordering = channel.getGroupsMap().get('Orderer');
    const size = orderer.BatchSize.deserializeBinary(valueIn(ordering, 'BatchSize'));
    expect(size.getMaxMessageCount()).toBe(500);
    expect(size.getPreferredMaxBytes()).toBe(2 * 1024 * 1024);
    expect(orderer.BatchTimeout.deserializeBinary(valueIn(ordering, 'BatchTimeout')).getTimeout()).toBe('150ms');
    expect(policiesOf(ordering)).toMatchObject({ BlockValidation: `${ANY} Writers` });
    expect(common.HashingAlgorithm.deserializeBinary(valueIn(channel, 'HashingAlgorithm')).getName()).toBe('SHA256');
    const hashing = common.BlockDataHashingStructure.deserializeBinary(valueIn(channel, 'BlockDataHashingStructure'));
    expect(hashing.getWidth()).toBe(2 ** 32 - 1);
  });
});
