import { status as Status } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import type { CommitNotice } from '../commit/commit-notices.js';
import { type Endorsers, NoEndorsers, noMetadata } from '../discovery/endorsers.js';
import { decode, MalformedMessage, nameOf, whyUnreadable } from '../encoding/message.js';
import { messageOf } from '../errors.js';
import { resultOf } from '../endorser/endorser.js';
import type { Broadcast } from '../ordering/broadcast.js';
import { requireSigned } from './access.js';
import { type AskPeer, askPeer, type EndorsingPeer } from './endorsing-peer.js';
import { type Collected, EndorsementPlan } from './endorsement-plan.js';
import { preparedTransaction } from './prepared-transaction.js';
import { RpcError } from './rpc-error.js';

/** As a peer's `peer.gateway.endorsementTimeout`. */
const ENDORSEMENT_TIMEOUT_MS = 30_000;

interface Unpacked {
  readonly signed: peer.SignedProposal;
  readonly spec: peer.ChaincodeSpec | undefined;
  readonly headers: common.Header;
  readonly channel: string;
  readonly chaincode: string;
  readonly input: Uint8Array;
  readonly hasTransientData: boolean;
}

/** The gateway service of one organisation's peer. */
export class Gateway {
  private readonly byOrganisation: ReadonlyMap<string, EndorsingPeer>;

  constructor(
    private readonly channel: Channel,
    private readonly local: EndorsingPeer,
    private readonly peers: readonly EndorsingPeer[],
    private readonly endorsers: Endorsers,
    private readonly broadcast: Broadcast,
  ) {
    this.byOrganisation = new Map(peers.map((candidate) => [candidate.mspId, candidate]));
  }

  async evaluate(request: gateway.EvaluateRequest): Promise<gateway.EvaluateResponse> {
    let proposal: Unpacked;
    try {
      proposal = unpack(request.getProposedTransaction(), 'a signed proposal is required');
      requireNames(proposal);
    } catch (cause) {
      throw new RpcError(Status.INVALID_ARGUMENT, `failed to unpack transaction proposal: ${messageOf(cause)}`);
    }
    if (proposal.channel !== this.channel.name)
      throw new RpcError(Status.UNAVAILABLE, noConfigurationOf(proposal.channel));
    const targets = request.getTargetOrganizationsList();
    const protects = proposal.hasTransientData && targets.length === 0;
    const candidates = this.evaluators(proposal, protects ? [this.local.mspId] : targets);
    if (candidates.length === 0) {
      const none = `no peers available to evaluate chaincode ${proposal.chaincode} in channel ${proposal.channel}`;
      throw new RpcError(
        Status.FAILED_PRECONDITION,
        protects
          ? `no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: ${none}`
          : none,
      );
    }
    const details = [];
    let code = Status.ABORTED;
    for (const candidate of candidates) {
      const answer = await this.ask(candidate, proposal.signed);
      if (!('detail' in answer)) return evaluated(answer.response);
      details.push(answer.detail);
      code = answer.code;
      if (!answer.retry)
        throw new RpcError(code, `evaluate call to endorser returned error: ${answer.detail.message}`, details);
    }
    throw new RpcError(code, 'failed to evaluate transaction, see attached details for more info', details);
  }

  private evaluators({ chaincode }: Unpacked, targets: readonly string[]): EndorsingPeer[] {
    const available = this.peers.filter((candidate) => candidate.isUp() && candidate.endorser.has(chaincode));
    const wanted =
      targets.length === 0 ? available : available.filter((candidate) => targets.includes(candidate.mspId));
    return [
      ...wanted.filter((candidate) => candidate === this.local),
      ...wanted.filter((candidate) => candidate !== this.local),
    ];
  }

  /** Asks a peer: the own one by a call, another organisation's over a connection. */
  private readonly ask: AskPeer = async (target, proposal) => askPeer(target, proposal, target !== this.local);

  async endorse(request: gateway.EndorseRequest): Promise<gateway.EndorseResponse> {
    let proposal: Unpacked;
    try {
      proposal = unpack(request.getProposedTransaction(), 'the proposed transaction must contain a signed proposal');
    } catch (cause) {
      throw new RpcError(Status.INVALID_ARGUMENT, messageOf(cause));
    }
    this.requireSpace();
    const named = request.getEndorsingOrganizationsList();
    const plan = named.length > 0 ? this.planFor(proposal, named) : await this.planFromFirst(proposal);
    const collected = await withinTime(
      plan.collect(proposal.signed),
      'endorsement timeout expired while collecting endorsements',
    );
    if (collected === undefined) {
      throw new RpcError(
        Status.ABORTED,
        'failed to collect enough transaction endorsements, see attached details for more info',
        plan.details,
      );
    }
    return prepared(proposal, collected);
  }

