import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import type { Member, Step } from './consortium/member.js';

describe('endorsement policies', () => {
  let consortium: Consortium;
  let org1: Member;

  beforeAll(async () => {
    consortium = await Consortium.start({
      endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
      config: { batchTimeoutMs: 150 },
      collections: [
        {
          name: 'pair',
          policy: "OR('Org1MSP.member','Org2MSP.member')",
          requiredPeerCount: 0,
          maxPeerCount: 1,
          endorsementPolicy: { signaturePolicy: "AND('Org1MSP.peer','Org2MSP.peer')" },
        },
        { name: 'open', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 },
      ],
    });
    org1 = consortium.member('Org1MSP');
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  const codeOf = async (steps: readonly Step[], endorsers?: string[]): Promise<number> =>
    (await org1.submit(steps, endorsers === undefined ? {} : { endorsers })).code;

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
    const other = async (endorsers: string[]): Promise<number> =>
      (await org1.submit([['put', 'm', '1']], { chaincode: 'other', endorsers })).code;
    expect(await other(['Org1MSP'])).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect(await other(['Org1MSP', 'Org2MSP'])).toBe(StatusCode.VALID);
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
        await org1.evaluate([
          ['get', 'locked'],
          ['getPolicy', 'locked'],
        ]),
      ).toEqual(['3', expect.any(Number)]);
    });

    test('is found by the gateway from the first simulation', async () => {
      expect(await codeOf([['put', 'locked', 'by gateway']])).toBe(StatusCode.VALID);
    });

    test('set in a block fails every later write of the block as ENDORSEMENT_POLICY_FAILURE, not as MVCC', async () => {
      await org1.submit([['put', 'lock2', '0']]);
      const endorsers = ['Org1MSP', 'Org2MSP'];
      const setter = await org1.endorse(
        [
          ['get', 'lock2'],
          ['setPolicy', 'lock2', endorsers],
        ],
        { endorsers },
      );
      const writer = await org1.endorse(
        [
          ['get', 'lock2'],
          ['put', 'lock2', '1'],
        ],
        { endorsers },
      );
      const reader = await org1.endorse(
        [
          ['get', 'lock2'],
          ['put', 'elsewhere', '1'],
        ],
        { endorsers },
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
      await org1.submit([['put', 'lock3', '0']]);
      const setter = await org1.endorse([['setPolicy', 'lock3', ['Org3MSP']]], { endorsers: ['Org1MSP'] });
      const writer = await org1.endorse([['put', 'lock3', '1']], { endorsers: ['Org1MSP', 'Org2MSP'] });
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

    test('that cannot be parsed makes later writes of the key invalid; the channel goes on', async () => {
      const endorsers = ['Org1MSP', 'Org2MSP'];
      expect(
        await codeOf(
          [
            ['put', 'bad', '1'],
            ['setPolicyBytes', 'bad', 'ffffffff'],
          ],
          endorsers,
        ),
      ).toBe(StatusCode.VALID);
      expect(await codeOf([['put', 'bad', '2']], endorsers).catch(() => StatusCode.ENDORSEMENT_POLICY_FAILURE)).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['put', 'good', '1']], endorsers)).toBe(StatusCode.VALID);
    });

    test('of a private key is judged by its hash', async () => {
      const endorsers = ['Org1MSP', 'Org2MSP'];
      expect(
        await codeOf(
          [
            ['putPrivate', 'pair', 'p', 'v'],
            ['setPrivatePolicy', 'pair', 'p', ['Org3MSP']],
          ],
          endorsers,
        ),
      ).toBe(StatusCode.VALID);
      expect(await codeOf([['putPrivate', 'pair', 'p', 'w']], endorsers)).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
      expect(await codeOf([['putPrivate', 'pair', 'p', 'w']], ['Org3MSP'])).toBe(StatusCode.VALID);
    });
  });

  describe('of a collection', () => {
    test('replaces the chaincode policy for its private keys, and only for them', async () => {
      expect(await codeOf([['putPrivate', 'pair', 'c', 'v']], ['Org1MSP', 'Org3MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['putPrivate', 'pair', 'c', 'v']], ['Org1MSP', 'Org2MSP'])).toBe(StatusCode.VALID);
      expect(await codeOf([['putPrivate', 'open', 'c', 'v']], ['Org1MSP', 'Org3MSP'])).toBe(StatusCode.VALID);
    });

    test('an implicit one wants its own organisation', async () => {
      expect(await codeOf([['putPrivate', '_implicit_org_Org1MSP', 'i', 'v']], ['Org2MSP', 'Org3MSP'])).toBe(
        StatusCode.ENDORSEMENT_POLICY_FAILURE,
      );
      expect(await codeOf([['putPrivate', '_implicit_org_Org1MSP', 'i', 'v']], ['Org1MSP'])).toBe(StatusCode.VALID);
    });

    test('transient data goes to members only, unless the client names others', async () => {
      const secret = { transientData: { secret: 'x' } };
      const { successful } = await org1.submit([['putTransient', 'pair', 't', 'secret']], secret);
      expect(successful).toBe(true);
      const { code, message } = await failureOf(
        consortium.member('Org3MSP').endorse(
          [
            ['putTransient', 'pair', 't2', 'secret'],
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
