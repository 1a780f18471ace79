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

export function openAction(data: Uint8Array): {
  signatureHeader: Uint8Array;
  payload: peer.ChaincodeActionPayload;
  endorsed: peer.ChaincodeEndorsedAction;
} {
  const actions = decode(peer.Transaction, data, 'Transaction').getActionsList();
  const [only] = actions;
  if (only === undefined || actions.length !== 1) {
    throw new MalformedMessage(`only one action per transaction is supported, tx contains ${actions.length}`);
  }
  const payload = decode(peer.ChaincodeActionPayload, only.getPayload_asU8(), 'ChaincodeActionPayload');
  const endorsed = payload.getAction();
  if (endorsed === undefined) throw new MalformedMessage('nil action');
  return { signatureHeader: only.getHeader_asU8(), payload, endorsed };
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
