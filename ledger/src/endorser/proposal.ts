import { common, peer } from '@hyperledger/fabric-protos';
import { sha256 } from '../encoding/digest.js';
import { decode, MalformedMessage, nameOf } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Membership } from '../identity/membership.js';
import { transactionId } from '../validation/envelope.js';

/** A proposal taken out of its signature, without anything verified yet. */
export interface Proposal {
  readonly signed: peer.SignedProposal;
  readonly header: common.ChannelHeader;
  readonly signature: common.SignatureHeader;
  readonly chaincode: string;
  readonly input: peer.ChaincodeInput;
  /** Over everything but the transient data, which goes into no transaction. */
  readonly hash: Uint8Array;
}

export class ProposalRefused extends Error {
  override readonly name = 'ProposalRefused';
}

interface Headers {
  readonly proposal: peer.Proposal;
  readonly headers: common.Header;
  readonly header: common.ChannelHeader;
  readonly signature: common.SignatureHeader;
}

/** A gateway hands the same message to every endorser, and nobody changes it: it is taken apart once. */
const readable = new WeakMap<peer.SignedProposal, Headers>();
const unpacked = new WeakMap<peer.SignedProposal, Proposal>();

export function unpackProposal(signed: peer.SignedProposal): Proposal {
  let proposal = unpacked.get(signed);
  if (proposal === undefined) unpacked.set(signed, (proposal = unpack(signed)));
  return proposal;
}

function unpack(signed: peer.SignedProposal): Proposal {
  const { proposal, headers, header, signature } = readHeaders(signed);
  const extension = decode(peer.ChaincodeHeaderExtension, header.getExtension_asU8(), 'ChaincodeHeaderExtension');
  const chaincode = extension.getChaincodeId();
  if (chaincode === undefined) throw new MalformedMessage('ChaincodeHeaderExtension.ChaincodeId is nil');
  if (chaincode.getName() === '') throw new MalformedMessage('ChaincodeHeaderExtension.ChaincodeId.Name is empty');
  const payload = decode(peer.ChaincodeProposalPayload, proposal.getPayload_asU8(), 'ChaincodeProposalPayload');
  const spec = decode(
    peer.ChaincodeInvocationSpec,
    payload.getInput_asU8(),
    'ChaincodeInvocationSpec',
  ).getChaincodeSpec();
  if (spec === undefined) throw new MalformedMessage('chaincode invocation spec did not contain chaincode spec');
  const input = spec.getInput();
  if (input === undefined) throw new MalformedMessage('chaincode input did not contain any input');
  const withoutTransient = new peer.ChaincodeProposalPayload();
  withoutTransient.setInput(payload.getInput_asU8());
  return {
    signed,
    header,
    signature,
    chaincode: chaincode.getName(),
    input,
    hash: sha256(
      headers.getChannelHeader_asU8(),
      headers.getSignatureHeader_asU8(),
      withoutTransient.serializeBinary(),
    ),
  };
}

/** The headers as the filters before an endorser read them: with other words than the endorser has. */
export function readHeaders(signed: peer.SignedProposal): Headers {
  let headers = readable.get(signed);
  if (headers === undefined) readable.set(signed, (headers = parseHeaders(signed)));
  return headers;
}

function parseHeaders(signed: peer.SignedProposal): Headers {
  const proposal = parsed('proposal', () => decode(peer.Proposal, signed.getProposalBytes_asU8(), 'Proposal'));
  const headers = parsed('header', () => decode(common.Header, proposal.getHeader_asU8(), 'Header'));
  const signature = parsed('signature header', () =>
    decode(common.SignatureHeader, headers.getSignatureHeader_asU8(), 'SignatureHeader'),
  );
  const header = parsed('channel header', () =>
    decode(common.ChannelHeader, headers.getChannelHeader_asU8(), 'ChannelHeader'),
  );
  return { proposal, headers, header, signature };
}

function parsed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new MalformedMessage(`failed parsing ${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Fabric 3's window; the transaction's timestamp is its client's claim and bounds what it can claim. */
const TIME_WINDOW_MS = 15 * 60 * 1000;

/** Without a channel only the peer's own organisation `local` is known to it. */
export function creatorOf(proposal: Proposal, membership: Membership, local: string): Identity {
  const { header, signature, signed } = proposal;
  const { ENDORSER_TRANSACTION, CONFIG } = common.HeaderType;
  if (header.getType() !== ENDORSER_TRANSACTION && header.getType() !== CONFIG)
    throw refused(`invalid header type ${nameOf(common.HeaderType, header.getType())}`);
  if (header.getEpoch() !== 0) throw refused('epoch is non-zero');
  if (signature.getNonce_asU8().length === 0) throw refused('nonce is empty');
  if (signature.getCreator_asU8().length === 0) throw refused('creator is empty');
  const expected = transactionId(signature);
  if (header.getTxId() !== expected)
    throw refused(`incorrectly computed txid '${header.getTxId()}' -- expected '${expected}'`);
  if (signed.getSignature_asU8().length === 0) throw refused('empty signature bytes');
  let creator: Identity;
  try {
    creator = membership.identityOf(signature.getCreator_asU8());
    if (header.getChannelId() === '' && creator.mspId !== local)
      throw new MalformedMessage(`expected MSP ID ${local}, received ${creator.mspId}`);
  } catch (cause) {
    throw refused(`access denied: channel [${header.getChannelId()}] creator org unknown, creator is malformed`, cause);
  }
  const denied = `access denied: channel [${header.getChannelId()}] creator org [${creator.mspId}]`;
  try {
    creator.organisation.validate(creator);
  } catch (cause) {
    throw refused(denied, cause);
  }
  if (!creator.verify(signed.getProposalBytes_asU8(), signed.getSignature_asU8()))
    throw refused(denied, new Error('signature'));
  return creator;
}

export function checkTimeWindow(header: common.ChannelHeader): void {
  const claimed = header.getTimestamp()?.toDate() ?? new Date(0);
  const now = new Date();
  if (Math.abs(now.getTime() - claimed.getTime()) <= TIME_WINDOW_MS) return;
  throw new ProposalRefused(
    `request unauthorized due to incorrect timestamp ${seconds(claimed)}, peer time ${seconds(now)}, peer.authentication.timewindow 15m0s`,
  );
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function refused(why: string, cause?: unknown): ProposalRefused {
  return new ProposalRefused(
    `error validating proposal: ${why}`,
    cause === undefined ? {} : { cause: messageOf(cause) },
  );
}
