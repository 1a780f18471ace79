import { common, peer } from '@hyperledger/fabric-protos';
import { blockHeader, envelopesOf } from '../../block/header.js';
import type { Channel } from '../../channel.js';
import { decode } from '../../encoding/message.js';
import { messageOf } from '../../errors.js';
import type { Caller, SystemAccess } from './access.js';

const FUNCTIONS = ['GetChainInfo', 'GetBlockByNumber', 'GetBlockByHash', 'GetTransactionByID', 'GetBlockByTxID'];
const LARGEST = 2n ** 64n - 1n;

/** qscc: blocks and transactions of the channel, for its readers. */
export class LedgerQuery {
  constructor(
    private readonly channel: Channel,
    private readonly access: SystemAccess,
  ) {}

  async invoke({ args, creator, from }: Caller): Promise<Uint8Array> {
    const [name, channelName, argument] = args;
    if (name === undefined || channelName === undefined)
      throw new Error(`Incorrect number of arguments, ${args.length}`);
    if (from !== undefined) {
      const why = `because of potential for deadlocks, original invocation for '${from}'`;
      throw new Error(`Rejecting invoke of QSCC from another chaincode ${why}`);
    }
    const fn = name.toString();
    const channel = channelName.toString();
    if (fn !== 'GetChainInfo' && argument === undefined) throw new Error(`missing 3rd argument for ${fn}`);
    if (channel !== this.channel.name) throw new Error(`Invalid chain ID, ${channel}`);
    try {
      if (!FUNCTIONS.includes(fn)) throw new Error(`Unmapped policy for qscc/${fn}`);
      this.access.requireOnChannel('Readers', channel, creator);
    } catch (cause) {
      throw new Error(`access denied for [${fn}][${channel}]: [${messageOf(cause)}]`, { cause });
    }
    return this.answer(fn, argument ?? Buffer.alloc(0));
  }

  private async answer(fn: string, wanted: Buffer): Promise<Uint8Array> {
    const text = wanted.toString();
    switch (fn) {
      case 'GetBlockByNumber':
        return this.blockByNumber(text);
      case 'GetBlockByHash': {
        const number = await this.channel.store.blockNumberByHash(wanted);
        if (number === undefined)
          throw new Error(
            `Failed to get block hash ${text}, error no such block hash [${wanted.toString('hex')}] in index`,
          );
        return this.block(number);
      }
      case 'GetBlockByTxID': {
        const found = await this.channel.store.transaction(text);
        if (found === undefined)
          throw new Error(`Failed to get block for txID ${text}, error no such transaction ID [${text}] in index`);
        return this.block(found.block);
      }
      case 'GetTransactionByID':
        return this.transaction(text);
      default:
        return this.chainInfo();
    }
  }

  private async blockByNumber(text: string): Promise<Uint8Array> {
    const failed = `Failed to parse block number with error strconv.ParseUint: parsing ${JSON.stringify(text)}:`;
    if (!/^\d+$/.test(text)) throw new Error(`${failed} invalid syntax`);
    const number = BigInt(text);
    if (number > LARGEST) throw new Error(`${failed} value out of range`);
    const { height } = this.channel.store;
    // The largest number stands for the newest block.
    if (number === LARGEST) return this.block(height - 1);
    if (number >= BigInt(height))
      throw new Error(`Failed to get block number ${number}, error no such block number [${number}] in index`);
    return this.block(Number(number));
  }

  private async block(number: number): Promise<Uint8Array> {
    const block = await this.channel.store.block(number);
    if (block === undefined) throw new Error(`no such block number [${number}] in index`);
    return block.serializeBinary();
  }

  private async chainInfo(): Promise<Uint8Array> {
    const { store } = this.channel;
    const last = await store.block(store.height - 1);
    const info = new common.BlockchainInfo();
    info.setHeight(store.height);
    info.setCurrentblockhash(store.tipHash);
    info.setPreviousblockhash(last === undefined ? new Uint8Array() : blockHeader(last).getPreviousHash_asU8());
    return info.serializeBinary();
  }

  private async transaction(id: string): Promise<Uint8Array> {
    const located = await this.channel.store.transaction(id);
    const block = located === undefined ? undefined : await this.channel.store.block(located.block);
    const envelope = located === undefined || block === undefined ? undefined : envelopesOf(block)[located.index];
    if (located === undefined || envelope === undefined)
      throw new Error(`Failed to get transaction with id ${id}, error no such transaction ID [${id}] in index`);
    const processed = new peer.ProcessedTransaction();
    processed.setTransactionenvelope(decode(common.Envelope, envelope, 'Envelope'));
    processed.setValidationcode(located.code);
    return processed.serializeBinary();
  }
}
