import { status as Status } from '@grpc/grpc-js';
import type { Channel } from '../channel.js';
import { requirePolicy } from '../endorser/channel-access.js';
import { messageOf } from '../errors.js';
import { type SignedData, verifiedIdentities } from '../policy/signed-data.js';
import { RpcError } from './rpc-error.js';

/** A request for what the channel's readers may know, signed by one of them. */
export function requireSigned(channel: Channel, channelName: string, signed: SignedData): void {
  if (channelName === '')
    throw new RpcError(
      Status.PERMISSION_DENIED,
      'Invalid channel ID name during check policy on signed data. Name must be different from nil.',
    );
  if (channelName !== channel.name)
    throw new RpcError(Status.PERMISSION_DENIED, `Failed to get policy manager for channel [${channelName}]`);
  const [identity] = verifiedIdentities([signed], channel.membership);
  const prefix = `Failed evaluating policy on signed data during check policy on channel [${channelName}] with policy [/Channel/Application/Readers]`;
  if (identity === undefined) {
    throw new RpcError(
      Status.PERMISSION_DENIED,
      `${prefix}: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]`,
    );
  }
  try {
    requirePolicy(channel, 'Readers', identity);
  } catch (cause) {
    throw new RpcError(Status.PERMISSION_DENIED, messageOf(cause));
  }
}
