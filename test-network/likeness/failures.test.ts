import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../plain/failure.js';
import type { Member } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { eventually } from '../plain/waiting.js';
import { likenessNetwork } from './network.js';

/** Fabric's peers take some seconds to miss one another. */
const patienceMs = 45_000;

describe('peers and chaincodes that fail', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  test('a chaincode that takes too long is given up, and can be called again', async () => {
    const { code, details } = await failureOf(org1.endorse([['sleep', 4500]], { endorsers: ['Org1MSP'] }));
    expect(code).toBe(Status.ABORTED);
    expect(details).toEqual([
      {
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        mspId: 'Org1MSP',
        message: expect.stringMatching(/error sending: timeout expired while executing transaction$/),
      },
    ]);
    expect(await org1.evaluate([['organisation']], { endorsers: ['Org1MSP'] })).toEqual(['Org1MSP']);
  }, 20_000);

  test('a chaincode that dies ends its transactions, and is dialled again when it is back', async () => {
    try {
      const [slow, deadly] = await Promise.all([
        failureOf(org1.endorse([['sleep', 2500]], { endorsers: ['Org3MSP'] })),
        failureOf(org1.endorse([['sleep', 500], ['die']], { endorsers: ['Org3MSP'] })),
      ]);
      for (const { code, details } of [slow, deadly]) {
        expect(code).toBe(Status.ABORTED);
        expect(details.map(({ message }) => message)).toEqual([
          expect.stringMatching(/error sending: chaincode stream terminated$/),
        ]);
      }
    } finally {
      await network.startChaincode('Org3MSP');
    }
    await eventually(async () => {
      expect(await org1.evaluate([['organisation']], { endorsers: ['Org3MSP'] })).toEqual(['Org3MSP']);
    });
  }, 30_000);

  describe('a peer that is down', () => {
    beforeAll(async () => {
      await network.stopPeer('Org2MSP');
    }, 60_000);

    afterAll(async () => {
      await network.startPeer('Org2MSP');
      await network.awaitReady();
    }, 120_000);

    test('refuses its own clients, and is UNAVAILABLE where it is named', async () => {
      await eventually(async () => {
        const { code, message } = await failureOf(
          org1.endorse([['put', 'a', '1']], { endorsers: ['Org1MSP', 'Org2MSP'] }),
        );
        expect(message).toMatch(/failed to find any endorsing peers for org\(s\): Org2MSP/);
        expect(code).toBe(Status.UNAVAILABLE);
      }, patienceMs);
      const { code } = await failureOf(network.member('Org2MSP').evaluate([['get', 'a']]));
      expect(code).toBe(Status.UNAVAILABLE);
    }, 60_000);

    test('is gone round by the gateway where others are enough', async () => {
      const { code } = await org1.submit([['put', 'round', '1']], { chaincode: 'two' });
      expect(code).toBe(StatusCode.VALID);
    });

    test('cannot be gone round where its endorsement is asked for', async () => {
      const { code, message } = await failureOf(
        org1.endorse([['putPrivate', 'both', 'k', 'v']], { chaincode: 'two', endorsers: ['Org1MSP', 'Org2MSP'] }),
      );
      expect(code).toBe(Status.UNAVAILABLE);
      expect(message).toMatch(/failed to find any endorsing peers for org\(s\): Org2MSP/);
    });

    test('has everything when it is back', async () => {
      await network.startPeer('Org2MSP');
      await network.awaitReady();
      await eventually(async () => {
        const [value] = await network.member('Org2MSP').evaluate([['get', 'round']], { chaincode: 'two' });
        expect(value).toBe('1');
      }, patienceMs);
      expect((await org1.submit([['put', 'back', '1']], { endorsers: ['Org2MSP'] })).code).toBe(StatusCode.VALID);
    }, 120_000);
  });
});