  /** The client names the organisations and answers for their being enough. */
  private planFor({ channel, chaincode }: Unpacked, named: readonly string[]): EndorsementPlan {
    const missing = named.filter((mspId) => {
      const candidate = this.byOrganisation.get(mspId);
      return channel !== this.channel.name || candidate?.isUp() !== true || !candidate.endorser.has(chaincode);
    });
    if (missing.length > 0)
      throw new RpcError(Status.UNAVAILABLE, `failed to find any endorsing peers for org(s): ${missing.join(', ')}`);
    const groups = new Map(
      named.flatMap((mspId) => {
        const member = this.byOrganisation.get(mspId);
        return member === undefined ? [] : [[mspId, [member]] as const];
      }),
    );
    return new EndorsementPlan([new Map([...groups.keys()].map((mspId) => [mspId, 1]))], groups, this.ask);
  }

  /** The first simulation, at home where possible, tells which policies the transaction falls under. */
  private async planFromFirst(proposal: Unpacked): Promise<EndorsementPlan> {
    const first = this.firstEndorser(proposal);
    const answer = await withinTime(
      this.ask(first, proposal.signed),
      'endorsement timeout expired while collecting first endorsement',
    );
    if ('detail' in answer)
      throw new RpcError(Status.ABORTED, 'failed to endorse transaction, see attached details for more info', [
        answer.detail,
      ]);
    const interest = answer.response.getInterest();
    const calls = interest?.getChaincodesList() ?? [];
    const plan = this.planByDiscovery(
      calls.length === 0 || interest === undefined ? callOf(proposal.chaincode) : interest,
      proposal,
      first,
    );
    plan.add(first, answer.response);
    return plan;
  }

  private firstEndorser(proposal: Unpacked): EndorsingPeer {
    const serves = (candidate: EndorsingPeer): boolean =>
      candidate.isUp() && candidate.endorser.has(proposal.chaincode) && proposal.channel === this.channel.name;
    if (serves(this.local)) return this.local;
    if (proposal.hasTransientData) {
      throw new RpcError(
        Status.FAILED_PRECONDITION,
        "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
      );
    }
    if (proposal.channel !== this.channel.name)
      throw new RpcError(Status.FAILED_PRECONDITION, noCombination(noMetadata(proposal.chaincode, proposal.channel)));
    const [other] = this.planByDiscovery(callOf(proposal.chaincode), proposal).nextEndorsers() ?? [];
    if (other === undefined) throw new RpcError(Status.FAILED_PRECONDITION, noCombination('no peer is left'));
    return other;
  }

  /** With transient data only members of the touched collections may simulate, even where nothing private is read. */
  private planByDiscovery(
    interest: peer.ChaincodeInterest,
    proposal: Unpacked,
    first?: EndorsingPeer,
  ): EndorsementPlan {
    const cautious = interest.clone();
    const loosened: string[] = [];
    if (proposal.hasTransientData) {
      for (const call of cautious.getChaincodesList()) {
        if (call.getNoPrivateReads()) loosened.push(...call.getCollectionNamesList());
        call.setNoPrivateReads(false);
      }
    }
    try {
      return EndorsementPlan.of(this.endorsers.descriptor(cautious), first, this.ask);
    } catch (cause) {
      if (!(cause instanceof NoEndorsers)) throw cause;
      const reason = loosened.length === 0 ? cause.message : this.reasonAgainst(interest);
      throw new RpcError(
        Status.FAILED_PRECONDITION,
        reason === undefined
          ? `requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [${loosened.join(' ')}]; retry specifying trusted endorsing organizations to protect transient data`
          : noCombination(reason),
      );
    }
  }

  /** Undefined when it can be endorsed, else why not. */
  private reasonAgainst(interest: peer.ChaincodeInterest): string | undefined {
    try {
      this.endorsers.descriptor(interest);
      return undefined;
    } catch (cause) {
      if (cause instanceof NoEndorsers) return cause.message;
      throw cause;
    }
  }

  /** With the code that gRPC has for a full file system: the client knows at once that nothing was ordered. */
  private requireSpace(): void {
    const full = this.channel.freeSpace.refusal();
    if (full !== undefined) throw new RpcError(Status.RESOURCE_EXHAUSTED, full);
  }

  async submit(request: gateway.SubmitRequest): Promise<gateway.SubmitResponse> {
    const envelope = request.getPreparedTransaction();
    if (envelope === undefined) throw new RpcError(Status.INVALID_ARGUMENT, 'a prepared transaction is required');
    if (envelope.getSignature_asU8().length === 0)
      throw new RpcError(Status.INVALID_ARGUMENT, 'prepared transaction must be signed');
    if (request.getChannelId() !== this.channel.name)
      throw new RpcError(Status.FAILED_PRECONDITION, noConfigurationOf(request.getChannelId()));
    this.requireSpace();
    const { status, info } = await this.broadcast.accept(envelope);
    if (status === common.Status.SUCCESS) return new gateway.SubmitResponse();
    const name = nameOf(common.Status, status);
    if (status === common.Status.NOT_IMPLEMENTED) throw new RpcError(Status.UNIMPLEMENTED, info);
    if (status >= 400 && status < 500)
      throw new RpcError(Status.ABORTED, `received unsuccessful response from orderer: status=${name}, info=${info}`);
    throw new RpcError(Status.UNAVAILABLE, 'no orderers could successfully process transaction', [
      { address: this.local.address, mspId: this.local.mspId, message: info },
    ]);
  }

