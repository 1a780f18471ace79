import { createHash } from 'node:crypto';
import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blockHeader, dataHash, envelopesOf, headerHash, metadataOf } from '../src/block/header.js';
import { openEnvelope } from '../src/validation/transaction.js';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import type { Member } from './consortium/member.js';

describe('delivery', () => {
  let consortium: Consortium;
  let org1: Member;
  let org3: Member;

  beforeAll(async () => {
    consortium = await Consortium.start({
      collections: [
        { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 },
      ],
    });
    org1 = consortium.member('Org1MSP');
    org3 = consortium.member('Org3MSP');
    await org1.submit([
      ['put', 'a', '1'],
      ['event', 'created', 'a'],
    ]);
    await org1.submit(
      [
        ['putPrivate', 'pair', 'p', 'plain'],
        ['event', 'private', 'p'],
      ],
      { endorsers: ['Org1MSP'] },
    );
    await org1.submit([['put', 'b', '2']]);
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  test('blocks are numbered from the genesis, hash-chained and signed', async () => {
    const blocks = await take(await org1.network.getBlockEvents({ startBlock: 0n }), 4);
    expect(blocks.map((block) => blockHeader(block).getNumber())).toEqual([0, 1, 2, 3]);
    for (const [i, block] of blocks.entries()) {
      expect(Buffer.from(blockHeader(block).getDataHash_asU8())).toEqual(dataHash(envelopesOf(block)));
      const previous = blocks[i - 1];
      if (previous !== undefined)
        expect(Buffer.from(blockHeader(block).getPreviousHash_asU8())).toEqual(headerHash(blockHeader(previous)));
    }
    const signatures = common.Metadata.deserializeBinary(
      metadataOf(blocks[1] ?? new common.Block(), 0),
    ).getSignaturesList();
    expect(signatures).toHaveLength(1);
  });

  test('the genesis names the channel and the embedded ledger', async () => {
    const [genesis] = await take(await org1.network.getBlockEvents({ startBlock: 0n }), 1);
    const [envelope] = envelopesOf(genesis ?? new common.Block());
    const { header, data } = openEnvelope(common.Envelope.deserializeBinary(envelope ?? new Uint8Array()));
    expect(header.getChannelId()).toBe('mychannel');
    expect(header.getType()).toBe(common.HeaderType.CONFIG);
    const group = common.ConfigEnvelope.deserializeBinary(data).getConfig()?.getChannelGroup();
    const capabilities = common.Capabilities.deserializeBinary(
      group?.getValuesMap().get('Capabilities')?.getValue_asU8() ?? new Uint8Array(),
    );
    expect(capabilities.getCapabilitiesMap().has('embedded')).toBe(true);
    expect(group?.getGroupsMap().get('Application')?.getGroupsMap().getLength()).toBe(3);
  });

  test('a stream waits for the next block and ends when its client does', async () => {
    const events = await org1.network.getBlockEvents();
    const next = take(events, 1);
    const { blockNumber } = await org1.submit([['put', 'c', '3']]);
    expect((await next).map((block) => BigInt(blockHeader(block).getNumber()))).toEqual([blockNumber]);
  });

  test('filtered blocks tell validity and the names of events, not their content', async () => {
    const [block] = await take(await org1.network.getFilteredBlockEvents({ startBlock: 1n }), 1);
    expect(block?.getNumber()).toBe(1);
    const [transaction] = block?.getFilteredTransactionsList() ?? [];
    expect(transaction?.getTxValidationCode()).toBe(peer.TxValidationCode.VALID);
    const event = transaction?.getTransactionActions()?.getChaincodeActionsList()[0]?.getChaincodeEvent();
    expect([event?.getEventName(), event?.getPayload_asU8().length]).toEqual(['created', 0]);
  });

  test('private data goes to members at a peer that has it', async () => {
    const [block] = await take(await org1.network.getBlockAndPrivateDataEvents({ startBlock: 2n }), 1);
    const sets = block?.getPrivateDataMapMap().get(0)?.getNsPvtRwsetList()[0]?.getCollectionPvtRwsetList() ?? [];
    expect(sets.map((set) => set.getCollectionName())).toEqual(['pair']);
    const writes = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(
      sets[0]?.getRwset_asU8() ?? new Uint8Array(),
    ).getWritesList();
    expect(Buffer.from(writes[0]?.getValue_asU8() ?? []).toString()).toBe('plain');
    const [other] = await take(await org3.network.getBlockAndPrivateDataEvents({ startBlock: 2n }), 1);
    expect(other?.getPrivateDataMapMap().getLength()).toBe(0);
  });

  describe('chaincode events', () => {
    test('come from a start block on, in order', async () => {
      const events = await take(await org1.network.getChaincodeEvents('steps', { startBlock: 0n }), 2);
      expect(
        events.map(({ eventName, payload, blockNumber }) => [eventName, Buffer.from(payload).toString(), blockNumber]),
      ).toEqual([
        ['created', 'a', 1n],
        ['private', 'p', 2n],
      ]);
    });

    test('go on after the transaction at which a client stopped', async () => {
      const [first] = await take(await org1.network.getChaincodeEvents('steps', { startBlock: 0n }), 1);
      const checkpoint = { getBlockNumber: () => first?.blockNumber, getTransactionId: () => first?.transactionId };
      const [second] = await take(await org1.network.getChaincodeEvents('steps', { checkpoint }), 1);
      expect(second?.eventName).toBe('private');
    });

    test('of invalid transactions are not sent', async () => {
      const events = await org1.network.getChaincodeEvents('steps');
      const wait = take(events, 1);
      const stale = await org1.endorse([
        ['get', 'a'],
        ['put', 'a', 'x'],
        ['event', 'invalid', ''],
      ]);
      await org1.submit([['put', 'a', 'y']]);
      await (await stale.submit()).getStatus();
      await org1.submit([['event', 'valid', '']]);
      expect((await wait).map(({ eventName }) => eventName)).toEqual(['valid']);
    });
  });

  describe('system chaincodes', () => {
    const ask = async (chaincode: string, fn: string, ...args: (string | Uint8Array)[]): Promise<Uint8Array> =>
      org1.network.getContract(chaincode).evaluate(fn, { arguments: args });

    test('qscc tells height, blocks and transactions', async () => {
      const info = common.BlockchainInfo.deserializeBinary(await ask('qscc', 'GetChainInfo', 'mychannel'));
      const block = common.Block.deserializeBinary(await ask('qscc', 'GetBlockByNumber', 'mychannel', '1'));
      expect(info.getHeight()).toBeGreaterThan(3);
      const byHash = common.Block.deserializeBinary(
        await ask('qscc', 'GetBlockByHash', 'mychannel', headerHash(blockHeader(block))),
      );
      expect(blockHeader(byHash).getNumber()).toBe(1);
      const { header } = openEnvelope(common.Envelope.deserializeBinary(envelopesOf(block)[0] ?? new Uint8Array()));
      const byTransaction = common.Block.deserializeBinary(
        await ask('qscc', 'GetBlockByTxID', 'mychannel', header.getTxId()),
      );
      expect(blockHeader(byTransaction).getNumber()).toBe(1);
      const transaction = peer.ProcessedTransaction.deserializeBinary(
        await ask('qscc', 'GetTransactionByID', 'mychannel', header.getTxId()),
      );
      expect(transaction.getValidationcode()).toBe(peer.TxValidationCode.VALID);
      expect((await failureOf(ask('qscc', 'GetTransactionByID', 'mychannel', 'none'))).message).toMatch(
        /no such transaction ID \[none\] in index/,
      );
    });

    test('cscc names the channel and _lifecycle the definition', async () => {
      const channels = peer.ChannelQueryResponse.deserializeBinary(await ask('cscc', 'GetChannels')).getChannelsList();
      expect(channels.map((channel) => channel.getChannelId())).toEqual(['mychannel']);
      const args = new peer.lifecycle.QueryChaincodeDefinitionArgs();
      args.setName('steps');
      const definition = peer.lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(
        await ask('_lifecycle', 'QueryChaincodeDefinition', args.serializeBinary()),
      );
      expect([
        definition.getVersion(),
        definition.getSequence(),
        definition.getCollections()?.getConfigList().length,
      ]).toEqual(['1.0', 1, 1]);
    });

    test('what is not served answers UNIMPLEMENTED by name', async () => {
      const failure = await failureOf(ask('_lifecycle', 'CommitChaincodeDefinition', ''));
      expect(failure.code).toBe(12);
      expect(failure.message).toMatch(/does not serve _lifecycle\/CommitChaincodeDefinition/);
    });
  });

  test('the commit hash chains validation codes and state changes', async () => {
    const blocks = await take(await org1.network.getBlockEvents({ startBlock: 1n }), 2);
    const hashes = blocks.map((block) =>
      Buffer.from(common.Metadata.deserializeBinary(metadataOf(block, 4)).getValue_asU8()),
    );
    expect(hashes.map((hash) => hash.length)).toEqual([32, 32]);
    expect(hashes[0]).not.toEqual(hashes[1]);
    expect(
      createHash('sha256')
        .update(hashes[0] ?? '')
        .digest(),
    ).not.toEqual(hashes[1]);
  });
});

async function take<T>(events: AsyncIterable<T> & { close(): void }, count: number): Promise<T[]> {
  const taken: T[] = [];
  try {
    for await (const event of events) {
      taken.push(event);
      if (taken.length === count) break;
    }
  } finally {
    events.close();
  }
  return taken;
}
