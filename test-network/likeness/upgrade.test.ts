import { join } from 'node:path';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type PlainChaincode, PlainNetwork } from '../plain/plain-network.js';
import { networkOptions } from './network.js';

const pair = {
  name: 'pair',
  policy: "OR('Org1MSP.member','Org2MSP.member')",
  requiredPeerCount: 0,
  maxPeerCount: 1,
};
const trio = { ...pair, name: 'trio', policy: "OR('Org1MSP.member','Org2MSP.member','Org3MSP.member')" };
const first: PlainChaincode = {
  name: 'steps',
  sequence: 1,
  endorsementPolicy: "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
  collections: [pair],
};
const second: PlainChaincode = {
  name: 'steps',
  sequence: 2,
  endorsementPolicy: "AND('Org1MSP.peer','Org2MSP.peer')",
  collections: [pair, trio],
};

/** On a network of its own, because what it changes is what others rely on. */
describe('a new definition of a chaincode', () => {
  const { stateDir, basePort, ...options } = networkOptions();
  const network = new PlainNetwork({
    ...options,
    stateDir: join(stateDir, '..', `${options.target}-upgrade`),
    basePort: basePort + 200,
    chaincodes: [first],
  });

  beforeAll(async () => {
    await network.up();
  }, 180_000);

  afterAll(async () => {
    await network.down();
  }, 60_000);

  const sequence = async (): Promise<number> => {
    const args = new peer.lifecycle.QueryChaincodeDefinitionArgs();
    args.setName('steps');
    const bytes = await network
      .member('Org1MSP')
      .contract('_lifecycle')
      .evaluate('QueryChaincodeDefinition', { arguments: [args.serializeBinary()] });
    return peer.lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(bytes).getSequence();
  };

  /** The sequence that an administrator is told, and the number of collections; of sequence 0, the one in force. */
  const approved = async (asked: number): Promise<unknown[]> => {
    const args = new peer.lifecycle.QueryApprovedChaincodeDefinitionArgs();
    args.setName('steps');
    args.setSequence(asked);
    const bytes = await network
      .member('Org1MSP', 'admin')
      .contract('_lifecycle')
      .evaluate('QueryApprovedChaincodeDefinition', {
        arguments: [args.serializeBinary()],
        endorsingOrganizations: ['Org1MSP'],
      });
    const result = peer.lifecycle.QueryApprovedChaincodeDefinitionResult.deserializeBinary(bytes);
    return [result.getSequence(), result.getCollections()?.getConfigList().length];
  };

  test('judges what was endorsed before it, keeps the state and brings its collections', async () => {
    const org1 = network.member('Org1MSP');
    const alone = { endorsers: ['Org1MSP'] };
    const byBoth = { endorsers: ['Org1MSP', 'Org2MSP'] };
    expect(await sequence()).toBe(1);
    expect((await org1.submit([['put', 'kept', 'x']], alone)).code).toBe(StatusCode.VALID);
    expect((await org1.submit([['putPrivate', 'pair', 'kept', 'x']], alone)).code).toBe(StatusCode.VALID);
    const early = await org1.endorse([['put', 'early', 'x']], alone);
    const earlyByBoth = await org1.endorse([['put', 'early by both', 'x']], byBoth);

    await network.redefine(second);

    expect(await sequence()).toBe(2);
    expect(await approved(1)).toEqual([1, 1]);
    expect(await approved(0)).toEqual([2, 2]);
    const codeOf = async (transaction: typeof early): Promise<number> =>
      (await (await transaction.submit()).getStatus()).code;
    expect(await codeOf(early)).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    // Its endorsers read a definition that is not in force any more.
    expect(await codeOf(earlyByBoth)).toBe(StatusCode.MVCC_READ_CONFLICT);
    expect((await org1.submit([['put', 'alone', 'x']], alone)).code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect((await org1.submit([['putPrivate', 'trio', 'k', 'v']], byBoth)).code).toBe(StatusCode.VALID);
    expect(await network.member('Org3MSP').evaluate([['getPrivate', 'trio', 'k']])).toEqual(['v']);
    expect(
      await org1.evaluate([
        ['get', 'kept'],
        ['getPrivate', 'pair', 'kept'],
        ['get', 'early'],
      ]),
    ).toEqual(['x', 'x', '']);
  }, 120_000);
});
