import { createHash } from 'node:crypto';
import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../plain/failure.js';
import { Member } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { eventually } from '../plain/waiting.js';
import { likenessNetwork } from './network.js';

const IMPLICIT3 = '_implicit_org_Org3MSP';

describe('private data', () => {
  let network: PlainNetwork;
  let org1: Member;
  let org2: Member;
  let org3: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
    org2 = network.member('Org2MSP');
    org3 = network.member('Org3MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  test('every member has the value, everybody the hash', async () => {
    expect(
      (
        await org1.submit([['putTransient', 'pair', 'k', 'secret']], {
          transientData: { secret: 'plain' },
          endorsers: ['Org1MSP'],
        })
      ).code,
    ).toBe(StatusCode.VALID);
    expect(await org1.evaluate([['getPrivate', 'pair', 'k']])).toEqual(['plain']);
    expect(await org2.evaluate([['getPrivate', 'pair', 'k']])).toEqual(['plain']);
    for (const member of [org1, org2, org3])
      expect(await member.evaluate([['getPrivateHash', 'pair', 'k']])).toEqual([sha256('plain')]);
  });

  test('who is no member is refused by memberOnlyRead and memberOnlyWrite', async () => {
    const read = await failureOf(org3.evaluate([['getPrivate', 'pair', 'k']]));
    expect(read.message).toMatch(
      /tx creator does not have read access permission on privatedata in chaincodeName:steps collectionName: pair/,
    );
    const write = await failureOf(org3.endorse([['putPrivate', 'pair', 'k', 'x']]));
    expect(write.details[0]?.message).toMatch(
      /tx creator does not have write access permission on privatedata in chaincodeName:steps collectionName: pair/,
    );
  });

  test('a delivered block has it for members, and for every reader where reading is not for members only', async () => {
    const { blockNumber } = await org1.submit(
      [
        ['putPrivate', 'pair', 'delivered', 'x'],
        ['putPrivate', 'loose', 'delivered', 'y'],
      ],
      { endorsers: ['Org1MSP'] },
    );
    const { slug } = network.access('Org3MSP');
    const guest = Member.open(
      { ...network.access('Org1MSP'), mspId: 'Org3MSP', slug, settled: () => network.settled() },
      network.layout,
      'User1',
    );
    try {
      const collectionsFor = async (reader: Member): Promise<string[]> => {
        using events = await reader.network.getBlockAndPrivateDataEvents({ startBlock: blockNumber });
        for await (const block of events) {
          return [...block.getPrivateDataMapMap().values()].flatMap((transaction) =>
            transaction
              .getNsPvtRwsetList()
              .flatMap((set) => set.getCollectionPvtRwsetList().map((collection) => collection.getCollectionName())),
          );
        }
        return [];
      };
      expect(await collectionsFor(org1)).toEqual(['loose', 'pair']);
      expect(await collectionsFor(guest)).toEqual(['loose']);
    } finally {
      guest.close();
    }
  });

  test("a member's peer that has no value says so; it does not read as absent", async () => {
    const { message } = await failureOf(org1.evaluate([['getPrivate', 'pair', 'k']], { endorsers: ['Org3MSP'] }));
    expect(message).toMatch(
      /private data matching public hash version is not available\. Public hash version = \{BlockNum: \d+, TxNum: 0\}, Private data version = <nil>/,
    );
  });

  test('a blind write by an endorser that is no member is refused by the collection policy, not before', async () => {
    expect((await org3.submit([['putPrivate', 'loose', 'blind', 'v']], { endorsers: ['Org3MSP'] })).code).toBe(
      StatusCode.ENDORSEMENT_POLICY_FAILURE,
    );
    expect((await org3.submit([['putPrivate', 'loose', 'blind', 'v']], { endorsers: ['Org1MSP'] })).code).toBe(
      StatusCode.VALID,
    );
    expect(await org2.evaluate([['getPrivate', 'loose', 'blind']])).toEqual(['v']);
  });

  test('an undefined collection is an error', async () => {
    expect((await failureOf(org1.evaluate([['getPrivate', 'nowhere', 'k']]))).message).toMatch(
      /collection mychannel\/steps\/nowhere could not be found/,
    );
    expect((await failureOf(org1.evaluate([['getPrivateHash', 'nowhere', 'k']]))).message).toMatch(
      /collection \[nowhere\] not defined in the collection config for chaincode \[steps\]/,
    );
  });

  test('a private read conflicts like a public one', async () => {
    const endorsed = await org1.endorse(
      [
        ['getPrivate', 'pair', 'k'],
        ['putPrivate', 'pair', 'k2', 'x'],
      ],
      { endorsers: ['Org1MSP'] },
    );
    await org1.submit([['putPrivate', 'pair', 'k', 'changed']], { endorsers: ['Org1MSP'] });
    expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.MVCC_READ_CONFLICT);
  });

  test('metadata alone renews the version of the value at every member', async () => {
    await org1.submit([['putPrivate', 'pair', 'meta', 'v']], { endorsers: ['Org1MSP'] });
    await org1.submit([['setPrivatePolicy', 'pair', 'meta', ['Org1MSP']]], { endorsers: ['Org1MSP'] });
    expect(await org1.evaluate([['getPrivate', 'pair', 'meta']])).toEqual(['v']);
    expect(await org2.evaluate([['getPrivate', 'pair', 'meta']])).toEqual(['v']);
  });

  test('ranges are read, but not in a transaction that writes', async () => {
    await org1.submit(
      [
        ['putPrivate', 'loose', 'r1', '1'],
        ['putPrivate', 'loose', 'r2', '2'],
      ],
      { endorsers: ['Org1MSP'] },
    );
    expect(await org1.evaluate([['rangePrivate', 'loose', 'r', 's']])).toEqual([
      [
        ['r1', '1'],
        ['r2', '2'],
      ],
    ]);
    const { details } = await failureOf(
      org1.endorse([
        ['rangePrivate', 'loose', 'r', 's'],
        ['put', 'x', 'y'],
      ]),
    );
    expect(details[0]?.message).toMatch(
      /Transaction has already performed queries on pvt data\. Writes are not allowed/,
    );
  });

  test('an implicit collection is its organisation’s alone', async () => {
    await org3.submit([['putPrivate', IMPLICIT3, 'own', 'mine']], { endorsers: ['Org3MSP'] });
    expect(await org3.evaluate([['getPrivate', IMPLICIT3, 'own']])).toEqual(['mine']);
    expect((await failureOf(org1.evaluate([['getPrivate', IMPLICIT3, 'own']]))).message).toMatch(
      /private data matching public hash version is not available/,
    );
    expect(await org1.evaluate([['getPrivateHash', IMPLICIT3, 'own']])).toEqual([sha256('mine')]);
    // The peer does not ask who reads; that is the chaincode's to decide.
    expect(await org1.evaluate([['getPrivate', IMPLICIT3, 'own']], { endorsers: ['Org3MSP'] })).toEqual(['mine']);
  });

  test('a deleted value is gone for all', async () => {
    await org1.submit([['putPrivate', 'loose', 'del', 'v']], { endorsers: ['Org1MSP'] });
    await org1.submit([['deletePrivate', 'loose', 'del']], { endorsers: ['Org2MSP'] });
    expect(
      await org1.evaluate([
        ['getPrivate', 'loose', 'del'],
        ['getPrivateHash', 'loose', 'del'],
      ]),
    ).toEqual(['', '']);
  });

  test('a purge removes value and hash', async () => {
    for (const value of ['old', 'new']) {
      await org1.submit(
        [
          ['putTransient', 'loose', 'purged', 'secret'],
          ['putPrivate', 'loose', 'kept', 'stays'],
        ],
        { transientData: { secret: value }, endorsers: ['Org1MSP'] },
      );
    }
    expect((await org1.submit([['purgePrivate', 'loose', 'purged']], { endorsers: ['Org1MSP'] })).code).toBe(
      StatusCode.VALID,
    );
    for (const member of [org1, org2]) {
      expect(
        await member.evaluate([
          ['getPrivate', 'loose', 'purged'],
          ['getPrivateHash', 'loose', 'purged'],
          ['getPrivate', 'loose', 'kept'],
        ]),
      ).toEqual(['', '', 'stays']);
    }
  });

  test('blockToLive ends value and hash after that many blocks', async () => {
    await org1.submit([['putPrivate', 'brief', 'b', 'v']], { endorsers: ['Org1MSP'] });
    for (const block of [1, 2]) {
      await org1.submit([['put', 'tick', `${block}`]]);
      expect(await org2.evaluate([['getPrivate', 'brief', 'b']])).toEqual(['v']);
    }
    await org1.submit([['put', 'tick', '3']]);
    for (const member of [org1, org2])
      expect(
        await member.evaluate([
          ['getPrivate', 'brief', 'b'],
          ['getPrivateHash', 'brief', 'b'],
        ]),
      ).toEqual(['', '']);
  });

  test('setting the policy of a private key lets value and hash live anew', async () => {
    const found = async (): Promise<unknown[][]> =>
      Promise.all(
        [org1, org2].map(async (member) =>
          member.evaluate([
            ['getPrivate', 'brief', 'renewed'],
            ['getPrivateHash', 'brief', 'renewed'],
          ]),
        ),
      );
    await org1.submit([['putPrivate', 'brief', 'renewed', 'v']], { endorsers: ['Org1MSP'] });
    await org1.submit([['setPrivatePolicy', 'brief', 'renewed', ['Org1MSP']]], { endorsers: ['Org1MSP'] });
    const alive = await found();
    expect(alive[0]?.[0]).toBe('v');
    for (const block of [1, 2]) {
      await org1.submit([['put', 'tick', `${block}`]]);
      expect(await found()).toEqual(alive);
    }
    await org1.submit([['put', 'tick', '3']]);
    expect(await found()).toEqual([
      ['', ''],
      ['', ''],
    ]);
  });

  describe('when the endorser goes down between endorsement and commit', () => {
    test('what was disseminated is with the other member', async () => {
      const endorsed = await org2.endorse([['putPrivate', 'copied', 'd', 'v']], { endorsers: ['Org1MSP'] });
      await whileDown(async () => {
        expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.VALID);
        expect(await org2.evaluate([['getPrivate', 'copied', 'd']])).toEqual(['v']);
        const { code, message, details } = await failureOf(
          org2.endorse([['putPrivate', 'copied', 'e', 'v']], { endorsers: ['Org2MSP'] }),
        );
        expect(code).toBe(Status.ABORTED);
        expect(message).toMatch(/failed to collect enough transaction endorsements/);
        expect(details[0]?.message).toMatch(
          /^error in simulation: failed to distribute private collection, .*required to disseminate to at least 1 peers, but know of only 0 eligible peers$/,
        );
      });
    });

    test('what was not is missing until the endorser is back', async () => {
      const endorsed = await org2.endorse([['putPrivate', 'solo', 's', 'v']], { endorsers: ['Org1MSP'] });
      await whileDown(async () => {
        expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.VALID);
        expect((await failureOf(org2.evaluate([['getPrivate', 'solo', 's']]))).message).toMatch(
          /private data matching public hash version is not available/,
        );
      });
      await eventually(async () => {
        expect(await org2.evaluate([['getPrivate', 'solo', 's']])).toEqual(['v']);
      });
    });

    const whileDown = async (body: () => Promise<void>): Promise<void> => {
      await network.stopPeer('Org1MSP');
      // Fabric's gossip takes some seconds to notice.
      await eventually(async () => {
        const { code } = await failureOf(org2.endorse([['get', 'a']], { endorsers: ['Org1MSP'] }));
        expect(code).toBe(Status.UNAVAILABLE);
      }, 30_000);
      try {
        await body();
      } finally {
        await network.startPeer('Org1MSP');
        await network.awaitReady();
      }
    };
  });
});
