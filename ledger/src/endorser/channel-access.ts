import type { Channel } from '../channel.js';
import { messageOf } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { ProposalRefused } from './proposal.js';

/** Throws with a peer's words when the identity may not do on the channel what the policy allows. */
export function requirePolicy(channel: Channel, name: 'Readers' | 'Writers', identity: Identity): void {
  try {
    channel.policies.require(name, identity);
  } catch (cause) {
    throw new ProposalRefused(
      `Failed evaluating policy on signed data during check policy on channel [${channel.name}] with policy [/Channel/Application/${name}]: [${messageOf(cause)}]`,
      { cause },
    );
  }
}
