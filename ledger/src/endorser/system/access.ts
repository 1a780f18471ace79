import type { Channel } from '../../channel.js';
import { messageOf } from '../../errors.js';
import type { Identity } from '../../identity/identity.js';
import { requirePolicy } from '../channel-access.js';

/** Who asks a system chaincode, and the peer that is asked. */
export interface Caller {
  readonly creator: Identity;
  /** The channel of the proposal; empty when it asks the peer itself. */
  readonly channel: string;
  readonly transactionId: string;
  readonly args: readonly Buffer[];
  /** The chaincode that the client called, where that one asks. */
  readonly from?: string | undefined;
}

/** Fabric's default rules for the functions of system chaincodes; throws with its words. */
export class SystemAccess {
  constructor(
    private readonly channel: Channel,
    readonly mspId: string,
  ) {}

  /** A rule of the channel's configuration. */
  requireOnChannel(name: 'Readers' | 'Writers', channel: string, creator: Identity): void {
    if (channel === '') {
      this.requireLocal(creator, `/Channel/Application/${name}`);
      return;
    }
    if (channel !== this.channel.name) throw new Error(`Failed to get policy manager for channel [${channel}]`);
    requirePolicy(this.channel, name, creator);
  }

  /** A rule of the peer itself: only its own organisation's identities can satisfy it. */
  requireLocal(creator: Identity, policy: string): void {
    const during = `during channelless check policy with policy [${policy}]`;
    if (creator.mspId !== this.mspId)
      throw new Error(
        `Failed deserializing proposal creator ${during}: [expected MSP ID ${this.mspId}, received ${creator.mspId}]`,
      );
    if (policy !== 'Members' && policy !== 'Admins')
      throw new Error(`Failed getting local MSP principal ${during}: [MSP Principal role [${policy}] not recognized]`);
    try {
      if (policy === 'Members') creator.organisation.validate(creator);
      else creator.organisation.requireAdmin(creator);
    } catch (cause) {
      throw new Error(
        `Failed verifying that proposal's creator satisfies local MSP principal ${during}: [${messageOf(cause)}]`,
        { cause },
      );
    }
  }
}
