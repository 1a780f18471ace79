import { createHash } from 'node:crypto';
import type { ServiceError } from '@grpc/grpc-js';
import { common, gateway, msp, orderer, peer } from '@hyperledger/fabric-protos';
import type { Member } from './member.js';

/** Any message of Fabric's protocols. */
export interface Message {
  serializeBinary(): Uint8Array;
}

interface MessageType<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

/** A request as the SDK would not send it. */
export async function call<T>(
  member: Member,
  path: string,
  request: Message,
  response: MessageType<T>,
): Promise<{ error: ServiceError } | { answer: T }> {
  return new Promise((resolve) => {
    member.client.makeUnaryRequest(
      path,
      (message: Message) => Buffer.from(message.serializeBinary()),
      (bytes: Buffer) => response.deserializeBinary(bytes),
      request,
      (error, answer) => {
        if (error !== null) resolve({ error });
        else if (answer !== undefined) resolve({ answer });
      },
    );
  });
}

export function creatorOf(member: Member, mspId = member.mspId): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(member.certificate);
  return identity.serializeBinary();
}

export interface Headers {
  channel: common.ChannelHeader;
  signature: common.SignatureHeader;
}

/** As the SDK makes them for this very moment. */
export function headersOf(member: Member, type: common.HeaderTypeMap[keyof common.HeaderTypeMap]): Headers {
  const proposed = gateway.ProposedTransaction.deserializeBinary(member.contract().newProposal('run').getBytes());
  const proposal = peer.Proposal.deserializeBinary(proposed.getProposal()?.getProposalBytes_asU8() ?? new Uint8Array());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  channel.setType(type);
  channel.setExtension$('');
  return { channel, signature: common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()) };
}

/** One that is right, but for what `change` does to it before it is signed. */
export async function envelope(
  member: Member,
  type: common.HeaderTypeMap[keyof common.HeaderTypeMap],
  data: Uint8Array,
  change: (headers: Headers) => void = () => undefined,
): Promise<common.Envelope> {
  const headers = headersOf(member, type);
  change(headers);
  const header = new common.Header();
  header.setChannelHeader(headers.channel.serializeBinary());
  header.setSignatureHeader(headers.signature.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(data);
  const made = new common.Envelope();
  made.setPayload(payload.serializeBinary());
  return signed(member, made);
}

/** The same envelope with the member's signature. */
export async function signed(member: Member, envelope: common.Envelope): Promise<common.Envelope> {
  envelope.setSignature(await signatureOf(member, envelope.getPayload_asU8()));
  return envelope;
}

export async function signatureOf(member: Member, message: Uint8Array): Promise<Uint8Array> {
  return member.signer(createHash('sha256').update(message).digest());
}

export interface ProposalParts extends Headers {
  extension: peer.ChaincodeHeaderExtension;
  invocation: peer.ChaincodeInvocationSpec;
}

/** A proposal that is right, but for what `change` does to it before it is signed. */
export async function signedProposal(
  member: Member,
  chaincode: string,
  args: readonly (string | Uint8Array)[],
  change: (parts: ProposalParts) => void = () => undefined,
): Promise<peer.SignedProposal> {
  const id = new peer.ChaincodeID();
  id.setName(chaincode);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  const spec = new peer.ChaincodeSpec();
  spec.setType(peer.ChaincodeSpec.Type.GOLANG);
  spec.setChaincodeId(id);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const parts = { ...headersOf(member, common.HeaderType.ENDORSER_TRANSACTION), extension, invocation };
  change(parts);
  if (parts.channel.getExtension_asU8().length === 0) parts.channel.setExtension$(extension.serializeBinary());
  const header = new common.Header();
  header.setChannelHeader(parts.channel.serializeBinary());
  header.setSignatureHeader(parts.signature.serializeBinary());
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(parts.invocation.serializeBinary());
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  signed.setSignature(await signatureOf(member, proposal.serializeBinary()));
  return signed;
}

/** What a request for blocks is answered with, up to the end of the stream: numbers of blocks, then a status. */
export async function deliver(
  member: Member,
  request: common.Envelope,
  service = 'Deliver',
): Promise<{ blocks: number[]; statuses: number[] }> {
  const stream = member.client.makeBidiStreamRequest(
    `/protos.Deliver/${service}`,
    (message: common.Envelope) => Buffer.from(message.serializeBinary()),
    (bytes: Buffer) => peer.DeliverResponse.deserializeBinary(bytes),
  );
  stream.write(request);
  const told = { blocks: [] as number[], statuses: [] as number[] };
  for await (const response of stream as AsyncIterable<peer.DeliverResponse>) {
    if (response.getTypeCase() !== peer.DeliverResponse.TypeCase.STATUS) {
      told.blocks.push(
        response.getBlock()?.getHeader()?.getNumber() ?? response.getFilteredBlock()?.getNumber() ?? Number.NaN,
      );
      continue;
    }
    told.statuses.push(response.getStatus());
    // A stream that did its work waits for the next request.
    if (response.getStatus() === common.Status.SUCCESS) stream.end();
  }
  return told;
}

/** `undefined` is a position that says nothing. */
export type Position = number | 'oldest' | 'newest' | 'nextCommit' | 'nothing' | undefined;

export function seek(
  start: Position,
  stop: Position,
  behavior: orderer.SeekInfo.SeekBehaviorMap[keyof orderer.SeekInfo.SeekBehaviorMap] = orderer.SeekInfo.SeekBehavior
    .BLOCK_UNTIL_READY,
): orderer.SeekInfo {
  const info = new orderer.SeekInfo();
  info.setStart(positionOf(start));
  info.setStop(positionOf(stop));
  info.setBehavior(behavior);
  return info;
}

function positionOf(position: Position): orderer.SeekPosition | undefined {
  if (position === undefined) return undefined;
  const message = new orderer.SeekPosition();
  switch (position) {
    case 'oldest':
      message.setOldest(new orderer.SeekOldest());
      break;
    case 'newest':
      message.setNewest(new orderer.SeekNewest());
      break;
    case 'nextCommit':
      message.setNextCommit(new orderer.SeekNextCommit());
      break;
    case 'nothing':
      break;
    default: {
      const specified = new orderer.SeekSpecified();
      specified.setNumber(position);
      message.setSpecified(specified);
    }
  }
  return message;
}
