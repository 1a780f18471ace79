import type { peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import { messageOf } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Proposal } from './proposal.js';
import { SystemAccess } from './system/access.js';
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

  async execute(proposal: Proposal, creator: Identity): Promise<peer.Response> {
    const args = proposal.input.getArgsList_asU8().map((arg) => Buffer.from(arg));
    const caller = { creator, channel: proposal.header.getChannelId(), args };
    try {
      switch (proposal.chaincode) {
        case 'qscc':
          return success(await this.blocks.invoke(caller));
        case 'cscc':
          return success(await this.configuration.invoke(caller));
        case '_lifecycle':
          return success(this.definitions.invoke(caller));
        default:
          throw new NotServed(proposal.chaincode);
      }
    } catch (cause) {
      if (cause instanceof NotServed) throw cause;
      return failure(cause instanceof Refusal ? cause.status : 500, messageOf(cause));
    }
  }
}
