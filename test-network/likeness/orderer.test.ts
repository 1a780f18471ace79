import { common, gateway, orderer as messages } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Member } from '../plain/member.js';
import { OrdererClient } from '../plain/orderer-client.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { envelope, type Headers, type Position, seek, signed } from '../plain/requests.js';
import { eventually } from '../plain/waiting.js';
import { likenessNetwork } from './network.js';
import { inRelease } from './release.js';

const { BAD_REQUEST, FORBIDDEN, SUCCESS } = common.Status;
const { CONFIG, MESSAGE } = common.HeaderType;
const { BLOCK_UNTIL_READY, FAIL_IF_NOT_READY } = messages.SeekInfo.SeekBehavior;
const nobody = 'implicit policy evaluation failed - 0 sub-policies were satisfied';

describe('the orderer', () => {
  let network: PlainNetwork;
  let org1: Member;
  let orderer: OrdererClient;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
    orderer = new OrdererClient(network.orderer);
  });

  afterAll(() => {
    orderer.close();
    network.disconnect();
  });

  const endorsed = async (key: string, value = 'value'): Promise<{ id: string; envelope: common.Envelope }> => {
    const transaction = await org1.endorse([['put', key, value]]);
    const prepared = gateway.PreparedTransaction.deserializeBinary(transaction.getBytes());
    const made = prepared.getEnvelope() ?? new common.Envelope();
    return { id: transaction.getTransactionId(), envelope: await signed(org1, made) };
  };

  const asks = async (
    start: Position,
    stop: Position,
    behavior = FAIL_IF_NOT_READY as Parameters<typeof seek>[2],
    change?: (headers: Headers) => void,
  ): Promise<common.Envelope> => envelope(org1, MESSAGE, seek(start, stop, behavior).serializeBinary(), change);
  const toElsewhere = ({ channel }: Headers): void => {
    channel.setChannelId('elsewhere');
  };

  const newest = async (): Promise<{ block: common.Block; number: number }> => {
    const [answer] = await orderer.deliver(await asks('newest', 'newest'));
    if (answer?.block === undefined) throw new Error(`no block but ${answer?.status ?? 'nothing'}`);
    return answer;
  };

  test('takes envelopes one after the other on a stream, and they are committed', async () => {
    const [first, second] = [await endorsed('ordered/1'), await endorsed('ordered/2')];
    const answers = await orderer.broadcast(first.envelope, second.envelope);
    expect(answers).toEqual([
      { status: SUCCESS, info: '' },
      { status: SUCCESS, info: '' },
    ]);
    await eventually(async () => {
      for (const { id } of [first, second])
        await org1.contract('qscc').evaluateTransaction('GetTransactionByID', network.channel, id);
    });
    expect(await org1.evaluate([['get', 'ordered/2']])).toEqual(['value']);
  });

  test('an envelope above the preferred size of a block has one of its own, and the order stays', async () => {
    const sent = [
      await endorsed('sized/before'),
      await endorsed('sized/large', 'x'.repeat(1024 * 1024)),
      await endorsed('sized/behind'),
    ];
    const answers = await orderer.broadcast(...sent.map(({ envelope }) => envelope));
    expect(answers.map(({ status }) => status)).toEqual([SUCCESS, SUCCESS, SUCCESS]);
    await eventually(async () => {
      const blocks = await Promise.all(
        sent.map(async ({ id }) => {
          const bytes = await org1.contract('qscc').evaluateTransaction('GetBlockByTxID', network.channel, id);
          const block = common.Block.deserializeBinary(bytes);
          return { number: block.getHeader()?.getNumber() ?? 0, count: block.getData()?.getDataList().length };
        }),
      );
      const [first] = blocks;
      expect(blocks).toEqual([0, 1, 2].map((behind) => ({ number: (first?.number ?? 0) + behind, count: 1 })));
    });
  });

  test('ends the stream after a refusal', async () => {
    const { envelope: behind } = await endorsed('ordered/3');
    const bare = new common.Envelope();
    const answers = await orderer.broadcast(bare, behind);
    expect(answers).toEqual([{ status: BAD_REQUEST, info: expect.stringContaining('could not determine channel ID') }]);
  });

  test('refuses what is for no channel of its own, and by whom the channel does not know', async () => {
    const elsewhere = await envelope(org1, MESSAGE, new Uint8Array(), toElsewhere);
    const info = inRelease({
      v3: 'channel does not exist',
      v2: 'channel creation request not allowed because the orderer system channel is not defined',
    });
    expect(await orderer.broadcast(elsewhere)).toEqual([{ status: BAD_REQUEST, info }]);
    const { envelope: unsigned } = await endorsed('ordered/4');
    unsigned.setSignature(new Uint8Array([1, 2, 3]));
    expect(await orderer.broadcast(unsigned)).toEqual([
      { status: FORBIDDEN, info: expect.stringMatching(new RegExp(`${nobody}.*: permission denied$`)) },
    ]);
    const config = await envelope(org1, CONFIG, new Uint8Array());
    expect(await orderer.broadcast(config)).toEqual([
      { status: BAD_REQUEST, info: 'message is of type that cannot be processed directly' },
    ]);
  });

  test('refuses what is larger than a block may be, and whom a certificate vouches for no more', async () => {
    const large = await envelope(org1, MESSAGE, new Uint8Array(10 * 1024 * 1024));
    const size = large.getPayload_asU8().length + large.getSignature_asU8().length;
    expect(await orderer.broadcast(large)).toEqual([
      { status: BAD_REQUEST, info: `message payload is ${size} bytes and exceeds maximum allowed 10485760 bytes` },
    ]);
    const past = network.stranger('Org1MSP', await network.issue('Org1MSP', 'client', new Date(Date.now() - 60_000)));
    expect(await orderer.broadcast(await envelope(past, MESSAGE, new Uint8Array()))).toEqual([
      { status: BAD_REQUEST, info: 'broadcast client identity expired' },
    ]);
  });

  test('delivers blocks without what peers add to them', async () => {
    await org1.submit([['put', 'ordered/5', 'value']]);
    const { block, number } = await newest();
    const lists = block.getMetadata()?.getMetadataList_asU8() ?? [];
    const { SIGNATURES, TRANSACTIONS_FILTER, COMMIT_HASH } = common.BlockMetadataIndex;
    expect(lists[SIGNATURES]?.length).toBeGreaterThan(0);
    expect(lists[TRANSACTIONS_FILTER] ?? []).toHaveLength(0);
    expect(lists[COMMIT_HASH] ?? []).toHaveLength(0);
    const delivered = await orderer.deliver(await asks(number - 1, number));
    expect(delivered.map((answer) => answer.status ?? answer.number)).toEqual([number - 1, number, 'SUCCESS']);
  });

  test('says why it does not deliver, and ends the stream', async () => {
    const elsewhere = await asks('oldest', 'oldest', FAIL_IF_NOT_READY, toElsewhere);
    const good = await asks('oldest', 'oldest');
    expect(await orderer.deliver(elsewhere, good)).toEqual([{ status: 'NOT_FOUND' }]);
    const forged = good.clone();
    forged.setSignature(new Uint8Array([1]));
    expect(await orderer.deliver(forged)).toEqual([{ status: 'FORBIDDEN' }]);
    expect(await orderer.deliver(await asks(1_000_000, 1_000_001))).toEqual([{ status: 'NOT_FOUND' }]);
    expect(await orderer.deliver(await asks(3, 2))).toEqual([{ status: 'BAD_REQUEST' }]);
    expect(await orderer.deliver(new common.Envelope())).toEqual([{ status: 'BAD_REQUEST' }]);
  });

  test('waits for a block that is not there yet', async () => {
    const next = (await newest()).number + 1;
    const waiting = orderer.deliver(await asks(next, next, BLOCK_UNTIL_READY));
    await org1.submit([['put', 'ordered/6', 'value']]);
    expect(await waiting).toMatchObject([{ number: next }, { status: 'SUCCESS' }]);
  });
});
