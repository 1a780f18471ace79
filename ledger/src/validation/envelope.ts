import { common, peer } from '@hyperledger/fabric-protos';
import { hex, sameBytes, sha256 } from '../encoding/digest.js';
import { decode, MalformedMessage } from '../encoding/message.js';
import type { Membership } from '../identity/membership.js';
import { openAction, type OpenedPayload, openPayload, responsePayloadOf } from './transaction.js';

const Code = peer.TxValidationCode;
export type ValidationCode = peer.TxValidationCodeMap[keyof peer.TxValidationCodeMap];

export interface CheckedEnvelope {
  readonly code: ValidationCode;
  readonly header?: common.ChannelHeader;
  readonly endorsed?: peer.ChaincodeEndorsedAction;
}

/** Whether an ordered envelope is well formed, signed by its creator, and what its proposal was endorsed for. */
export function checkEnvelope(bytes: Uint8Array, channel: string, membership: Membership): CheckedEnvelope {
  let envelope: common.Envelope;
  try {
    envelope = decode(common.Envelope, bytes, 'Envelope');
  } catch {
    return { code: Code.INVALID_OTHER_REASON };
  }
  let payload: common.Payload;
  try {
    payload = decode(common.Payload, envelope.getPayload_asU8(), 'Payload');
  } catch {
    return { code: Code.BAD_PAYLOAD };
  }
  let opened: OpenedPayload;
  try {
    opened = openPayload(payload);
    checkHeaders(opened);
  } catch {
    return { code: Code.BAD_COMMON_HEADER };
  }
  const { header, signature, headers, data } = opened;
  if (header.getChannelId() !== channel || !signedBy(signature.getCreator_asU8(), envelope, membership))
    return { code: Code.BAD_CREATOR_SIGNATURE, header };
  if (header.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return { code: Code.UNSUPPORTED_TX_PAYLOAD, header };
  if (header.getTxId() !== transactionId(signature)) return { code: Code.BAD_PROPOSAL_TXID, header };
  try {
    return { code: Code.VALID, header, endorsed: checkEndorsedAction(data, headers) };
  } catch {
    return { code: Code.INVALID_ENDORSER_TRANSACTION, header };
  }
}

export function transactionId(signature: common.SignatureHeader): string {
  return hex(sha256(signature.getNonce_asU8(), signature.getCreator_asU8()));
}

function checkHeaders({ header, signature }: OpenedPayload): void {
  const { ENDORSER_TRANSACTION, CONFIG_UPDATE, CONFIG } = common.HeaderType;
  const type = header.getType();
  if (type !== ENDORSER_TRANSACTION && type !== CONFIG_UPDATE && type !== CONFIG)
    throw new MalformedMessage(`invalid header type ${type}`);
  if (header.getEpoch() !== 0)
    throw new MalformedMessage(`invalid Epoch in ChannelHeader. Expected 0, got [${header.getEpoch()}]`);
  checkSignatureHeader(signature);
}

function checkSignatureHeader(signature: common.SignatureHeader): void {
  if (signature.getNonce_asU8().length === 0) throw new MalformedMessage('invalid nonce specified in the header');
  if (signature.getCreator_asU8().length === 0) throw new MalformedMessage('invalid creator specified in the header');
}

function signedBy(creator: Uint8Array, envelope: common.Envelope, membership: Membership): boolean {
  try {
    const identity = membership.identityOf(creator);
    identity.organisation.validate(identity);
    return identity.verify(envelope.getPayload_asU8(), envelope.getSignature_asU8());
  } catch {
    return false;
  }
}

/** The endorsers signed for one proposal; its hash ties their answer to this transaction's headers. */
function checkEndorsedAction(data: Uint8Array, headers: common.Header): peer.ChaincodeEndorsedAction {
  const { signatureHeader, payload, endorsed } = openAction(data);
  checkSignatureHeader(decode(common.SignatureHeader, signatureHeader, 'SignatureHeader'));
  const hash = sha256(headers.getChannelHeader_asU8(), signatureHeader, payload.getChaincodeProposalPayload_asU8());
  if (!sameBytes(hash, responsePayloadOf(endorsed).getProposalHash_asU8()))
    throw new MalformedMessage('proposal hash does not match');
  return endorsed;
}
