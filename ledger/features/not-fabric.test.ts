import { common } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { envelopesOf } from '../src/block/header.js';
import { openEnvelope } from '../src/validation/transaction.js';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import type { Member } from './consortium/member.js';

describe('how a client can tell that this is no Fabric network', () => {
  let consortium: Consortium;
  let org1: Member;

  beforeAll(async () => {
    consortium = await Consortium.start();
    org1 = consortium.member('Org1MSP');
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  const ask = async (chaincode: string, fn: string, ...args: (string | Uint8Array)[]): Promise<Uint8Array> =>
    org1.network.getContract(chaincode).evaluate(fn, { arguments: args });

  test('the genesis names the channel and the embedded ledger', async () => {
    const genesis = common.Block.deserializeBinary(await ask('qscc', 'GetBlockByNumber', 'mychannel', '0'));
    const [envelope] = envelopesOf(genesis);
    const { header, data } = openEnvelope(common.Envelope.deserializeBinary(envelope ?? new Uint8Array()));
    expect(header.getChannelId()).toBe('mychannel');
    expect(header.getType()).toBe(common.HeaderType.CONFIG);
    const group = common.ConfigEnvelope.deserializeBinary(data).getConfig()?.getChannelGroup();
    const capabilities = common.Capabilities.deserializeBinary(
      group?.getValuesMap().get('Capabilities')?.getValue_asU8() ?? new Uint8Array(),
    );
    expect(capabilities.getCapabilitiesMap().has('embedded')).toBe(true);
    expect(group?.getGroupsMap().get('Application')?.getGroupsMap().getLength()).toBe(3);
  });

  test('what is not served answers UNIMPLEMENTED by name', async () => {
    const failure = await failureOf(ask('_lifecycle', 'CommitChaincodeDefinition', ''));
    expect(failure.code).toBe(12);
    expect(failure.message).toMatch(/does not serve _lifecycle\/CommitChaincodeDefinition/);
  });
});
