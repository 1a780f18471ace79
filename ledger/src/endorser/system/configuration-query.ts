import { common, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../../channel.js';
import { currentConfig } from '../../block/channel-config.js';
import { messageOf } from '../../errors.js';
import type { Identity } from '../../identity/identity.js';
import type { Caller, SystemAccess } from './access.js';
import { NotServed } from './answers.js';

/** cscc: the channels of this peer and their configuration. */
export class ConfigurationQuery {
  constructor(
    private readonly channel: Channel,
    private readonly access: SystemAccess,
  ) {}

  async invoke({ args, creator, from }: Caller): Promise<Uint8Array> {
    const [name, argument] = args;
    const fn = name?.toString() ?? '';
    if (name === undefined || (fn !== 'GetChannels' && fn !== 'JoinBySnapshotStatus' && argument === undefined))
      throw new Error(`Incorrect number of arguments, ${args.length}`);
    if (from !== undefined)
      throw new Error(`Rejecting invoke of CSCC from another chaincode, original invocation for '${from}'`);
    const channel = argument?.toString() ?? '';
    switch (fn) {
      case 'GetChannels':
        this.permit(fn, () => {
          this.access.requireLocal(creator, 'Members');
        });
        return this.channels();
      case 'GetConfigBlock': {
        this.permitReader(fn, channel, creator);
        const block = await this.channel.store.block(0);
        return (block ?? new common.Block()).serializeBinary();
      }
      case 'GetChannelConfig':
        if (channel === '') throw new Error('empty channel name provided');
        this.permitReader(fn, channel, creator);
        return (await currentConfig(this.channel.store)).serializeBinary();
      case 'JoinChain':
      case 'JoinChainBySnapshot':
      case 'JoinBySnapshotStatus':
        throw new NotServed(`cscc/${fn}`);
      default:
        throw new Error(`Requested function ${fn} not found.`);
    }
  }

  private channels(): Uint8Array {
    const info = new peer.ChannelInfo();
    info.setChannelId(this.channel.name);
    const response = new peer.ChannelQueryResponse();
    response.setChannelsList([info]);
    return response.serializeBinary();
  }

  private permitReader(fn: string, channel: string, creator: Identity): void {
    this.permit(`${fn}][${channel}`, () => {
      this.access.requireOnChannel('Readers', channel, creator);
    });
  }

  private permit(what: string, check: () => void): void {
    try {
      check();
    } catch (cause) {
      throw new Error(`access denied for [${what}]: ${messageOf(cause)}`, { cause });
    }
  }
}
