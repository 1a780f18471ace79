import type { Commit } from '@hyperledger/fabric-gateway';
import { gateway as gatewayPb, msp } from '@hyperledger/fabric-protos';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import type { Session } from './connection.js';

/** Asks for the outcome of any transaction, not only of one that this process submitted. */
export function commitRequest(session: Session, { identity }: LedgerIdentity, transactionId: string): Commit {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(identity.mspId);
  creator.setIdBytes(identity.credentials);
  const request = new gatewayPb.CommitStatusRequest();
  request.setChannelId(session.network.getName());
  request.setTransactionId(transactionId);
  request.setIdentity(creator.serializeBinary());
  const signed = new gatewayPb.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return session.gateway.newCommit(signed.serializeBinary());
}
