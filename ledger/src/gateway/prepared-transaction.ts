import { common, peer } from '@hyperledger/fabric-protos';
import type { Collected } from './endorsement-plan.js';

/** The transaction that the client signs: its proposal without the transient data, and what was endorsed. */
export function preparedTransaction(
  headers: common.Header,
  input: Uint8Array,
  { payload, endorsements }: Collected,
): common.Envelope {
  const proposal = new peer.ChaincodeProposalPayload();
  proposal.setInput(input);
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(payload);
  endorsed.setEndorsementsList([...endorsements]);
  const action = new peer.ChaincodeActionPayload();
  action.setChaincodeProposalPayload(proposal.serializeBinary());
  action.setAction(endorsed);
  const single = new peer.TransactionAction();
  single.setHeader(headers.getSignatureHeader_asU8());
  single.setPayload(action.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([single]);
  const body = new common.Payload();
  body.setHeader(headers);
  body.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(body.serializeBinary());
  return envelope;
}
