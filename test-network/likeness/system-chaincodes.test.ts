import { status as Status } from '@grpc/grpc-js';
import { common, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { channelHeaderOf, envelopesOf, headerHash, numberOf } from '../plain/block.js';
import { failureOf } from '../plain/failure.js';
import type { Member } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { call, type Message, signedProposal } from '../plain/requests.js';
import { likenessNetwork, mspIds } from './network.js';
import { inRelease } from './release.js';

const { lifecycle } = peer;

describe('system chaincodes', () => {
  let network: PlainNetwork;
  let org1: Member;
  let admin: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
    admin = network.member('Org1MSP', 'admin');
  });

  afterAll(() => {
    network.disconnect();
  });

  type Argument = string | Uint8Array;
  const ask = async (chaincode: string, fn: string, ...args: Argument[]): Promise<Uint8Array> =>
    org1.contract(chaincode).evaluate(fn, { arguments: args });
  const refusal = async (chaincode: string, fn: string, ...args: Argument[]): Promise<string> =>
    refusalTo(org1, chaincode, fn, ...args);
  const refusalTo = async (member: Member, chaincode: string, fn: string, ...args: Argument[]): Promise<string> => {
    const { code, message } = await failureOf(member.contract(chaincode).evaluate(fn, { arguments: args }));
    expect(code).toBe(Status.UNKNOWN);
    return message.replace(/^.*chaincode response /, '');
  };

  test('only the lifecycle is simulated: others have no interest to find endorsers by', async () => {
    const hasInterest = async (chaincode: string, ...args: Argument[]): Promise<boolean> => {
      const proposal = await signedProposal(org1, chaincode, args);
      const result = await call(org1, '/protos.Endorser/ProcessProposal', proposal, peer.ProposalResponse);
      if ('error' in result) throw result.error;
      expect(result.answer.getResponse()?.getStatus()).toBe(200);
      return result.answer.hasInterest();
    };
    expect(await hasInterest('qscc', 'GetChainInfo', 'mychannel')).toBe(false);
    expect(await hasInterest('cscc', 'GetChannels')).toBe(false);
    expect(await hasInterest('_lifecycle', 'QueryChaincodeDefinitions', new Uint8Array())).toBe(true);
  });

  describe('qscc', () => {
    test('tells height, blocks and transactions', async () => {
      const submitted = await org1.send([['put', 'asked', '1']], { endorsers: ['Org1MSP'] });
      const { blockNumber } = await submitted.getStatus();
      const id = submitted.getTransactionId();
      const info = common.BlockchainInfo.deserializeBinary(await ask('qscc', 'GetChainInfo', 'mychannel'));
      const newest = common.Block.deserializeBinary(
        await ask('qscc', 'GetBlockByNumber', 'mychannel', String(info.getHeight() - 1)),
      );
      expect(Buffer.from(info.getCurrentblockhash_asU8()).toString('hex')).toBe(headerHash(newest));
      expect(info.getPreviousblockhash_asB64()).toBe(newest.getHeader()?.getPreviousHash_asB64());
      const block = common.Block.deserializeBinary(
        await ask('qscc', 'GetBlockByNumber', 'mychannel', String(blockNumber)),
      );
      expect(envelopesOf(block).map((each) => channelHeaderOf(each).getTxId())).toContain(id);
      const byHash = common.Block.deserializeBinary(
        await ask('qscc', 'GetBlockByHash', 'mychannel', Buffer.from(headerHash(block), 'hex')),
      );
      expect(numberOf(byHash)).toBe(Number(blockNumber));
      const byTransaction = common.Block.deserializeBinary(await ask('qscc', 'GetBlockByTxID', 'mychannel', id));
      expect(numberOf(byTransaction)).toBe(Number(blockNumber));
      const transaction = peer.ProcessedTransaction.deserializeBinary(
        await ask('qscc', 'GetTransactionByID', 'mychannel', id),
      );
      expect(transaction.getValidationcode()).toBe(peer.TxValidationCode.VALID);
      expect(channelHeaderOf(transaction.getTransactionenvelope()?.serializeBinary()).getTxId()).toBe(id);
    });

    test('refuses what it does not know, in these words', async () => {
      expect(await refusal('qscc', 'GetBlockByNumber')).toBe('500, Incorrect number of arguments, 1');
      expect(await refusal('qscc', 'GetBlockByNumber', 'mychannel')).toBe(
        '500, missing 3rd argument for GetBlockByNumber',
      );
      expect(await refusal('qscc', 'GetChainInfo', 'other')).toBe('500, Invalid chain ID, other');
      expect(await refusal('qscc', 'Guess', 'mychannel', '1')).toBe(
        '500, access denied for [Guess][mychannel]: [Unmapped policy for qscc/Guess]',
      );
      expect(await refusal('qscc', 'GetBlockByNumber', 'mychannel', '99999')).toBe(
        '500, Failed to get block number 99999, error no such block number [99999] in index',
      );
      expect(await refusal('qscc', 'GetBlockByNumber', 'mychannel', 'x')).toBe(
        '500, Failed to parse block number with error strconv.ParseUint: parsing "x": invalid syntax',
      );
      expect(await refusal('qscc', 'GetBlockByHash', 'mychannel', 'none')).toBe(
        '500, Failed to get block hash none, error no such block hash [6e6f6e65] in index',
      );
      expect(await refusal('qscc', 'GetBlockByTxID', 'mychannel', 'none')).toBe(
        '500, Failed to get block for txID none, error no such transaction ID [none] in index',
      );
      expect(await refusal('qscc', 'GetTransactionByID', 'mychannel', 'none')).toBe(
        '500, Failed to get transaction with id none, error no such transaction ID [none] in index',
      );
      expect(await refusal('qscc', 'GetTransactionByID', 'mychannel', '')).toBe(
        '500, Failed to get transaction with id , error no such transaction ID [] in index',
      );
    });
  });

  describe('cscc', () => {
    test('tells the channels of the peer and their configuration', async () => {
      const channels = peer.ChannelQueryResponse.deserializeBinary(await ask('cscc', 'GetChannels')).getChannelsList();
      expect(channels.map((channel) => channel.getChannelId())).toEqual(['mychannel']);
      const block = common.Block.deserializeBinary(await ask('cscc', 'GetConfigBlock', 'mychannel'));
      const [envelope] = envelopesOf(block);
      expect(channelHeaderOf(envelope).getType()).toBe(common.HeaderType.CONFIG);
      const payload = common.Payload.deserializeBinary(
        common.Envelope.deserializeBinary(envelope ?? new Uint8Array()).getPayload_asU8(),
      );
      const inBlock = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
      const config = common.Config.deserializeBinary(await ask('cscc', 'GetChannelConfig', 'mychannel'));
      expect(config.getSequence()).toBe(inBlock?.getSequence());
      const groupsOf = (of: common.Config | undefined): string[] =>
        [...(of?.getChannelGroup()?.getGroupsMap().keys() ?? [])].sort();
      expect(groupsOf(config)).toEqual(groupsOf(inBlock));
    });

    test('refuses what it does not know, in these words', async () => {
      expect(await refusal('cscc', 'GetConfigBlock')).toBe('500, Incorrect number of arguments, 1');
      expect(await refusal('cscc', 'GetChannelConfig', '')).toBe('500, empty channel name provided');
      expect(await refusal('cscc', 'Guess', 'x')).toBe('500, Requested function Guess not found.');
      expect(await refusal('cscc', 'GetConfigBlock', 'elsewhere')).toBe(
        '500, access denied for [GetConfigBlock][elsewhere]: Failed to get policy manager for channel [elsewhere]',
      );
      expect(await refusal('cscc', 'GetChannelConfig', 'elsewhere')).toBe(
        '500, access denied for [GetChannelConfig][elsewhere]: Failed to get policy manager for channel [elsewhere]',
      );
    });
  });

  describe('_lifecycle', () => {
    const definition = (name: string): Uint8Array => {
      const args = new lifecycle.QueryChaincodeDefinitionArgs();
      args.setName(name);
      return args.serializeBinary();
    };

    test('tells what is defined, and who has approved it', async () => {
      const steps = lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(
        await ask('_lifecycle', 'QueryChaincodeDefinition', definition('steps')),
      );
      expect([steps.getVersion(), steps.getSequence(), steps.getInitRequired()]).toEqual(['1.0', 1, false]);
      expect([steps.getEndorsementPlugin(), steps.getValidationPlugin()]).toEqual(['escc', 'vscc']);
      expect(
        steps
          .getCollections()
          ?.getConfigList()
          .map((collection) => collection.getStaticCollectionConfig()?.getName()),
      ).toEqual(['pair', 'loose', 'brief', 'solo', 'copied']);
      expect([...steps.getApprovalsMap().entries()].sort()).toEqual(mspIds.map((mspId) => [mspId, true]));
      const policy = peer.ApplicationPolicy.deserializeBinary(steps.getValidationParameter_asU8());
      expect(policy.getSignaturePolicy()?.getIdentitiesList()).toHaveLength(3);
      const majority = lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(
        await ask('_lifecycle', 'QueryChaincodeDefinition', definition('majority')),
      );
      expect(
        peer.ApplicationPolicy.deserializeBinary(
          majority.getValidationParameter_asU8(),
        ).getChannelConfigPolicyReference(),
      ).toBe('/Channel/Application/Endorsement');
      const all = lifecycle.QueryChaincodeDefinitionsResult.deserializeBinary(
        await ask('_lifecycle', 'QueryChaincodeDefinitions', new Uint8Array()),
      ).getChaincodeDefinitionsList();
      expect(all.map((each) => each.getName()).sort()).toEqual(['majority', 'steps', 'twice', 'two']);
    });

    test('tells who would approve the next definition', async () => {
      const readiness = (sequence: number): Uint8Array => {
        const args = new lifecycle.CheckCommitReadinessArgs();
        args.setName('steps');
        args.setVersion('2.0');
        args.setSequence(sequence);
        return args.serializeBinary();
      };
      const ready = lifecycle.CheckCommitReadinessResult.deserializeBinary(
        await ask('_lifecycle', 'CheckCommitReadiness', readiness(2)),
      );
      expect([...ready.getApprovalsMap().entries()].sort()).toEqual(mspIds.map((mspId) => [mspId, false]));
      expect(
        [...ready.getMismatchesMap().entries()].map(([mspId, each]) => [mspId, each.getItemsList()]).sort(),
      ).toEqual(inRelease({ v3: mspIds.map((mspId) => [mspId, ['ChaincodeParameters']]), v2: [] }));
      expect(await refusal('_lifecycle', 'CheckCommitReadiness', readiness(1))).toBe(
        "500, failed to invoke backing implementation of 'CheckCommitReadiness': requested sequence is 1, but new definition must be sequence 2",
      );
    });

    describe('for administrators of the peer’s organisation', () => {
      /** Asked of the peer itself, as its command line does; an approval is a channel's. */
      const administered = async (channel: string, fn: string, args: Message): Promise<peer.Response> => {
        const proposal = await signedProposal(admin, '_lifecycle', [fn, args.serializeBinary()], (parts) => {
          parts.channel.setChannelId(channel);
        });
        const result = await call(admin, '/protos.Endorser/ProcessProposal', proposal, peer.ProposalResponse);
        if ('error' in result) throw result.error;
        return result.answer.getResponse() ?? new peer.Response();
      };

      const packageOf = async (name: string): Promise<string> => {
        const response = await administered(
          '',
          'QueryInstalledChaincodes',
          new lifecycle.QueryInstalledChaincodesArgs(),
        );
        const all = lifecycle.QueryInstalledChaincodesResult.deserializeBinary(
          response.getPayload_asU8(),
        ).getInstalledChaincodesList();
        expect(all.map((each) => each.getLabel()).sort()).toEqual([
          'majority_1.0',
          'steps_1.0',
          'twice_1.0',
          'two_1.0',
        ]);
        const found = all.find((each) => each.getLabel() === `${name}_1.0`);
        const using = found?.getReferencesMap().get('mychannel')?.getChaincodesList() ?? [];
        expect(using.map((each) => [each.getName(), each.getVersion()])).toEqual([[name, '1.0']]);
        return found?.getPackageId() ?? '';
      };

      test('what is installed, and what uses it', async () => {
        const packageId = await packageOf('steps');
        expect(packageId).toMatch(/^steps_1\.0:[0-9a-f]{64}$/);
        const args = new lifecycle.QueryInstalledChaincodeArgs();
        args.setPackageId(packageId);
        const one = lifecycle.QueryInstalledChaincodeResult.deserializeBinary(
          (await administered('', 'QueryInstalledChaincode', args)).getPayload_asU8(),
        );
        expect([one.getPackageId(), one.getLabel()]).toEqual([packageId, 'steps_1.0']);
        args.setPackageId('none:00');
        const none = await administered('', 'QueryInstalledChaincode', args);
        expect([none.getStatus(), none.getMessage()]).toEqual([
          500,
          "failed to invoke backing implementation of 'QueryInstalledChaincode': could not find chaincode with package id 'none:00'",
        ]);
      });

      test('what the organisation has approved', async () => {
        const args = new lifecycle.QueryApprovedChaincodeDefinitionArgs();
        args.setName('steps');
        const approved = lifecycle.QueryApprovedChaincodeDefinitionResult.deserializeBinary(
          (await administered('mychannel', 'QueryApprovedChaincodeDefinition', args)).getPayload_asU8(),
        );
        expect([approved.getSequence(), approved.getVersion()]).toEqual([1, '1.0']);
        expect(approved.getSource()?.getLocalPackage()?.getPackageId()).toBe(await packageOf('steps'));
        args.setSequence(7);
        const response = await administered('mychannel', 'QueryApprovedChaincodeDefinition', args);
        expect([response.getStatus(), response.getMessage()]).toEqual([
          500,
          "failed to invoke backing implementation of 'QueryApprovedChaincodeDefinition': could not fetch approved chaincode definition (name: 'steps', sequence: '7') on channel 'mychannel'",
        ]);
      });

      test('all that the organisation has approved', async () => {
        const args = new lifecycle.QueryApprovedChaincodeDefinitionsArgs();
        const response = await administered('mychannel', 'QueryApprovedChaincodeDefinitions', args);
        const told = [response.getStatus(), response.getMessage()];
        // Fabric 2.5 has no such question.
        const unknown =
          'Failed to authorize invocation due to failed ACL check: Unmapped policy for _lifecycle/QueryApprovedChaincodeDefinitions';
        expect(told).toEqual(inRelease({ v3: [200, ''], v2: [500, unknown] }));
        const all = lifecycle.QueryApprovedChaincodeDefinitionsResult.deserializeBinary(
          response.getPayload_asU8(),
        ).getApprovedChaincodeDefinitionsList();
        expect(all.map((each) => `${each.getName()} ${each.getSequence()} ${each.getVersion()}`).sort()).toEqual(
          inRelease({ v3: ['majority 1 1.0', 'steps 1 1.0', 'twice 1 1.0', 'two 1 1.0'], v2: [] }),
        );
        for (const each of all)
          expect(each.getSource()?.getLocalPackage()?.getPackageId()).toBe(await packageOf(each.getName()));
      });

      test('what is approved cannot be asked of no channel', async () => {
        const args = new lifecycle.QueryApprovedChaincodeDefinitionArgs();
        args.setName('steps');
        const refused = async (): Promise<unknown[]> => {
          const response = await administered('', 'QueryApprovedChaincodeDefinition', args);
          return [response.getStatus(), response.getMessage().replace(/[0-9a-f]{64}/, 'ID')];
        };
        const failed = "failed to invoke backing implementation of 'QueryApprovedChaincodeDefinition'";
        const why = 'GET_STATE failed: transaction ID: ID: no ledger context';
        expect(await refused()).toEqual([
          500,
          `${failed}: could not get current sequence: could not get state for key namespaces/fields/steps/Sequence: ${why}`,
        ]);
        args.setSequence(7);
        expect(await refused()).toEqual([
          500,
          `${failed}: could not deserialize namespace metadata for steps#7: could not query metadata for namespace namespaces/steps#7: ${why}`,
        ]);
      });
    });

    test('refuses what it does not know and who may not, in these words', async () => {
      expect(await refusal('_lifecycle', 'QueryChaincodeDefinition', definition('nowhere'))).toBe(
        '404, namespace nowhere is not defined',
      );
      expect(await refusal('_lifecycle', 'QueryInstalledChaincodes', new Uint8Array())).toBe(
        "500, Failed to authorize invocation due to failed ACL check: Failed verifying that proposal's creator" +
          ' satisfies local MSP principal during channelless check policy with policy [Admins]: [The identity is not an admin under this MSP [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]',
      );
      expect(await refusal('_lifecycle', 'QueryChaincodeDefinition')).toBe(
        '500, lifecycle scc operations require exactly two arguments but received 1',
      );
      expect(await refusal('_lifecycle', 'Guess', '')).toBe(
        '500, Failed to authorize invocation due to failed ACL check: Unmapped policy for _lifecycle/Guess',
      );
      expect(await refusalTo(network.member('Org2MSP'), '_lifecycle', 'QueryChaincodeDefinition', 'x')).toMatch(
        /^500, failed to invoke backing implementation of 'QueryChaincodeDefinition': could not decode input arg for \*lifecycle\.Invocation\.QueryChaincodeDefinition: proto:.cannot parse invalid wire-format data$/,
      );
    });
  });
});
