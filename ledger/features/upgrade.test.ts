import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { peer } from '@hyperledger/fabric-protos';
import { Consortium } from './consortium/consortium.js';

const ANY = "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
const BOTH = "AND('Org1MSP.peer','Org2MSP.peer')";
const PAIR = { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 };
const TRIO = { ...PAIR, name: 'trio', policy: "OR('Org1MSP.member','Org2MSP.member','Org3MSP.member')" };

describe('the definition of a chaincode', () => {
  let consortium: Consortium;

  beforeAll(async () => {
    consortium = await Consortium.start({ collections: [PAIR], endorsementPolicy: ANY });
  });

  afterAll(async () => {
    await consortium.stop();
  });

  const collections = (...list: object[]): void => {
    writeFileSync(join(consortium.folder, 'collections.json'), JSON.stringify(list));
  };

  const committed = async (): Promise<{ sequence: number; version: string }> => {
    const args = new peer.lifecycle.QueryChaincodeDefinitionArgs();
    args.setName('steps');
    const bytes = await consortium
      .member('Org1MSP')
      .contract('_lifecycle')
      .evaluate('QueryChaincodeDefinition', { arguments: [args.serializeBinary()] });
    const definition = peer.lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(bytes);
    return { sequence: definition.getSequence(), version: definition.getVersion() };
  };

  const submitAlone = async (): Promise<number> =>
    (await consortium.member('Org1MSP').submit([['put', 'alone', 'x']], { endorsers: ['Org1MSP'] })).code;

  test('a file that is read again and asks for what a lifecycle refuses changes nothing', async () => {
    consortium.configure('steps', { endorsementPolicy: BOTH });
    expect(await consortium.reload()).toMatch(/another endorsement policy than was agreed on for sequence 1/);
    consortium.configure('steps', { sequence: 2 });
    collections(TRIO);
    expect(await consortium.reload()).toMatch(/existing collection pair is missing in sequence 2/);
    collections({ ...PAIR, blockToLive: 5 });
    expect(await consortium.reload()).toMatch(/blockToLive of the existing collection pair is 0 and not 5/);
    collections(PAIR, PAIR);
    expect(await consortium.reload()).toMatch(/found duplicate in collection configuration/);
    collections({ ...PAIR, policy: "OR('Org1MSP.member','Nobody.member')" });
    expect(await consortium.reload()).toMatch(/collection member 'Nobody' is not part of the channel/);
    collections({ ...PAIR, policy: "AND('Org1MSP.member','Org2MSP.member')" });
    expect(await consortium.reload()).toMatch(/signature policy is not an OR concatenation/);
    collections(PAIR);
    expect(await committed()).toEqual({ sequence: 1, version: '1.0' });
    expect(await submitAlone()).toBe(StatusCode.VALID);
  });

  test('a higher sequence upgrades it while the ledger runs, and what was endorsed before is judged by the new one', async () => {
    const endorsed = await consortium.member('Org1MSP').endorse([['put', 'early', 'x']], { endorsers: ['Org1MSP'] });
    const byBoth = await consortium
      .member('Org1MSP')
      .endorse([['put', 'early too', 'x']], { endorsers: ['Org1MSP', 'Org2MSP'] });
    collections(PAIR, TRIO);
    consortium.configure('steps', { sequence: 2, version: '2.0', endorsementPolicy: BOTH });
    expect(await consortium.reload()).toMatch(/taken over/);
    expect(await committed()).toEqual({ sequence: 2, version: '2.0' });
    const submitted = await endorsed.submit();
    expect((await submitted.getStatus()).code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    // Its endorsers relied on a definition that is not in force any more.
    expect((await (await byBoth.submit()).getStatus()).code).toBe(StatusCode.MVCC_READ_CONFLICT);
    expect(await submitAlone()).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    const { code } = await consortium
      .member('Org1MSP')
      .submit([['putPrivate', 'trio', 'k', 'v']], { endorsers: ['Org1MSP', 'Org2MSP'] });
    expect(code).toBe(StatusCode.VALID);
  });

  test('an upgrade survives kill -9, and what is older is refused at the start', async () => {
    await consortium.stopLedger('SIGKILL');
    consortium.configure('steps', { sequence: 1, version: '1.0', endorsementPolicy: ANY });
    const { code, stderr } = await consortium.failToStart();
    expect(code).toBe(1);
    expect(stderr).toMatch(/chaincode steps is at sequence 2, which is larger than the 1 asked for; give sequence 2/);
    consortium.configure('steps', { sequence: 2, version: '2.0', endorsementPolicy: BOTH });
    await consortium.startLedger();
    expect(await committed()).toEqual({ sequence: 2, version: '2.0' });
    expect(await consortium.member('Org3MSP').evaluate([['getPrivate', 'trio', 'k']])).toEqual(['v']);
  });

  test('package and server are each organisation’s own business: they change without a new sequence', async () => {
    consortium.configure('steps', { packageId: 'steps:other' });
    expect(await consortium.reload()).toMatch(/taken over/);
    await expect(consortium.member('Org1MSP').evaluate([['get', 'alone']])).rejects.toThrow();
    consortium.configure('steps', { packageId: 'steps:aa' });
    expect(await consortium.reload()).toMatch(/taken over/);
    expect(await consortium.member('Org1MSP').evaluate([['get', 'alone']])).toEqual(['x']);
  });

  test('a file that cannot be read leaves the old configuration in force', async () => {
    const before = consortium.config;
    writeFileSync(consortium.configFile, '{');
    expect(await consortium.reload()).toMatch(/is not taken; the old one stays in force/);
    expect(await consortium.member('Org1MSP').evaluate([['get', 'alone']])).toEqual(['x']);
    writeFileSync(consortium.configFile, JSON.stringify(before));
  });
});
