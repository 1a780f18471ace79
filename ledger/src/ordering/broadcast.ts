import { common } from '@hyperledger/fabric-protos';
import { decode, MalformedMessage, whyUnreadable } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { ChannelPolicies } from '../policy/channel-policies.js';
import type { FreeSpace } from '../state/free-space.js';
import type { Orderer } from './orderer.js';

type Status = common.StatusMap[keyof common.StatusMap];
/** What Fabric's own sample of a channel has. */
export const ABSOLUTE_MAX_BYTES = 10 * 1024 * 1024;

export interface BroadcastAnswer {
  readonly status: Status;
  readonly info: string;
}

/** What an orderer asks of an envelope before it gives it a place in the order. */
export class Broadcast {
  constructor(
    private readonly channelName: string,
    private readonly channel: ChannelPolicies,
    private readonly orderer: Orderer,
    private readonly freeSpace: FreeSpace,
  ) {}

  async accept(envelope: common.Envelope): Promise<BroadcastAnswer> {
    const refusal = this.refusal(envelope);
    if (refusal !== undefined) return refusal;
    const full = this.freeSpace.refusal();
    if (full !== undefined) return { status: common.Status.SERVICE_UNAVAILABLE, info: full };
    if (await this.orderer.submit(envelope.serializeBinary(), sizeOf(envelope)))
      return { status: common.Status.SUCCESS, info: '' };
    return { status: common.Status.SERVICE_UNAVAILABLE, info: 'the ledger is stopping' };
  }

  private refusal(envelope: common.Envelope): BroadcastAnswer | undefined {
    let headers: common.Header;
    let header: common.ChannelHeader;
    try {
      headers = headersOf(envelope);
      header = channelHeaderOf(headers);
    } catch (cause) {
      return bad(`could not determine channel ID: ${messageOf(cause)}`);
    }
    if (header.getChannelId() !== this.channelName) return bad('channel does not exist');
    const type = header.getType();
    const { CONFIG, CONFIG_UPDATE, ORDERER_TRANSACTION } = common.HeaderType;
    if (type === CONFIG) return bad('message is of type that cannot be processed directly');
    if (type === ORDERER_TRANSACTION) return bad('message is of type that is no longer supported');
    if (type === CONFIG_UPDATE) {
      return {
        status: common.Status.NOT_IMPLEMENTED,
        info: 'the embedded ledger takes no configuration updates: change its configuration file',
      };
    }
    const size = sizeOf(envelope);
    if (size > ABSOLUTE_MAX_BYTES)
      return bad(`message payload is ${size} bytes and exceeds maximum allowed ${ABSOLUTE_MAX_BYTES} bytes`);
    return this.signatureRefusal(envelope, headers.getSignatureHeader_asU8());
  }

  private signatureRefusal(envelope: common.Envelope, header: Uint8Array): BroadcastAnswer | undefined {
    let creator: Uint8Array;
    try {
      creator = common.SignatureHeader.deserializeBinary(header).getCreator_asU8();
    } catch (cause) {
      return bad(
        `could not convert message to signedData: GetSignatureHeaderFromBytes failed, err ${whyUnreadable(cause)}`,
      );
    }
    if (this.channel.membership.hasExpired(creator)) return bad('broadcast client identity expired');
    return this.isWriter(envelope, creator)
      ? undefined
      : {
          status: common.Status.FORBIDDEN,
          info: "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
        };
  }

  private isWriter(envelope: common.Envelope, creator: Uint8Array): boolean {
    try {
      const identity = this.channel.membership.identityOf(creator);
      return (
        identity.verify(envelope.getPayload_asU8(), envelope.getSignature_asU8()) && this.channel.mayBroadcast(identity)
      );
    } catch {
      return false;
    }
  }
}

function bad(info: string): BroadcastAnswer {
  return { status: common.Status.BAD_REQUEST, info };
}

function headersOf(envelope: common.Envelope): common.Header {
  const headers = decode(common.Payload, envelope.getPayload_asU8(), 'Payload').getHeader();
  if (headers === undefined) throw new MalformedMessage('header not set');
  return headers;
}

function channelHeaderOf(headers: common.Header): common.ChannelHeader {
  const bytes = headers.getChannelHeader_asU8();
  if (bytes.length === 0) throw new MalformedMessage('channel header not set');
  try {
    return decode(common.ChannelHeader, bytes, 'ChannelHeader');
  } catch (cause) {
    throw new MalformedMessage(`error unmarshalling channel header: ${messageOf(cause)}`, { cause });
  }
}

/** What Fabric's orderer counts of an envelope. */
function sizeOf(envelope: common.Envelope): number {
  return envelope.getPayload_asU8().length + envelope.getSignature_asU8().length;
}
