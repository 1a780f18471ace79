import { createHash } from 'node:crypto';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, ledger, orderer, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dataHash, envelopesOf, headerHash, headerOf, metadataOf, numberOf, take } from '../plain/block.js';
import type { Member, Step } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { deliver, envelope, type Position, seek } from '../plain/requests.js';
import { likenessNetwork } from './network.js';

const { SIGNATURES, TRANSACTIONS_FILTER, COMMIT_HASH } = common.BlockMetadataIndex;
const { BLOCK_UNTIL_READY, FAIL_IF_NOT_READY } = orderer.SeekInfo.SeekBehavior;
const { SUCCESS, BAD_REQUEST, FORBIDDEN, NOT_FOUND } = common.Status;

describe('delivery', () => {
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

  const blockOf = async (steps: readonly Step[], options = {}): Promise<bigint> =>
    (await org1.submit(steps, { endorsers: ['Org1MSP'], ...options })).blockNumber;

  /** A transaction that comes too late to be valid. */
  const invalidTransaction = async (steps: readonly Step[], key: string): Promise<bigint> => {
    await blockOf([['put', key, '0']]);
    const stale = await org1.endorse([['get', key], ['put', key, 'x'], ...steps], { endorsers: ['Org1MSP'] });
    await blockOf([['put', key, '1']]);
    const { code, blockNumber } = await (await stale.submit()).getStatus();
    expect(code).toBe(StatusCode.MVCC_READ_CONFLICT);
    return blockNumber;
  };

  test('blocks are numbered from the first, hash-chained and signed by an orderer', async () => {
    for (const value of ['1', '2', '3']) await blockOf([['put', 'chained', value]]);
    const blocks = await take(await org1.network.getBlockEvents({ startBlock: 0n }), 4);
    expect(blocks.map(numberOf)).toEqual([0, 1, 2, 3]);
    for (const [i, block] of blocks.entries()) {
      expect(headerOf(block).getDataHash_asB64()).toBe(Buffer.from(dataHash(block), 'hex').toString('base64'));
      const previous = i === 0 ? '' : headerHash(blocks[i - 1]);
      expect(Buffer.from(headerOf(block).getPreviousHash_asU8()).toString('hex')).toBe(previous);
    }
    const signatures = common.Metadata.deserializeBinary(metadataOf(blocks[1], SIGNATURES)).getSignaturesList();
    expect(signatures).toHaveLength(1);
  });

  test('the commit hash goes over validation codes, state changes and the commit hash before', async () => {
    const startBlock = (await invalidTransaction([], 'hashed')) - 1n;
    const [before, block] = await take(await org1.network.getBlockEvents({ startBlock }), 2);
    const hashOf = (of: common.Block | undefined): Buffer =>
      Buffer.from(common.Metadata.deserializeBinary(metadataOf(of, COMMIT_HASH)).getValue_asU8());
    const codes = metadataOf(block, TRANSACTIONS_FILTER);
    expect([...codes]).toEqual([StatusCode.MVCC_READ_CONFLICT]);
    // An invalid transaction changes nothing, so there is nothing between the codes and the hash before.
    const expected = createHash('sha256').update(Buffer.of(codes.length)).update(codes).update(hashOf(before));
    expect(hashOf(block)).toEqual(expected.digest());
    const [elsewhere] = await take(await org2.network.getBlockEvents({ startBlock }), 1);
    expect(hashOf(elsewhere)).toEqual(hashOf(before));
  });

  test('a stream waits for the next block and ends when its client does', async () => {
    const next = take(await org1.network.getBlockEvents(), 1);
    const blockNumber = await blockOf([['put', 'awaited', '3']]);
    expect((await next).map((block) => BigInt(numberOf(block)))).toEqual([blockNumber]);
  });

  test('filtered blocks tell validity and the names of events, not their content', async () => {
    const startBlock = await blockOf([['event', 'filtered', 'content']]);
    const [block] = await take(await org1.network.getFilteredBlockEvents({ startBlock }), 1);
    expect([block?.getChannelId(), BigInt(block?.getNumber() ?? 0)]).toEqual(['mychannel', startBlock]);
    const [transaction] = block?.getFilteredTransactionsList() ?? [];
    expect(transaction?.getType()).toBe(common.HeaderType.ENDORSER_TRANSACTION);
    expect(transaction?.getTxValidationCode()).toBe(peer.TxValidationCode.VALID);
    const event = transaction?.getTransactionActions()?.getChaincodeActionsList()[0]?.getChaincodeEvent();
    expect([event?.getChaincodeId(), event?.getEventName(), event?.getPayload_asU8().length]).toEqual([
      'steps',
      'filtered',
      0,
    ]);
    const [configuration] = await take(await org1.network.getFilteredBlockEvents({ startBlock: 0n }), 1);
    const [configured] = configuration?.getFilteredTransactionsList() ?? [];
    expect([configured?.getType(), configured?.getTxValidationCode()]).toEqual([
      common.HeaderType.CONFIG,
      peer.TxValidationCode.VALID,
    ]);
  });

  test('private data goes to members at a peer that has it', async () => {
    const startBlock = await blockOf([['putPrivate', 'pair', 'delivered', 'plain']]);
    const [block] = await take(await org1.network.getBlockAndPrivateDataEvents({ startBlock }), 1);
    const [namespace] = block?.getPrivateDataMapMap().get(0)?.getNsPvtRwsetList() ?? [];
    const sets = namespace?.getCollectionPvtRwsetList() ?? [];
    expect([namespace?.getNamespace(), sets.map((set) => set.getCollectionName())]).toEqual(['steps', ['pair']]);
    const writes = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(
      sets[0]?.getRwset_asU8() ?? new Uint8Array(),
    ).getWritesList();
    expect(Buffer.from(writes[0]?.getValue_asU8() ?? []).toString()).toBe('plain');
    const [other] = await take(await org3.network.getBlockAndPrivateDataEvents({ startBlock }), 1);
    expect(BigInt(numberOf(other?.getBlock()))).toBe(startBlock);
    expect(other?.getPrivateDataMapMap().getLength()).toBe(0);
  });

  describe('chaincode events', () => {
    let startBlock: bigint;

    beforeAll(async () => {
      startBlock = await blockOf([
        ['put', 'event', '1'],
        ['event', 'first', 'a'],
      ]);
      await blockOf([['event', 'second', 'b']]);
    });

    test('come from a start block on, in order', async () => {
      const events = await take(await org1.network.getChaincodeEvents('steps', { startBlock }), 2);
      expect(
        events.map(({ eventName, payload, blockNumber }) => [eventName, Buffer.from(payload).toString(), blockNumber]),
      ).toEqual([
        ['first', 'a', startBlock],
        ['second', 'b', startBlock + 1n],
      ]);
    });

    test('go on after the transaction at which a client stopped', async () => {
      const [first] = await take(await org1.network.getChaincodeEvents('steps', { startBlock }), 1);
      const checkpoint = { getBlockNumber: () => first?.blockNumber, getTransactionId: () => first?.transactionId };
      const [second] = await take(await org1.network.getChaincodeEvents('steps', { checkpoint }), 1);
      expect(second?.eventName).toBe('second');
    });

    test('of invalid transactions are not sent', async () => {
      const wait = take(await org1.network.getChaincodeEvents('steps'), 1);
      await invalidTransaction([['event', 'invalid', '']], 'unsent');
      await blockOf([['event', 'valid', '']]);
      expect((await wait).map(({ eventName }) => eventName)).toEqual(['valid']);
    });

    test('are those of the chaincode that the client called', async () => {
      const called = await blockOf([['invoke', 'majority', [['event', 'inner', '']]]], {
        endorsers: ['Org1MSP', 'Org2MSP'],
      });
      await blockOf([['event', 'outer', '']]);
      const [event] = await take(await org1.network.getChaincodeEvents('steps', { startBlock: called }), 1);
      expect(event?.eventName).toBe('outer');
    });
  });

  describe('what is asked for and what is told', () => {
    let height: number;

    beforeAll(async () => {
      await network.settled();
      const bytes = await org1.contract('qscc').evaluateTransaction('GetChainInfo', 'mychannel');
      height = common.BlockchainInfo.deserializeBinary(bytes).getHeight();
    });

    const asked = async (
      start: Position,
      stop: Position,
      behavior: orderer.SeekInfo.SeekBehaviorMap[keyof orderer.SeekInfo.SeekBehaviorMap] = BLOCK_UNTIL_READY,
    ) => {
      const request = seek(start, stop, behavior).serializeBinary();
      return deliver(org1, await envelope(org1, common.HeaderType.DELIVER_SEEK_INFO, request));
    };

    test('a range has both its ends', async () => {
      expect(await asked(1, 3)).toEqual({ blocks: [1, 2, 3], statuses: [SUCCESS] });
      expect(await asked('oldest', 'oldest')).toEqual({ blocks: [0], statuses: [SUCCESS] });
      expect(await asked('newest', 'newest')).toEqual({ blocks: [height - 1], statuses: [SUCCESS] });
      expect(await asked(height - 2, 'newest')).toEqual({ blocks: [height - 2, height - 1], statuses: [SUCCESS] });
    });

    test('a stop before the start is a bad request', async () => {
      expect(await asked(3, 1)).toEqual({ blocks: [], statuses: [BAD_REQUEST] });
      expect(await asked('newest', 0)).toEqual({ blocks: [], statuses: [BAD_REQUEST] });
    });

    test('what is not there yet is not found by who does not wait', async () => {
      expect(await asked(height - 1, height + 1, FAIL_IF_NOT_READY)).toEqual({
        blocks: [height - 1],
        statuses: [NOT_FOUND],
      });
      expect(await asked(height, height, FAIL_IF_NOT_READY)).toEqual({ blocks: [], statuses: [NOT_FOUND] });
      expect(await asked('nextCommit', height, FAIL_IF_NOT_READY)).toEqual({ blocks: [], statuses: [NOT_FOUND] });
    });

    test('a start beyond the next block is not found, whoever waits', async () => {
      expect(await asked(height + 7, height + 7)).toEqual({ blocks: [], statuses: [NOT_FOUND] });
      expect(await asked(height + 7, 'newest')).toEqual({ blocks: [], statuses: [NOT_FOUND] });
    });

    test('a position that says nothing', async () => {
      expect(await asked(undefined, 1)).toEqual({ blocks: [], statuses: [BAD_REQUEST] });
      expect(await asked(1, undefined)).toEqual({ blocks: [], statuses: [BAD_REQUEST] });
      expect(await asked('nothing', 1)).toEqual({ blocks: [], statuses: [NOT_FOUND] });
    });

    test('blocks come filtered from the service of that name', async () => {
      const request = seek(1, 2).serializeBinary();
      const signed = await envelope(org1, common.HeaderType.DELIVER_SEEK_INFO, request);
      expect(await deliver(org1, signed, 'DeliverFiltered')).toEqual({ blocks: [1, 2], statuses: [SUCCESS] });
    });

    test('an envelope that is not right ends the stream', async () => {
      const request = seek(0, 0).serializeBinary();
      const told = async (change: Parameters<typeof envelope>[3], data = request): Promise<number[]> =>
        (await deliver(org1, await envelope(org1, common.HeaderType.DELIVER_SEEK_INFO, data, change))).statuses;
      expect(
        await told(({ channel }) => {
          channel.setChannelId('elsewhere');
        }),
      ).toEqual([NOT_FOUND]);
      expect(
        await told(({ channel }) => {
          channel.clearTimestamp();
        }),
      ).toEqual([BAD_REQUEST]);
      expect(
        await told(({ channel }) => channel.getTimestamp()?.setSeconds(Math.floor(Date.now() / 1000) - 3600)),
      ).toEqual([BAD_REQUEST]);
      expect(
        await told(({ signature }) => {
          signature.setCreator('nobody');
        }),
      ).toEqual([FORBIDDEN]);
      expect(await told(undefined, Buffer.from('ff', 'hex'))).toEqual([BAD_REQUEST]);
      const forged = await envelope(org1, common.HeaderType.DELIVER_SEEK_INFO, request);
      forged.setSignature('no signature');
      expect((await deliver(org1, forged)).statuses).toEqual([FORBIDDEN]);
      expect((await deliver(org1, new common.Envelope())).statuses).toEqual([BAD_REQUEST]);
    });
  });

  test('a block brings back the transaction as it was sent', async () => {
    const endorsed = await org1.endorse([['put', 'sent', '1']], { endorsers: ['Org1MSP'] });
    const submitted = await endorsed.submit();
    const { blockNumber } = await submitted.getStatus();
    const [block] = await take(await org2.network.getBlockEvents({ startBlock: blockNumber }), 1);
    const id = endorsed.getTransactionId();
    expect(envelopesOf(block).filter((bytes) => Buffer.from(bytes).includes(id))).toHaveLength(1);
  });
});
