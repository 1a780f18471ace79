import { common, peer } from '@hyperledger/fabric-protos';
import { blockHeader, envelopesOf } from '../block/header.js';
import type { Channel } from '../channel.js';
import { definitionMessage } from '../definition/definition-message.js';
import { decode } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { openEnvelope } from '../validation/transaction.js';
import { requirePolicy } from './channel-access.js';
import type { Proposal } from './proposal.js';

/** A function that a peer has and this ledger does not: said by name, so that nobody takes silence for an answer. */
export class NotServed extends Error {
  override readonly name = 'NotServed';
}

const NAMES: ReadonlySet<string> = new Set(['qscc', 'cscc', '_lifecycle', 'lscc', 'escc', 'vscc']);

/** The chaincodes that are part of a peer, as far as they only ask. */
export class SystemChaincodes {
  constructor(private readonly channel: Channel) {}

  static named(name: string): boolean {
    return NAMES.has(name);
  }

  async execute(proposal: Proposal, creator: Identity): Promise<peer.Response> {
    const [fn, ...args] = proposal.input.getArgsList_asU8().map((arg) => Buffer.from(arg));
    const name = fn?.toString() ?? '';
    try {
      switch (proposal.chaincode) {
        case 'qscc':
          return success(await this.queryLedger(name, args, creator));
        case 'cscc':
          return success(await this.queryConfiguration(name, args, creator));
        case '_lifecycle':
          return success(this.queryDefinition(name, args, creator));
        default:
          throw new NotServed(`the embedded ledger does not serve ${proposal.chaincode}`);
      }
    } catch (cause) {
      if (cause instanceof NotServed) throw cause;
      return failure(messageOf(cause));
    }
  }

  private async queryLedger(fn: string, args: readonly Buffer[], creator: Identity): Promise<Uint8Array> {
    const [channel, argument] = args;
    if (channel === undefined) throw new Error(`Incorrect number of arguments, ${args.length + 1}`);
    if (fn !== 'GetChainInfo' && argument === undefined) throw new Error(`missing 3rd argument for ${fn}`);
    const wanted = argument ?? Buffer.alloc(0);
    if (channel.toString() !== this.channel.name) throw new Error(`Invalid chain ID, ${channel.toString()}`);
    this.requireReader(fn, channel.toString(), creator);
    switch (fn) {
      case 'GetChainInfo':
        return this.chainInfo();
      case 'GetBlockByNumber': {
        if (!/^\d+$/.test(wanted.toString()))
          throw new Error(
            `Failed to parse block number with error strconv.ParseUint: parsing "${wanted.toString()}": invalid syntax`,
          );
        return this.blockBytes(Number(wanted.toString()), `Failed to get block number ${wanted.toString()}`);
      }
      case 'GetBlockByHash': {
        const number = await this.channel.store.blockNumberByHash(wanted);
        return this.blockBytes(number, `Failed to get block hash ${wanted.toString('hex')}`);
      }
      case 'GetBlockByTxID': {
        const found = await this.channel.store.transaction(wanted.toString());
        return this.blockBytes(found?.block, `Failed to get block for txID ${wanted.toString()}`);
      }
      case 'GetTransactionByID':
        return this.transaction(wanted.toString());
      default:
        throw new NotServed(`the embedded ledger does not serve qscc/${fn}`);
    }
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

  private async blockBytes(number: number | undefined, failed: string): Promise<Uint8Array> {
    const block = number === undefined ? undefined : await this.channel.store.block(number);
    if (block === undefined) throw new Error(`${failed}, error no such block number [${number ?? ''}] in index`);
    return block.serializeBinary();
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

  private async queryConfiguration(fn: string, args: readonly Buffer[], creator: Identity): Promise<Uint8Array> {
    const channel = args[0]?.toString() ?? '';
    switch (fn) {
      case 'GetChannels': {
        const info = new peer.ChannelInfo();
        info.setChannelId(this.channel.name);
        const response = new peer.ChannelQueryResponse();
        response.setChannelsList([info]);
        return response.serializeBinary();
      }
      case 'GetConfigBlock':
        if (channel !== this.channel.name) throw new Error(`Unknown channel ID, ${channel}`);
        this.requireReader(fn, channel, creator);
        return this.blockBytes(0, 'Failed to get the configuration block');
      case 'GetChannelConfig': {
        if (channel !== this.channel.name) throw new Error(`unknown channel ID, ${channel}`);
        this.requireReader(fn, channel, creator);
        const genesis = await this.channel.store.block(0);
        const [envelope] = genesis === undefined ? [] : envelopesOf(genesis);
        if (envelope === undefined) throw new Error('no configuration block');
        const { data } = openEnvelope(decode(common.Envelope, envelope, 'Envelope'));
        return decode(common.ConfigEnvelope, data, 'ConfigEnvelope').getConfig()?.serializeBinary() ?? new Uint8Array();
      }
      default:
        throw new NotServed(`the embedded ledger does not serve cscc/${fn}`);
    }
  }

  private queryDefinition(fn: string, args: readonly Buffer[], creator: Identity): Uint8Array {
    if (fn !== 'QueryChaincodeDefinition' && fn !== 'QueryChaincodeDefinitions')
      throw new NotServed(`the embedded ledger does not serve _lifecycle/${fn}`);
    requirePolicy(this.channel, 'Writers', creator);
    const organisations = this.channel.policies.organisations;
    if (fn === 'QueryChaincodeDefinition') {
      const name = decode(
        peer.lifecycle.QueryChaincodeDefinitionArgs,
        args[0] ?? Buffer.alloc(0),
        'QueryChaincodeDefinitionArgs',
      ).getName();
      const definition = this.channel.definitions.chaincode(name);
      if (definition === undefined)
        throw new Error(
          `failed to invoke backing implementation of 'QueryChaincodeDefinition': namespace ${name} is not defined`,
        );
      return definitionMessage(definition, organisations).serializeBinary();
    }
    const result = new peer.lifecycle.QueryChaincodeDefinitionsResult();
    result.setChaincodeDefinitionsList(
      this.channel.definitions.all().map((definition) => {
        const one = definitionMessage(definition, organisations);
        const entry = new peer.lifecycle.QueryChaincodeDefinitionsResult.ChaincodeDefinition();
        entry.setName(definition.name);
        entry.setSequence(one.getSequence());
        entry.setVersion(one.getVersion());
        entry.setEndorsementPlugin(one.getEndorsementPlugin());
        entry.setValidationPlugin(one.getValidationPlugin());
        entry.setValidationParameter(one.getValidationParameter_asU8());
        entry.setCollections(one.getCollections());
        return entry;
      }),
    );
    return result.serializeBinary();
  }

  private requireReader(fn: string, channel: string, creator: Identity): void {
    try {
      requirePolicy(this.channel, 'Readers', creator);
    } catch (cause) {
      throw new Error(`access denied for [${fn}][${channel}]: [${messageOf(cause)}]`, { cause });
    }
  }
}

function success(payload: Uint8Array): peer.Response {
  const response = new peer.Response();
  response.setStatus(200);
  response.setPayload(payload);
  return response;
}

function failure(message: string): peer.Response {
  const response = new peer.Response();
  response.setStatus(500);
  response.setMessage(message);
  return response;
}
