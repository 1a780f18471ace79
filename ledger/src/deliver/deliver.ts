import { common, orderer } from '@hyperledger/fabric-protos';
import { blockHeader } from '../block/header.js';
import type { Channel } from '../channel.js';
import { decode } from '../encoding/message.js';
import type { Identity } from '../identity/identity.js';
import { openEnvelope } from '../validation/transaction.js';
import { BlockCursor } from './block-cursor.js';

type Status = common.StatusMap[keyof common.StatusMap];

/** Who may read on what kind of node, and how it words its answers. */
export interface DeliveryKind<Response> {
  readonly mayRead: (reader: Identity) => boolean;
  readonly status: (status: Status) => Response;
  readonly block: (block: common.Block, reader: Identity) => Promise<Response>;
}

/** As a peer's `peer.authentication.timewindow`. */
const TIME_WINDOW_MS = 15 * 60 * 1000;

interface Session {
  readonly reader: Identity;
  readonly seek: orderer.SeekInfo;
}

/** Answers one signed request for blocks. */
export class Delivery<Response> {
  constructor(
    private readonly channel: Channel,
    private readonly kind: DeliveryKind<Response>,
  ) {}

  /** Yields blocks, then the status that ends the request. */
  async *deliver(envelope: common.Envelope, cancelled: AbortSignal): AsyncGenerator<Response> {
    const session = this.open(envelope);
    if (typeof session === 'number') {
      yield this.kind.status(session);
      return;
    }
    const range = this.range(session.seek);
    if (typeof range === 'number') {
      yield this.kind.status(range);
      return;
    }
    const cursor = new BlockCursor(this.channel, range.start);
    const { FAIL_IF_NOT_READY } = orderer.SeekInfo.SeekBehavior;
    for (;;) {
      if (session.seek.getBehavior() === FAIL_IF_NOT_READY && cursor.at >= this.channel.store.height) {
        yield this.kind.status(common.Status.NOT_FOUND);
        return;
      }
      const block = await cursor.next(cancelled);
      if (block === undefined) return;
      // A reader who was revoked in the meantime gets nothing more.
      if (!this.mayRead(session.reader)) {
        yield this.kind.status(common.Status.FORBIDDEN);
        return;
      }
      yield await this.kind.block(contentOf(block, session.seek), session.reader);
      if (blockHeader(block).getNumber() === range.stop) break;
    }
    yield this.kind.status(common.Status.SUCCESS);
  }

  private open(envelope: common.Envelope): Session | Status {
    try {
      const { header, signature, data } = openEnvelope(envelope);
      const timestamp = header.getTimestamp();
      if (timestamp === undefined || Math.abs(Date.now() - timestamp.toDate().getTime()) > TIME_WINDOW_MS)
        return common.Status.BAD_REQUEST;
      if (header.getChannelId() !== this.channel.name) return common.Status.NOT_FOUND;
      const seek = decode(orderer.SeekInfo, data, 'SeekInfo');
      const reader = this.reader(signature.getCreator_asU8(), envelope);
      if (reader === undefined) return common.Status.FORBIDDEN;
      if (seek.getStart() === undefined || seek.getStop() === undefined) return common.Status.BAD_REQUEST;
      return { reader, seek };
    } catch {
      return common.Status.BAD_REQUEST;
    }
  }

  private reader(creator: Uint8Array, envelope: common.Envelope): Identity | undefined {
    try {
      const identity = this.channel.membership.identityOf(creator);
      if (!identity.verify(envelope.getPayload_asU8(), envelope.getSignature_asU8())) return undefined;
      return this.mayRead(identity) ? identity : undefined;
    } catch {
      return undefined;
    }
  }

  private mayRead(identity: Identity): boolean {
    return !identity.expired && this.kind.mayRead(identity);
  }

  /** Where to begin and after which block to end; a stop of another kind is block 0, as in Fabric. */
  private range(seek: orderer.SeekInfo): { start: number; stop: number } | Status {
    const start = this.position(seek.getStart());
    const isThere = start !== undefined && start <= this.channel.store.height;
    // A start that is not there is found out only when its block is read, and counts as block 0 until then.
    const first = isThere ? start : 0;
    const stop = this.stop(seek, first);
    if (seek.getStop()?.getTypeCase() === orderer.SeekPosition.TypeCase.SPECIFIED && stop < first)
      return common.Status.BAD_REQUEST;
    return isThere ? { start, stop } : common.Status.NOT_FOUND;
  }

  private stop(seek: orderer.SeekInfo, first: number): number {
    const { TypeCase } = orderer.SeekPosition;
    const stop = seek.getStop();
    switch (stop?.getTypeCase()) {
      case TypeCase.OLDEST:
        return first;
      case TypeCase.NEWEST:
        return seek.getStart()?.getTypeCase() === TypeCase.NEWEST ? first : this.channel.store.height - 1;
      case TypeCase.SPECIFIED:
        return stop.getSpecified()?.getNumber() ?? 0;
      default:
        return 0;
    }
  }

  private position(position: orderer.SeekPosition | undefined): number | undefined {
    const { TypeCase } = orderer.SeekPosition;
    const { height } = this.channel.store;
    switch (position?.getTypeCase()) {
      case TypeCase.OLDEST:
        return 0;
      case TypeCase.NEWEST:
        return height - 1;
      case TypeCase.NEXT_COMMIT:
        return height;
      case TypeCase.SPECIFIED:
        return position.getSpecified()?.getNumber() ?? 0;
      default:
        return undefined;
    }
  }
}

/** Who asks for attestations gets headers and signatures; a configuration is always given in full. */
function contentOf(block: common.Block, seek: orderer.SeekInfo): common.Block {
  const { HEADER_WITH_SIG } = orderer.SeekInfo.SeekContentType;
  if (seek.getContentType() !== HEADER_WITH_SIG || blockHeader(block).getNumber() === 0) return block;
  const attestation = new common.Block();
  attestation.setHeader(block.getHeader());
  attestation.setMetadata(block.getMetadata());
  return attestation;
}
