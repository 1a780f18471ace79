import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, msp } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../plain/failure.js';
import type { Member, Step } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { likenessNetwork, mspIds } from './network.js';

describe('endorsement policies', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  const chaincode = 'two';
  const codeOf = async (steps: readonly Step[], endorsers?: string[]): Promise<number> =>
    (await org1.submit(steps, { chaincode, ...(endorsers === undefined ? {} : { endorsers }) })).code;

  test('too few endorsers fail at commit, not before', async () => {
    expect(await codeOf([['put', 'k', '1']], ['Org1MSP'])).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect(await codeOf([['put', 'k', '1']], ['Org1MSP', 'Org3MSP'])).toBe(StatusCode.VALID);
  });

  test('the gateway finds enough endorsers by itself, its own peer first', async () => {
    expect(await codeOf([['put', 'auto', '1']])).toBe(StatusCode.VALID);
  });

  test('a transaction that writes nothing is held to the chaincode policy', async () => {
    expect(await codeOf([['get', 'k']], ['Org1MSP'])).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test('a majority is the default', async () => {
    const majority = async (endorsers: string[]): Promise<number> =>
      (await org1.submit([['put', 'm', '1']], { chaincode: 'majority', endorsers })).code;
    expect(await majority(['Org1MSP'])).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect(await majority(['Org1MSP', 'Org2MSP'])).toBe(StatusCode.VALID);
  });

  describe('of a key', () => {
    test('replaces the chaincode policy, and guards its own change', async () => {
      expect(
        await codeOf(
          [
            ['put', 'locked', '1'],
            ['setPolicy', 'locked', ['Org3MSP']],
          ],
          ['Org1MSP', 'Org2MSP'],
        ),
      ).toBe(StatusCode.VALID);
      expect(await codeOf([['put', 'locked', '2']], ['Org1MSP', 'Org2MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['delete', 'locked']], ['Org1MSP', 'Org2MSP'])).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
      expect(await codeOf([['setPolicy', 'locked', ['Org1MSP']]], ['Org1MSP', 'Org2MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['put', 'locked', '3']], ['Org3MSP'])).toBe(StatusCode.VALID);
      expect(
        await org1.evaluate(
          [
            ['get', 'locked'],
            ['getPolicy', 'locked'],
          ],
          { chaincode },
        ),
      ).toEqual(['3', expect.stringMatching(/^[0-9a-f]+$/)]);
    });

    test('is found by the gateway from the first simulation', async () => {
      expect(await codeOf([['put', 'locked', 'by gateway']])).toBe(StatusCode.VALID);
    });

    test('set in a block fails every later write of the block as ENDORSEMENT_POLICY_FAILURE, not as MVCC', async () => {
      await org1.submit([['put', 'lock2', '0']], { chaincode });
      const endorsers = ['Org1MSP', 'Org2MSP'];
      const setter = await org1.endorse(
        [
          ['get', 'lock2'],
          ['setPolicy', 'lock2', endorsers],
        ],
        { chaincode, endorsers },
      );
      const writer = await org1.endorse(
        [
          ['get', 'lock2'],
          ['put', 'lock2', '1'],
        ],
        { chaincode, endorsers },
      );
      const reader = await org1.endorse(
        [
          ['get', 'lock2'],
          ['put', 'elsewhere', '1'],
        ],
        { chaincode, endorsers },
      );
      const sent = [await setter.submit(), await writer.submit(), await reader.submit()];
      const statuses = await Promise.all(sent.map(async (transaction) => transaction.getStatus()));
      expect(new Set(statuses.map(({ blockNumber }) => blockNumber)).size).toBe(1);
      expect(statuses.map(({ code }) => code)).toEqual([
        StatusCode.VALID,
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
        StatusCode.MVCC_READ_CONFLICT,
      ]);
    });

    test('set by an invalid transaction has no effect on the block', async () => {
      await org1.submit([['put', 'lock3', '0']], { chaincode });
      const setter = await org1.endorse([['setPolicy', 'lock3', ['Org3MSP']]], { chaincode, endorsers: ['Org1MSP'] });
      const writer = await org1.endorse([['put', 'lock3', '1']], { chaincode, endorsers: ['Org1MSP', 'Org2MSP'] });
      const sent = [await setter.submit(), await writer.submit()];
      const statuses = await Promise.all(sent.map(async (transaction) => transaction.getStatus()));
      expect(statuses.map(({ code }) => code)).toEqual([StatusCode.ENDORSEMENT_POLICY_FAILURE, StatusCode.VALID]);
    });

    test('survives a write of the value and goes with the key', async () => {
      expect(
        await codeOf([
          ['put', 'lock4', '1'],
          ['setPolicy', 'lock4', ['Org1MSP']],
        ]),
      ).toBe(StatusCode.VALID);
      expect(await codeOf([['put', 'lock4', '2']], ['Org1MSP'])).toBe(StatusCode.VALID);
      expect(await codeOf([['put', 'lock4', '3']], ['Org1MSP'])).toBe(StatusCode.VALID);
      expect(await codeOf([['delete', 'lock4']], ['Org1MSP'])).toBe(StatusCode.VALID);
      expect(await codeOf([['put', 'lock4', '4']], ['Org1MSP'])).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    });

    test('goes with a deletion, also where the same block puts the key again', async () => {
      await codeOf(
        [
          ['put', 'lock5', '1'],
          ['setPolicy', 'lock5', ['Org1MSP']],
        ],
        ['Org1MSP', 'Org2MSP'],
      );
      const own = { chaincode, endorsers: ['Org1MSP'] };
      const deletion = await org1.endorse([['delete', 'lock5']], own);
      const anew = await org1.endorse([['put', 'lock5', '2']], own);
      const sent = [await deletion.submit(), await anew.submit()];
      const statuses = await Promise.all(sent.map(async (transaction) => transaction.getStatus()));
      expect(new Set(statuses.map(({ blockNumber }) => blockNumber)).size).toBe(1);
      expect(statuses.map(({ code }) => code)).toEqual([StatusCode.VALID, StatusCode.VALID]);
      expect(await codeOf([['put', 'lock5', '3']], ['Org2MSP', 'Org3MSP'])).toBe(StatusCode.VALID);
    });

    test('of a private key is judged by its hash', async () => {
      const endorsers = ['Org1MSP', 'Org2MSP'];
      expect(
        await codeOf(
          [
            ['putPrivate', 'both', 'p', 'v'],
            ['setPrivatePolicy', 'both', 'p', ['Org3MSP']],
          ],
          endorsers,
        ),
      ).toBe(StatusCode.VALID);
      expect(await codeOf([['putPrivate', 'both', 'p', 'w']], endorsers)).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
      expect(await codeOf([['putPrivate', 'both', 'p', 'w']], ['Org3MSP'])).toBe(StatusCode.VALID);
    });
  });

  describe('that name an organisation twice', () => {
    const twice = { chaincode: 'twice' };

    test('are met where a combination names it once', async () => {
      expect((await org1.submit([['put', 'once', '1']], twice)).code).toBe(StatusCode.VALID);
      const by = async (...endorsers: string[]): Promise<number> =>
        (await org1.submit([['put', 'once', '2']], { ...twice, endorsers })).code;
      expect(await by('Org1MSP', 'Org2MSP')).toBe(StatusCode.VALID);
      expect(await by('Org1MSP', 'Org3MSP')).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    });

    test('push out combinations that would do, once the policy of a key comes in', async () => {
      const lock: Step[] = [
        ['put', 'pushed', '1'],
        ['setPolicy', 'pushed', ['Org1MSP', 'Org3MSP']],
      ];
      expect((await org1.submit(lock, twice)).code).toBe(StatusCode.VALID);
      const both: Step[] = [
        ['put', 'pushed', '2'],
        ['put', 'beside', '2'],
      ];
      expect(await failureOf(org1.endorse(both, twice))).toMatchObject({
        code: Status.FAILED_PRECONDITION,
        message: expect.stringMatching(
          /no combination of peers can be derived which satisfy the endorsement policy: no peer combination can satisfy the endorsement policy$/,
        ),
      });
      expect((await org1.submit(both, { ...twice, endorsers: [...mspIds] })).code).toBe(StatusCode.VALID);
    });

    test('as two kinds of member take a second peer of it', async () => {
      const bytes = Buffer.from(policyOf('Org1MSP', PEER, MEMBER)).toString('hex');
      const lock: Step[] = [
        ['put', 'kinds', '1'],
        ['setPolicyBytes', 'kinds', bytes],
      ];
      expect((await org1.submit(lock, twice)).code).toBe(StatusCode.VALID);
      expect(await failureOf(org1.endorse([['put', 'kinds', '2']], twice))).toMatchObject({
        code: Status.ABORTED,
        message: expect.stringContaining('failed to collect enough transaction endorsements'),
        details: [],
      });
    });
  });

  describe('of a collection', () => {
    test('replaces the chaincode policy for its private keys, and only for them', async () => {
      expect(await codeOf([['putPrivate', 'both', 'c', 'v']], ['Org1MSP', 'Org3MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['putPrivate', 'both', 'c', 'v']], ['Org1MSP', 'Org2MSP'])).toBe(StatusCode.VALID);
      expect(await codeOf([['putPrivate', 'open', 'c', 'v']], ['Org1MSP', 'Org3MSP'])).toBe(StatusCode.VALID);
    });

    test('that refers to a policy which the channel does not have is satisfied by nobody', async () => {
      expect(await codeOf([['putPrivate', 'nobody', 'n', 'v']], ['Org1MSP', 'Org2MSP', 'Org3MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      const { code, message } = await failureOf(org1.endorse([['putPrivate', 'nobody', 'n', 'v']], { chaincode }));
      expect(code).toBe(Status.FAILED_PRECONDITION);
      expect(message).toMatch(/No metadata was found for chaincode two in channel mychannel$/);
    });

    test('an implicit one wants its own organisation', async () => {
      expect(await codeOf([['putPrivate', '_implicit_org_Org1MSP', 'i', 'v']], ['Org2MSP', 'Org3MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['putPrivate', '_implicit_org_Org1MSP', 'i', 'v']], ['Org1MSP'])).toBe(StatusCode.VALID);
    });

    test('transient data goes to members only, unless the client names others', async () => {
      const secret = { chaincode, transientData: { secret: 'x' } };
      const { successful } = await org1.submit([['putTransient', 'both', 't', 'secret']], secret);
      expect(successful).toBe(true);
      const { code, message } = await failureOf(
        network.member('Org3MSP').endorse(
          [
            ['putTransient', 'both', 't2', 'secret'],
            ['putPrivate', '_implicit_org_Org3MSP', 'x', 'y'],
          ],
          secret,
        ),
      );
      expect(code).toBe(Status.FAILED_PRECONDITION);
      expect(message).toMatch(
        /retry specifying trusted endorsing organizations to protect transient data|no combination of peers/,
      );
    });
  });
});

const { PEER, MEMBER } = msp.MSPRole.MSPRoleType;

/** One signature of an organisation for each of the roles. */
function policyOf(mspId: string, ...roles: (0 | 3)[]): Uint8Array {
  const envelope = new common.SignaturePolicyEnvelope();
  const gate = new common.SignaturePolicy.NOutOf();
  gate.setN(roles.length);
  for (const [index, role] of roles.entries()) {
    const named = new msp.MSPRole();
    named.setMspIdentifier(mspId);
    named.setRole(role);
    const principal = new msp.MSPPrincipal();
    principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
    principal.setPrincipal(named.serializeBinary());
    envelope.addIdentities(principal);
    const rule = new common.SignaturePolicy();
    rule.setSignedBy(index);
    gate.addRules(rule);
  }
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(gate);
  envelope.setRule(rule);
  return envelope.serializeBinary();
}
