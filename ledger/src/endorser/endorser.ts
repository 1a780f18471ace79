import { peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.js';
import type { Chaincodes } from '../chaincode/chaincodes.js';
import { LIFECYCLE } from '../definition/chaincode.js';
import { messageOf } from '../errors.js';
import { decode, MalformedMessage } from '../encoding/message.js';
import { hex } from '../encoding/digest.js';
import type { Identity } from '../identity/identity.js';
import type { Signer } from '../identity/signer.js';
import type { Log } from '../log.js';
import { disseminate } from '../private/dissemination.js';
import type { Holder } from '../private/holder.js';
import { Simulator } from '../simulation/simulator.js';
import { requirePolicy } from './channel-access.js';
import { interestOf } from './interest.js';
import { checkTimeWindow, creatorOf, type Proposal, ProposalRefused, readHeaders, unpackProposal } from './proposal.js';
import { NotServed } from './system/answers.js';
import { SystemChaincodes } from './system-chaincodes.js';

const ERROR_THRESHOLD = 400;
const ERROR = 500;

/** A refusal before anything looked at the proposal, as by a peer's filters. */
export class ProposalFiltered extends Error {
  override readonly name = 'ProposalFiltered';
}

/** One organisation's peer as an endorser: simulates on its own chaincode and private data, signs with its own key. */
export class Endorser {
  constructor(
    private readonly channel: Channel,
    private readonly holder: Holder,
    private readonly holders: readonly Holder[],
    private readonly chaincodes: Chaincodes,
    private readonly system: SystemChaincodes,
    private readonly signer: Signer,
    private readonly log: Log,
  ) {}

  has(chaincode: string): boolean {
    return this.chaincodes.has(chaincode) || SystemChaincodes.named(chaincode);
  }

  /** A refused proposal throws; whatever goes wrong later is an answer with status 500, as on a peer. */
  async process(signed: peer.SignedProposal): Promise<peer.ProposalResponse> {
    this.filter(signed);
    const proposal = unpackProposal(signed);
    const channel = proposal.header.getChannelId();
    if (channel !== '' && channel !== this.channel.name) return failure(`channel '${channel}' not found`);
    const creator = await this.admit(proposal);
    try {
      if (SystemChaincodes.named(proposal.chaincode)) return await this.runSystem(proposal, creator);
      return await this.run(proposal, creator);
    } catch (cause) {
      if (cause instanceof ProposalRefused) throw cause;
      if (cause instanceof NotServed) throw cause;
      this.log.warn(
        {
          mspId: this.holder.mspId,
          chaincode: proposal.chaincode,
          transactionId: proposal.header.getTxId(),
          reason: messageOf(cause),
        },
        'endorsement failed',
      );
      return failure(messageOf(cause));
    }
  }

  private filter(signed: peer.SignedProposal): void {
    try {
      const { header, signature } = readHeaders(signed);
      if (this.channel.membership.hasExpired(signature.getCreator_asU8()))
        throw new ProposalFiltered('proposal client identity expired');
      checkTimeWindow(header);
    } catch (cause) {
      if (cause instanceof ProposalFiltered) throw cause;
      throw new ProposalFiltered(messageOf(cause), { cause });
    }
  }

  private async admit(proposal: Proposal): Promise<Identity> {
    const creator = creatorOf(proposal, this.channel.membership, this.holder.mspId);
    if (proposal.header.getChannelId() === '') return creator;
    const id = proposal.header.getTxId();
    if ((await this.channel.store.transaction(id)) !== undefined) {
      throw new ProposalRefused(
        `duplicate transaction found [${id}]. Creator [${hex(proposal.signature.getCreator_asU8())}]`,
      );
    }
    if (!SystemChaincodes.named(proposal.chaincode)) requirePolicy(this.channel, 'Writers', creator);
    return creator;
  }

  private async runSystem(proposal: Proposal, creator: Identity): Promise<peer.ProposalResponse> {
    const channel = proposal.header.getChannelId();
    const transactionId = proposal.header.getTxId();
    const response = await this.system.execute(proposal.chaincode, proposal.input, { creator, channel, transactionId });
    const payload = this.payload(proposal, response, new Uint8Array(), undefined, 'syscc');
    // A peer simulates the lifecycle only, and only on a channel; without a simulation there is no interest.
    const interest = channel === '' || proposal.chaincode !== LIFECYCLE.name ? undefined : new peer.ChaincodeInterest();
    if (response.getStatus() >= ERROR) return answer(response, payload, interest);
    // What is asked of a peer and not of a channel is answered, but endorsed for no transaction.
    if (channel === '' || response.getStatus() >= ERROR_THRESHOLD) return answer(response);
    const endorsed = this.endorse(response, payload);
    endorsed.setInterest(interest);
    return endorsed;
  }

  private async run(proposal: Proposal, creator: Identity): Promise<peer.ProposalResponse> {
    const name = proposal.chaincode;
    const definition = this.channel.definitions.chaincode(name);
    const channel = proposal.header.getChannelId();
    if (definition === undefined || channel === '') {
      throw new Error(
        `make sure the chaincode ${name} has been successfully defined on channel ${channel} and try again: ${channel === '' ? "could not get channel config for channel ''" : `chaincode ${name} not found`}`,
      );
    }
    if (!this.chaincodes.has(name)) {
      throw new Error(
        `make sure the chaincode ${name} has been successfully defined on channel ${this.channel.name} and try again: chaincode definition for '${name}' exists, but chaincode is not installed`,
      );
    }
    const transactionId = proposal.header.getTxId();
    const simulator = await this.simulator(transactionId);
    try {
      const scope = {
        transactionId,
        channel: this.channel.name,
        invoked: name,
        proposal: proposal.signed,
        creator,
        simulator,
      };
      const { response, event } = await this.inSimulation(() => this.chaincodes.execute(scope, name, proposal.input));
      const { simulated, touched } = simulator.results();
      const privateSets = simulated.privateSets;
      if (privateSets !== undefined) {
        await this.inSimulation(() =>
          disseminate(
            this.holder,
            this.holders,
            this.channel.name,
            transactionId,
            this.channel.store.height,
            privateSets,
            this.channel.definitions,
            this.channel.policies,
          ),
        );
      }
      const interest = interestOf(
        simulated.namespaces.filter((namespace) => !SystemChaincodes.named(namespace)),
        touched,
      );
      const payload = this.payload(proposal, response, simulated.publicBytes, event, definition.version);
      if (response.getStatus() >= ERROR) return answer(response, payload, interest);
      if (response.getStatus() >= ERROR_THRESHOLD) return answer(response);
      const endorsed = this.endorse(response, payload);
      endorsed.setInterest(interest);
      return endorsed;
    } finally {
      await simulator.close();
    }
  }

  private async inSimulation<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      throw new Error(`error in simulation: ${messageOf(cause)}`, { cause });
    }
  }

  private async simulator(transactionId: string): Promise<Simulator> {
    const { gate, store, definitions } = this.channel;
    return gate.between(() => {
      const publicSnapshot = store.snapshot();
      const privateSnapshot = this.holder.store.snapshot();
      return new Simulator(
        transactionId,
        store.view(publicSnapshot),
        this.holder.store,
        privateSnapshot,
        definitions,
        async () => {
          await publicSnapshot.close();
          await privateSnapshot.close();
        },
      );
    });
  }

  private payload(
    proposal: Proposal,
    response: peer.Response,
    results: Uint8Array,
    event: peer.ChaincodeEvent | undefined,
    version: string,
  ): Uint8Array {
    const chaincode = new peer.ChaincodeID();
    chaincode.setName(proposal.chaincode);
    chaincode.setVersion(version);
    const action = new peer.ChaincodeAction();
    action.setResults(results);
    if (event !== undefined) action.setEvents(event.serializeBinary());
    action.setResponse(response);
    action.setChaincodeId(chaincode);
    const payload = new peer.ProposalResponsePayload();
    payload.setProposalHash(proposal.hash);
    payload.setExtension$(action.serializeBinary());
    return payload.serializeBinary();
  }

  private endorse(response: peer.Response, payload: Uint8Array): peer.ProposalResponse {
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(this.signer.serialized);
    endorsement.setSignature(this.signer.signRemembered(Buffer.concat([payload, this.signer.serialized])));
    const endorsed = answer(response, payload);
    endorsed.setVersion(1);
    endorsed.setEndorsement(endorsement);
    return endorsed;
  }
}

function answer(
  response: peer.Response,
  payload?: Uint8Array,
  interest?: peer.ChaincodeInterest,
): peer.ProposalResponse {
  const message = new peer.ProposalResponse();
  message.setResponse(response);
  if (payload !== undefined) message.setPayload(payload);
  if (interest !== undefined) message.setInterest(interest);
  return message;
}

function failure(reason: string): peer.ProposalResponse {
  const response = new peer.Response();
  response.setStatus(ERROR);
  response.setMessage(reason);
  return answer(response);
}

/** The result that was endorsed, which is what a client is given. */
export function resultOf(payload: Uint8Array): Uint8Array | undefined {
  try {
    const signed = decode(peer.ProposalResponsePayload, payload, 'ProposalResponsePayload');
    return decode(peer.ChaincodeAction, signed.getExtension_asU8(), 'ChaincodeAction').getResponse()?.getPayload_asU8();
  } catch (cause) {
    if (cause instanceof MalformedMessage) return undefined;
    throw cause;
  }
}
