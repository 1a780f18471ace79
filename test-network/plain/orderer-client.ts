import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { common, gateway, orderer, peer } from '@hyperledger/fabric-protos';
import type { Member } from './member.js';

interface Message {
  serializeBinary(): Uint8Array;
}

/** One answer to a request for blocks: a status by its name, or a block. */
export type Delivered =
  | { readonly status: string; readonly block?: never; readonly number?: never }
  | { readonly block: common.Block; readonly number: number; readonly status?: never };

/** A program that talks to the orderer itself, as Fabric's command line and its older SDKs do. */
export class OrdererClient {
  private readonly client: Client;

  constructor({ address, tlsRoot }: { address: string; tlsRoot: string }) {
    this.client = new Client(address, credentials.createSsl(readFileSync(tlsRoot)));
  }

  /** The answers to envelopes that are sent together; fewer than those where the orderer ended the stream. */
  async broadcast(...envelopes: common.Envelope[]): Promise<orderer.BroadcastResponse.AsObject[]> {
    const responses = await this.exchange('Broadcast', envelopes, (bytes) =>
      orderer.BroadcastResponse.deserializeBinary(bytes),
    );
    return responses.map((response) => response.toObject());
  }

  async deliver(...envelopes: common.Envelope[]): Promise<Delivered[]> {
    const responses = await this.exchange('Deliver', envelopes, (bytes) =>
      orderer.DeliverResponse.deserializeBinary(bytes),
    );
    const statuses = Object.entries(common.Status);
    return responses.map((response) => {
      const block = response.getBlock();
      return block === undefined
        ? { status: statuses.find(([, code]) => code === response.getStatus())?.[0] ?? '' }
        : { block, number: block.getHeader()?.getNumber() ?? 0 };
    });
  }

  private exchange<Response>(
    method: 'Broadcast' | 'Deliver',
    requests: readonly common.Envelope[],
    read: (bytes: Buffer) => Response,
  ): Promise<Response[]> {
    const stream = this.client.makeBidiStreamRequest(
      `/orderer.AtomicBroadcast/${method}`,
      (message: common.Envelope) => Buffer.from(message.serializeBinary()),
      read,
      { deadline: Date.now() + 20_000 },
    );
    return new Promise((resolve, reject) => {
      const received: Response[] = [];
      stream.on('data', (response: Response) => received.push(response));
      stream.once('error', reject);
      stream.once('end', () => {
        resolve(received);
      });
      for (const request of requests) stream.write(request);
      stream.end();
    });
  }

  close(): void {
    this.client.close();
  }
}

export interface EnvelopeOptions {
  readonly channel?: string;
  readonly type?: number;
}

/** An envelope by a member, signed. */
export async function signedEnvelope(
  member: Member,
  data: Message,
  { channel = member.network.getName(), type = common.HeaderType.MESSAGE }: EnvelopeOptions = {},
): Promise<common.Envelope> {
  // Creator, nonce and time are those of a proposal.
  const proposed = gateway.ProposedTransaction.deserializeBinary(member.proposal([]).getBytes()).getProposal();
  const proposal = peer.Proposal.deserializeBinary(proposed?.getProposalBytes_asU8() ?? new Uint8Array());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  channelHeader.setType(type);
  channelHeader.setChannelId(channel);
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(data.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return signed(member, envelope);
}

export async function signed(member: Member, envelope: common.Envelope): Promise<common.Envelope> {
  const digest = createHash('sha256').update(envelope.getPayload_asU8()).digest();
  envelope.setSignature(await member.signer(digest));
  return envelope;
}

export type Position = number | 'oldest' | 'newest' | 'next';

/** What to deliver. */
export function seek(start: Position, stop: Position, { wait = false } = {}): orderer.SeekInfo {
  const info = new orderer.SeekInfo();
  info.setStart(position(start));
  info.setStop(position(stop));
  const { BLOCK_UNTIL_READY, FAIL_IF_NOT_READY } = orderer.SeekInfo.SeekBehavior;
  info.setBehavior(wait ? BLOCK_UNTIL_READY : FAIL_IF_NOT_READY);
  return info;
}

function position(at: Position): orderer.SeekPosition {
  const message = new orderer.SeekPosition();
  if (at === 'oldest') message.setOldest(new orderer.SeekOldest());
  else if (at === 'newest') message.setNewest(new orderer.SeekNewest());
  else if (at === 'next') message.setNextCommit(new orderer.SeekNextCommit());
  else {
    const specified = new orderer.SeekSpecified();
    specified.setNumber(at);
    message.setSpecified(specified);
  }
  return message;
}
