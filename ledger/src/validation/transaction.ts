import { common, peer } from '@hyperledger/fabric-protos';
import { decode, MalformedMessage } from '../encoding/message.js';

/** An endorsed transaction, taken out of its envelope. */
export interface OpenedTransaction {
  readonly header: common.ChannelHeader;
  readonly creator: Uint8Array;
  readonly endorsed: peer.ChaincodeEndorsedAction;
  readonly action: peer.ChaincodeAction;
}

export interface OpenedPayload {
  readonly header: common.ChannelHeader;
  readonly signature: common.SignatureHeader;
  readonly headers: common.Header;
  readonly data: Uint8Array;
}

export function openPayload(payload: common.Payload): OpenedPayload {
  const headers = payload.getHeader();
  if (headers === undefined) throw new MalformedMessage('nil header');
  return {
    headers,
    header: decode(common.ChannelHeader, headers.getChannelHeader_asU8(), 'ChannelHeader'),
    signature: decode(common.SignatureHeader, headers.getSignatureHeader_asU8(), 'SignatureHeader'),
    data: payload.getData_asU8(),
  };
}

export function openEnvelope(envelope: common.Envelope): OpenedPayload {
  return openPayload(decode(common.Payload, envelope.getPayload_asU8(), 'Payload'));
}

interface OpenedAction {
  readonly signatureHeader: Uint8Array;
  readonly payload: peer.ChaincodeActionPayload;
  readonly endorsed: peer.ChaincodeEndorsedAction;
}

export function openAction(data: Uint8Array): OpenedAction {
  const actions = actionsOf(data);
  if (actions.length !== 1)
    throw new MalformedMessage(`only one action per transaction is supported, tx contains ${actions.length}`);
  return openFirst(actions);
}

/** Of a transaction that may have too many actions, the first. */
export function openFirstAction(data: Uint8Array): OpenedAction {
  return openFirst(actionsOf(data));
}

function actionsOf(data: Uint8Array): peer.TransactionAction[] {
  return decode(peer.Transaction, data, 'Transaction').getActionsList();
}

function openFirst([first]: readonly peer.TransactionAction[]): OpenedAction {
  if (first === undefined) throw new MalformedMessage('at least one TransactionAction required');
  const payload = decode(peer.ChaincodeActionPayload, first.getPayload_asU8(), 'ChaincodeActionPayload');
  const endorsed = payload.getAction();
  if (endorsed === undefined) throw new MalformedMessage('nil action');
  return { signatureHeader: first.getHeader_asU8(), payload, endorsed };
}

export function responsePayloadOf(endorsed: peer.ChaincodeEndorsedAction): peer.ProposalResponsePayload {
  return decode(peer.ProposalResponsePayload, endorsed.getProposalResponsePayload_asU8(), 'ProposalResponsePayload');
}

export function chaincodeActionOf(endorsed: peer.ChaincodeEndorsedAction): peer.ChaincodeAction {
  const extension = responsePayloadOf(endorsed).getExtension_asU8();
  if (extension.length === 0) throw new MalformedMessage('response payload is missing extension');
  return decode(peer.ChaincodeAction, extension, 'ChaincodeAction');
}

export function openTransaction(envelope: common.Envelope): OpenedTransaction {
  const { header, signature, data } = openEnvelope(envelope);
  const { endorsed } = openAction(data);
  return { header, creator: signature.getCreator_asU8(), endorsed, action: chaincodeActionOf(endorsed) };
}
