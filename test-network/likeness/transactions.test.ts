import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPrepared } from '../plain/read-write-set.js';
import { failureOf } from '../plain/failure.js';
import type { Member } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { likenessNetwork } from './network.js';

describe('transactions on public state', () => {
  let network: PlainNetwork;
  let org1: Member;
  let org2: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
    org2 = network.member('Org2MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  test('a value that one organisation wrote is read by another', async () => {
    const { successful, blockNumber, result } = await org1.submit([
      ['get', 'a'],
      ['put', 'a', 'one'],
    ]);
    expect(successful).toBe(true);
    expect(Number(blockNumber)).toBeGreaterThan(0);
    expect(result[0]).toBe('');
    expect(await org2.evaluate([['get', 'a'], ['creator'], ['organisation']])).toEqual(['one', 'Org2MSP', 'Org2MSP']);
  });

  test('a transaction does not read its own writes', async () => {
    const { result } = await org1.submit([
      ['put', 'own', 'new'],
      ['get', 'own'],
      ['range', 'own', 'owo'],
    ]);
    expect(result.slice(1)).toEqual(['', []]);
  });

  test('of equal creations one is valid, the others are MVCC_READ_CONFLICT', async () => {
    const endorsed = await Promise.all(
      Array.from({ length: 20 }, () =>
        org1.endorse([
          ['get', 'race'],
          ['put', 'race', 'x'],
        ]),
      ),
    );
    // Ordered only when all are endorsed: what is endorsed after the first commit is no creation.
    const sent = await Promise.all(endorsed.map((transaction) => transaction.submit()));
    const codes = await Promise.all(sent.map(async (transaction) => (await transaction.getStatus()).code));
    expect(codes.filter((code) => code === StatusCode.VALID)).toHaveLength(1);
    expect(codes.filter((code) => code === StatusCode.MVCC_READ_CONFLICT)).toHaveLength(19);
  });

  test('a stale read is a conflict in a later block too', async () => {
    await org1.submit([['put', 'stale', '1']]);
    const endorsed = await org1.endorse([
      ['get', 'stale'],
      ['put', 'stale', '2'],
    ]);
    await org2.submit([['put', 'stale', '3']]);
    expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.MVCC_READ_CONFLICT);
    expect(await org1.evaluate([['get', 'stale']])).toEqual(['3']);
  });

  test('a deleted key is gone, and its deletion conflicts with who read it', async () => {
    await org1.submit([['put', 'gone', '1']]);
    const endorsed = await org1.endorse([
      ['get', 'gone'],
      ['put', 'copy', 'x'],
    ]);
    await org1.submit([['delete', 'gone']]);
    expect(await org1.evaluate([['get', 'gone']])).toEqual(['']);
    expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.MVCC_READ_CONFLICT);
  });

  test('keys are ordered by their UTF-8 bytes', async () => {
    await org1.submit([
      ['put', 'utf8\u{1F600}', 'emoji'],
      ['put', 'utf8\uFF5E', 'tilde'],
      ['put', 'utf8a', 'a'],
    ]);
    const [entries] = await org1.evaluate([['range', 'utf8', 'utf9']]);
    expect(entries).toEqual([
      ['utf8a', 'a'],
      ['utf8\uFF5E', 'tilde'],
      ['utf8\u{1F600}', 'emoji'],
    ]);
  });

  describe('ranges', () => {
    test('an added, a changed and a removed key are phantoms', async () => {
      await org1.submit([
        ['put', 'r1', '1'],
        ['put', 'r2', '2'],
        ['put', 'r3', '3'],
      ]);
      for (const change of [
        ['put', 'r15', 'x'],
        ['put', 'r2', 'y'],
        ['delete', 'r3'],
      ] as const) {
        const endorsed = await org1.endorse([
          ['range', 'r', 's'],
          ['put', 'sum', 'z'],
        ]);
        await org1.submit([change]);
        expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
      }
    });

    test('a change outside the range is none', async () => {
      const endorsed = await org1.endorse([
        ['range', 'r', 's'],
        ['put', 'sum', 'z'],
      ]);
      await org1.submit([['put', 's', 'x']]);
      expect((await (await endorsed.submit()).getStatus()).code).toBe(StatusCode.VALID);
    });

    test('many reads are summarised as hashes, and checked all the same', async () => {
      await org1.submit(
        Array.from({ length: 180 }, (_, i) => ['put', `m${String(i).padStart(3, '0')}`, `${i}`] as const),
      );
      const same = await org1.endorse([
        ['range', 'm', 'n'],
        ['put', 'sum-m', '1'],
      ]);
      expect((await (await same.submit()).getStatus()).code).toBe(StatusCode.VALID);
      const [entries] = await org1.evaluate([['range', 'm', 'n']]);
      expect(entries).toHaveLength(180);
      const phantom = await org1.endorse([
        ['range', 'm', 'n'],
        ['put', 'sum-m', '2'],
      ]);
      await org1.submit([['put', 'm0905', 'between']]);
      expect((await (await phantom.submit()).getStatus()).code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
    });

    test('a phantom within the same block is found', async () => {
      const reader = await org1.endorse([
        ['range', 'r', 's'],
        ['put', 'sum', 'z'],
      ]);
      const writer = await org1.endorse([['put', 'r99', 'x']]);
      const sent = [await writer.submit(), await reader.submit()];
      const [first, second] = await Promise.all(sent.map(async (transaction) => transaction.getStatus()));
      expect(first?.code).toBe(StatusCode.VALID);
      expect(second?.code).toBe(StatusCode.PHANTOM_READ_CONFLICT);
      expect(second?.blockNumber).toBe(first?.blockNumber);
    });

    test('pages follow each other by their bookmark', async () => {
      await org1.submit(['p1', 'p2', 'p3', 'p4', 'p5'].map((key) => ['put', key, key] as const));
      const [first] = await org1.evaluate([['page', 'p', 'q', 2]]);
      expect(first).toEqual({
        entries: [
          ['p1', 'p1'],
          ['p2', 'p2'],
        ],
        bookmark: 'p3',
        count: 2,
      });
      const [last] = await org1.evaluate([['page', 'p', 'q', 10, 'p3']]);
      expect(last).toEqual({
        entries: [
          ['p3', 'p3'],
          ['p4', 'p4'],
          ['p5', 'p5'],
        ],
        bookmark: '',
        count: 3,
      });
    });

    test('pages and writes do not go together', async () => {
      const { details } = await failureOf(
        org1.endorse([
          ['page', 'p', 'q', 2],
          ['put', 'x', 'y'],
        ]),
      );
      expect(details[0]?.message).toMatch(
        /^chaincode response 500, .*Transaction has already performed a paginated query\. Writes are not allowed$/,
      );
    });
  });

  test('the history of a key is newest first and knows deletions', async () => {
    await org1.submit([['put', 'h', '1']]);
    await org1.submit([['put', 'h', '2']]);
    await org1.submit([['delete', 'h']]);
    await org1.submit([['put', 'h', '3']]);
    const [entries] = await org1.evaluate([['history', 'h']]);
    expect((entries as { value: string; deleted: boolean }[]).map(({ value, deleted }) => [value, deleted])).toEqual([
      ['3', false],
      ['', true],
      ['2', false],
      ['1', false],
    ]);
  });

  test('rich queries are refused as on LevelDB', async () => {
    const { code, message } = await failureOf(org1.evaluate([['query', '{"selector":{}}']]));
    expect(code).toBe(Status.UNKNOWN);
    expect(message).toMatch(
      /GET_QUERY_RESULT failed: transaction ID: [0-9a-f]{64}: ExecuteQuery not supported for leveldb/,
    );
  });

  describe('errors of the chaincode', () => {
    test('without a message: clients whose HTTP/2 is strict have the details only', async () => {
      const details = [expect.objectContaining({ message: 'chaincode response 500, ' })];
      expect(await failureOf(org1.evaluate([['fail', '']]))).toMatchObject({ message: '2 UNKNOWN: ', details });
      expect(await failureOf(org1.evaluate([['fail', ' %\u00e9\n ']]))).toMatchObject({
        message: '2 UNKNOWN: ',
        details: [{ message: 'chaincode response 500,  %\u00e9\n ' }],
      });
    });

    test('an evaluation tells the message', async () => {
      const failure = await failureOf(org1.evaluate([['fail', 'no such asset']]));
      expect(failure.code).toBe(Status.UNKNOWN);
      expect(failure.message).toMatch(
        /evaluate call to endorser returned error: chaincode response 500, no such asset/,
      );
      expect(failure.details).toEqual([
        {
          address: network.access('Org1MSP').address,
          mspId: 'Org1MSP',
          message: 'chaincode response 500, no such asset',
        },
      ]);
    });

    test('an endorsement tells it in the details', async () => {
      const first = await failureOf(org1.endorse([['fail', 'no such asset']]));
      expect(first.code).toBe(Status.ABORTED);
      expect(first.isEndorseError).toBe(true);
      expect(first.message).toMatch(/failed to endorse transaction, see attached details for more info/);
      const named = await failureOf(org1.endorse([['fail', 'no such asset']], { endorsers: ['Org1MSP', 'Org2MSP'] }));
      expect(named.code).toBe(Status.ABORTED);
      expect(named.message).toMatch(
        /failed to collect enough transaction endorsements, see attached details for more info/,
      );
      expect(named.details.map(({ mspId, message }) => [mspId, message]).sort()).toEqual([
        ['Org1MSP', 'chaincode response 500, no such asset'],
        ['Org2MSP', 'chaincode response 500, no such asset'],
      ]);
    });

    test('endorsers that disagree are ABORTED', async () => {
      const { code, details } = await failureOf(
        org1.endorse([['putOrganisation', 'who']], { endorsers: ['Org1MSP', 'Org2MSP'] }),
      );
      expect(code).toBe(Status.ABORTED);
      expect(details.map(({ message }) => message)).toEqual(['ProposalResponsePayloads do not match']);
    });

    test('an unknown chaincode has no peers', async () => {
      expect(await failureOf(org1.evaluate([['get', 'a']], { chaincode: 'nothing' }))).toMatchObject({
        code: Status.FAILED_PRECONDITION,
        message: expect.stringContaining('no peers available to evaluate chaincode nothing in channel mychannel'),
      });
      expect(
        await failureOf(org1.endorse([['get', 'a']], { chaincode: 'nothing', endorsers: ['Org1MSP'] })),
      ).toMatchObject({
        code: Status.UNAVAILABLE,
        message: expect.stringContaining('failed to find any endorsing peers for org(s): Org1MSP'),
      });
    });
  });

  describe('chaincode that calls chaincode', () => {
    test('writes in its own namespace, under the policies of both', async () => {
      const { successful, result } = await org1.submit([
        [
          'invoke',
          'majority',
          [
            ['put', 'x', 'from steps'],
            ['get', 'a'],
          ],
        ],
      ]);
      expect(successful).toBe(true);
      expect(result[0]).toMatchObject({ status: 200, payload: JSON.stringify([null, '']) });
      expect(await org1.evaluate([['get', 'x']])).toEqual(['']);
      expect(await org1.evaluate([['get', 'x']], { chaincode: 'majority' })).toEqual(['from steps']);
    });

    test('an unknown chaincode leaves a read in the namespace of the legacy lifecycle', async () => {
      const endorsed = await org1.endorse([
        ['get', 'a'],
        ['try', 'invoke', 'nothing', []],
      ]);
      expect(openPrepared(endorsed.getBytes()).results.map(({ namespace }) => namespace)).toEqual(['lscc', 'steps']);
    });

    test('an unknown chaincode is an error', async () => {
      const { details } = await failureOf(org1.endorse([['invoke', 'nothing', []]]));
      expect(details[0]?.message).toMatch(
        /INVOKE_CHAINCODE failed: transaction ID: [0-9a-f]{64}: execute failed: .*chaincode nothing not found/,
      );
    });
  });

  test('the same proposal is not endorsed again once it is committed', async () => {
    const proposal = org1.contract().newProposal('run', { arguments: [JSON.stringify([['put', 'once', '1']])] });
    const first = await proposal.endorse();
    const again = await proposal.endorse();
    expect((await (await first.submit()).getStatus()).code).toBe(StatusCode.VALID);
    const { details } = await failureOf(proposal.endorse());
    expect(details[0]?.message).toMatch(
      new RegExp(`^duplicate transaction found \\[${proposal.getTransactionId()}\\]`),
    );
    // The envelope itself is accepted for ordering, as on Fabric; its second place is DUPLICATE_TXID.
    await again.submit();
    const events = await org1.network.getFilteredBlockEvents({ startBlock: 1n });
    const codes: number[] = [];
    for await (const block of events) {
      for (const transaction of block.getFilteredTransactionsList()) {
        if (transaction.getTxid() === proposal.getTransactionId()) codes.push(transaction.getTxValidationCode());
      }
      if (codes.length === 2) break;
    }
    events.close();
    expect(codes).toEqual([StatusCode.VALID, StatusCode.DUPLICATE_TXID]);
    expect(
      await org1.evaluate([
        ['get', 'once'],
        ['history', 'once'],
      ]),
    ).toEqual(['1', [expect.anything()]]);
  });
});
