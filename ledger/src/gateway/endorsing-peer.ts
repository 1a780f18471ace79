import { status as Status } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { MalformedMessage } from '../encoding/message.js';
import { type Endorser, ProposalFiltered } from '../endorser/endorser.js';
import { ProposalRefused } from '../endorser/proposal.js';
import { NotServed } from '../endorser/system/answers.js';
import { messageOf } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Signer } from '../identity/signer.js';
import type { Detail } from './rpc-error.js';

/** A peer as a gateway sees it. */
export interface EndorsingPeer {
  readonly mspId: string;
  readonly address: string;
  readonly identity: Identity;
  readonly signer: Signer;
  readonly endorser: Endorser;
  readonly isUp: () => boolean;
}

export interface Endorsed {
  readonly response: peer.ProposalResponse;
}

export interface Refused {
  readonly code: Status;
  readonly detail: Detail;
  /** Whether another peer may do better. */
  readonly retry: boolean;
}

export type AskPeer = (target: EndorsingPeer, proposal: peer.SignedProposal) => Promise<Endorsed | Refused>;

/** Fabric's reading of an endorser's answer: which failures are the client's, the chaincode's and the peer's. */
export async function askPeer(
  target: EndorsingPeer,
  proposal: peer.SignedProposal,
  remote: boolean,
): Promise<Endorsed | Refused> {
  const refused = (code: Status, message: string, retry: boolean): Refused => ({
    code,
    retry,
    detail: { address: target.address, mspId: target.mspId, message },
  });
  if (!target.isUp())
    return refused(
      Status.UNAVAILABLE,
      `connection error: desc = "transport: Error while dialing: dial tcp ${target.address}: connect: connection refused"`,
      true,
    );
  let response: peer.ProposalResponse;
  try {
    response = await target.endorser.process(proposal);
  } catch (cause) {
    if (cause instanceof NotServed) throw cause;
    if (cause instanceof ProposalFiltered || cause instanceof ProposalRefused || cause instanceof MalformedMessage) {
      // A refusal by a peer behind a connection looks like a peer that cannot be reached.
      if (remote) return refused(Status.UNAVAILABLE, `rpc error: code = Unknown desc = ${cause.message}`, true);
      return cause instanceof ProposalFiltered
        ? refused(Status.UNAVAILABLE, cause.message, true)
        : refused(Status.FAILED_PRECONDITION, cause.message, false);
    }
    return refused(Status.ABORTED, messageOf(cause), true);
  }
  const result = response.getResponse();
  const status = result?.getStatus() ?? 0;
  const message = result?.getMessage() ?? '';
  if (status >= 200 && status < 400) return { response };
  if (response.getPayload_asU8().length === 0 && status === 500) return refused(Status.ABORTED, message, true);
  return refused(Status.UNKNOWN, `chaincode response ${status}, ${message}`, false);
}
