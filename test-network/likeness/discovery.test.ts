import { status as Status } from '@grpc/grpc-js';
import { discovery } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ask,
  type Call,
  configQuery,
  discover,
  endorsersQuery,
  interest,
  layoutsOf,
  localQuery,
  membersOf,
  peersQuery,
  refusalOf,
} from '../plain/discovery-client.js';
import type { Member } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { likenessNetwork, mspIds } from './network.js';
import { inRelease } from './release.js';

describe('discovery', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  const layouts = async (...calls: readonly Call[]): Promise<string[] | undefined> =>
    layoutsOf(await ask(org1, endorsersQuery(interest(...calls))))[0];

  describe('peers', () => {
    test('of the channel: where they are, how far, and what they run', async () => {
      const found = membersOf(await ask(org1, peersQuery()));
      for (const mspId of mspIds) {
        expect(found[mspId]).toEqual([
          {
            mspId,
            endpoint: network.access(mspId).address,
            height: expect.any(Number),
            chaincodes: ['_lifecycle 1', 'majority 1', 'steps 1', 'twice 1', 'two 1'],
          },
        ]);
      }
    });

    test('those that may see a collection of a chaincode', async () => {
      const filter = interest({ name: 'steps', collections: ['pair'] });
      const found = membersOf(await ask(org1, peersQuery(filter)));
      expect(Object.fromEntries(mspIds.map((mspId) => [mspId, found[mspId]?.length]))).toEqual({
        Org1MSP: 1,
        Org2MSP: 1,
        Org3MSP: 0,
      });
      expect(refusalOf(await ask(org1, peersQuery(interest({ name: 'nowhere' }))))).toBe(
        'No metadata was found for chaincode nowhere in channel mychannel',
      );
    });

    test('of no channel: for administrators of the peer’s own organisation only', async () => {
      const admin = network.member('Org1MSP', 'admin');
      const found = membersOf(await ask(admin, localQuery(), { channel: '' }));
      expect(Object.keys(found).sort()).toEqual([...mspIds]);
      expect(found['Org2MSP']?.map(({ endpoint, height }) => ({ endpoint, height }))).toEqual([
        { endpoint: network.access('Org2MSP').address, height: undefined },
      ]);
      expect(refusalOf(await ask(org1, localQuery(), { channel: '' }))).toBe('access denied');
      const elsewhere = network.member('Org2MSP').client;
      expect(refusalOf(await ask(admin, localQuery(), { channel: '' }, elsewhere))).toBe('access denied');
    });
  });

  describe('endorsers', () => {
    const [one, two, three] = mspIds.map((mspId) => `1 of ${mspId}`);

    test('one layout for each combination that a policy asks for', async () => {
      expect(await layouts({ name: 'steps' })).toEqual([one, two, three]);
      const pairs = [`${one}, ${two}`, `${one}, ${three}`, `${two}, ${three}`];
      expect(await layouts({ name: 'two' })).toEqual(pairs);
      expect(await layouts({ name: 'majority' })).toEqual(pairs);
      expect(await layouts({ name: '_lifecycle' })).toEqual(pairs);
    });

    test('of several chaincodes at once, and of several interests', async () => {
      expect(await layouts({ name: 'steps' }, { name: 'two' })).toEqual(await layouts({ name: 'two' }));
      const result = await ask(org1, endorsersQuery(interest({ name: 'two' }), interest({ name: 'steps' })));
      expect(layoutsOf(result).map((found) => found.length)).toEqual([3, 3]);
      expect(
        result
          .getCcQueryRes()
          ?.getContentList()
          .map((content) => content.getChaincode()),
      ).toEqual(['two', 'steps']);
    });

    test('members of a collection, by its own policy', async () => {
      expect(await layouts({ name: 'steps', collections: ['pair'] })).toEqual([one, two]);
      expect(await layouts({ name: 'steps', collections: ['pair'], noPrivateReads: true })).toEqual([one, two, three]);
      expect(await layouts({ name: 'two', collections: ['both'] })).toEqual([`${one}, ${two}`]);
      expect(await layouts({ name: 'steps', collections: ['_implicit_org_Org3MSP'] })).toEqual([three]);
    });

    test('what cannot be', async () => {
      const failed = (text: string): string => {
        const chaincodes = inRelease({ v3: `chaincodes:{${text}}`, v2: `chaincodes:<${text} > ` });
        return `failed constructing descriptor for ${chaincodes}`;
      };
      const refused = async (...calls: readonly Call[]): Promise<string> =>
        // Go puts one blank or two between the fields of a message, as it likes.
        refusalOf(await ask(org1, endorsersQuery(interest(...calls)))).replaceAll('  ', ' ');
      expect(await refused({ name: 'nowhere' })).toBe(failed('name:"nowhere"'));
      expect(await refused({ name: 'steps', collections: ['lost'] })).toBe(
        failed('name:"steps" collection_names:"lost"'),
      );
      expect(await refused({ name: 'two', collections: ['nobody'], noPrivateReads: true })).toBe(
        failed('name:"two" collection_names:"nobody" no_private_reads:true'),
      );
      expect(await refused({ name: '' })).toBe('chaincode name in interest cannot be empty');
      expect(await refused()).toBe('chaincode interest must contain at least one chaincode');
      expect(refusalOf(await ask(org1, endorsersQuery()))).toBe(
        'chaincode query must have at least one chaincode interest',
      );
    });
  });

  test('the configuration: every organisation’s MSP, and the orderers', async () => {
    const config = (await ask(org1, configQuery())).getConfigResult();
    const names: string[] = [];
    config?.getMspsMap().forEach((msp, mspId) => {
      expect(msp.getRootCertsList().length).toBeGreaterThan(0);
      names.push(mspId);
    });
    expect(names.sort()).toEqual(['OrdererMSP', ...mspIds].sort());
    const orderers = config?.getOrderersMap().get('OrdererMSP')?.getEndpointList() ?? [];
    expect(orderers.map((endpoint) => `${endpoint.getHost()}:${endpoint.getPort()}`)).toEqual([
      network.orderer.address,
    ]);
  });

  describe('a request', () => {
    test('is for writers of a channel that is there', async () => {
      expect(refusalOf(await ask(org1, peersQuery(), { channel: 'elsewhere' }))).toBe('access denied');
      expect(refusalOf(await ask(org1, peersQuery(), { signature: new Uint8Array([1]) }))).toBe('access denied');
    });

    test('that asks the wrong place, or nothing', async () => {
      const unknown = 'unknown or missing request type';
      expect(refusalOf(await ask(org1, localQuery()))).toBe(unknown);
      expect(refusalOf(await ask(org1, new discovery.Query()))).toBe(unknown);
      const admin = network.member('Org1MSP', 'admin');
      expect(refusalOf(await ask(admin, peersQuery(), { channel: '' }))).toBe(unknown);
    });

    test('does not depend on the client’s TLS certificate', async () => {
      const claimed = await ask(org1, peersQuery(), { certificateHash: new Uint8Array(32) });
      expect(Object.keys(membersOf(claimed)).sort()).toEqual([...mspIds]);
    });

    test('that does not say whose it is', async () => {
      const refusal = async (payload: Uint8Array): Promise<unknown> => {
        const signed = new discovery.SignedRequest();
        signed.setPayload(payload);
        return discover(org1.client, signed).catch((cause: unknown) => cause);
      };
      const request = new discovery.Request();
      expect(await refusal(request.serializeBinary())).toMatchObject({
        code: Status.UNKNOWN,
        details: 'access denied, no authentication info in request',
      });
      request.setAuthentication(new discovery.AuthInfo());
      expect(await refusal(request.serializeBinary())).toMatchObject({
        code: Status.UNKNOWN,
        details: "access denied, client identity wasn't supplied",
      });
      expect(await refusal(new Uint8Array([255, 255, 255, 255]))).toMatchObject({
        code: Status.UNKNOWN,
        details: expect.stringContaining('failed parsing request'),
      });
    });
  });
});
