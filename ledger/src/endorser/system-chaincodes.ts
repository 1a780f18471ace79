import type { peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { messageOf } from '../errors.js';
import { type Caller, SystemAccess } from './system/access.js';
import { failure, NotServed, Refusal, success } from './system/answers.js';
import { ConfigurationQuery } from './system/configuration-query.js';
import { DefinitionQuery } from './system/definition-query.js';
import { LedgerQuery } from './system/ledger-query.js';

const NAMES: ReadonlySet<string> = new Set(['qscc', 'cscc', '_lifecycle', 'lscc']);

/** The chaincodes that are part of a peer, as far as they only ask. */
export class SystemChaincodes {
  private readonly blocks: LedgerQuery;
  private readonly configuration: ConfigurationQuery;
  private readonly definitions: DefinitionQuery;

  constructor(channel: Channel, mspId: string) {
    const access = new SystemAccess(channel, mspId);
    this.blocks = new LedgerQuery(channel, access);
    this.configuration = new ConfigurationQuery(channel, access);
    this.definitions = new DefinitionQuery(channel, access);
  }

  static named(name: string): boolean {
    return NAMES.has(name);
  }

  /** Whether it answers another chaincode; the legacy lifecycle is none. */
  serves(name: string): boolean {
    return SystemChaincodes.named(name) && name !== 'lscc';
  }

  /** `name` was called by the client itself, or by the chaincode `from` that it called. */
  async execute(
    name: string,
    input: peer.ChaincodeInput,
    { creator, channel, transactionId, from }: Omit<Caller, 'args'>,
  ): Promise<peer.Response> {
    const caller = {
      creator,
      channel,
      transactionId,
      args: input.getArgsList_asU8().map((arg) => Buffer.from(arg)),
      from,
    };
    try {
      switch (name) {
        case 'qscc':
          return success(await this.blocks.invoke(caller));
        case 'cscc':
          return success(await this.configuration.invoke(caller));
        case '_lifecycle':
          return success(this.definitions.invoke(caller));
        default:
          throw new NotServed(name);
      }
    } catch (cause) {
      if (cause instanceof NotServed) throw cause;
      return failure(cause instanceof Refusal ? cause.status : 500, messageOf(cause));
    }
  }
}