  async commitStatus(
    signed: gateway.SignedCommitStatusRequest,
    cancelled: AbortSignal,
  ): Promise<gateway.CommitStatusResponse> {
    const bytes = signed.getRequest_asU8();
    if (bytes.length === 0) throw new RpcError(Status.INVALID_ARGUMENT, 'a commit status request is required');
    const request = requestOf(() => gateway.CommitStatusRequest.deserializeBinary(bytes), 'invalid status request');
    if (request.getIdentity_asU8().length === 0) throw new RpcError(Status.INVALID_ARGUMENT, 'no identity provided');
    if (request.getChannelId() === '') throw new RpcError(Status.INVALID_ARGUMENT, 'no channel ID provided');
    const id = request.getTransactionId();
    if (id === '') throw new RpcError(Status.INVALID_ARGUMENT, 'transaction ID should not be empty');
    requireSigned(this.channel, request.getChannelId(), {
      data: bytes,
      identity: request.getIdentity_asU8(),
      signature: signed.getSignature_asU8(),
    });
    const { block, code } = await this.commitOf(id, cancelled);
    const response = new gateway.CommitStatusResponse();
    response.setResult(code as ReturnType<gateway.CommitStatusResponse['getResult']>);
    response.setBlockNumber(block);
    return response;
  }

  private async commitOf(id: string, cancelled: AbortSignal): Promise<CommitNotice> {
    return new Promise((resolve, reject) => {
      // Listening comes first: a commit between the look-up and the listening would be waited for in vain.
      const stop = this.channel.notices.onTransaction(id, (notice) => {
        cancelled.removeEventListener('abort', abort);
        resolve(notice);
      });
      const abort = (): void => {
        stop();
        reject(new RpcError(Status.CANCELLED, 'context canceled'));
      };
      cancelled.addEventListener('abort', abort, { once: true });
      this.channel.store.transaction(id).then((found) => {
        if (found === undefined) return;
        stop();
        cancelled.removeEventListener('abort', abort);
        resolve({ block: found.block, code: found.code });
      }, reject);
    });
  }
}

function evaluated(response: peer.ProposalResponse): gateway.EvaluateResponse {
  const result = response.getResponse() ?? new peer.Response();
  const payload = resultOf(response.getPayload_asU8());
  if (payload !== undefined) result.setPayload(payload);
  const message = new gateway.EvaluateResponse();
  message.setResult(result);
  return message;
}

function prepared({ headers, input }: Unpacked, collected: Collected): gateway.EndorseResponse {
  const response = new gateway.EndorseResponse();
  response.setPreparedTransaction(preparedTransaction(headers, input, collected));
  return response;
}

function unpack(signed: peer.SignedProposal | undefined, missing: string): Unpacked {
  if (signed === undefined || signed.getProposalBytes_asU8().length === 0) throw new MalformedMessage(missing);
  const proposal = decode(peer.Proposal, signed.getProposalBytes_asU8(), 'Proposal');
  const headers = decode(common.Header, proposal.getHeader_asU8(), 'Header');
  const header = decode(common.ChannelHeader, headers.getChannelHeader_asU8(), 'ChannelHeader');
  const payload = decode(peer.ChaincodeProposalPayload, proposal.getPayload_asU8(), 'ChaincodeProposalPayload');
  const spec = decode(
    peer.ChaincodeInvocationSpec,
    payload.getInput_asU8(),
    'ChaincodeInvocationSpec',
  ).getChaincodeSpec();
  return {
    signed,
    spec,
    headers,
    channel: header.getChannelId(),
    chaincode: spec?.getChaincodeId()?.getName() ?? '',
    input: payload.getInput_asU8(),
    hasTransientData: payload.getTransientmapMap().getLength() > 0,
  };
}

function requireNames({ channel, chaincode, spec }: Unpacked): void {
  if (channel === '') throw new MalformedMessage('no channel id provided');
  if (spec === undefined) throw new MalformedMessage(`no chaincode spec is provided, channel id [${channel}]`);
  if (spec.getChaincodeId() === undefined)
    throw new MalformedMessage(`no chaincode id is provided, channel id [${channel}]`);
  if (chaincode === '') throw new MalformedMessage(`no chaincode name is provided, channel id [${channel}]`);
}

function noConfigurationOf(channel: string): string {
  return `failed to get config for channel [${channel}]: could not get last config for channel ${channel}`;
}

function noCombination(why: string): string {
  return `no combination of peers can be derived which satisfy the endorsement policy: ${why}`;
}

function requestOf<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (cause) {
    throw new RpcError(Status.INVALID_ARGUMENT, `${what}: ${whyUnreadable(cause)}`);
  }
}

function callOf(chaincode: string): peer.ChaincodeInterest {
  const call = new peer.ChaincodeCall();
  call.setName(chaincode);
  const interest = new peer.ChaincodeInterest();
  interest.setChaincodesList([call]);
  return interest;
}

async function withinTime<T>(work: Promise<T>, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RpcError(Status.DEADLINE_EXCEEDED, late));
    }, ENDORSEMENT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
