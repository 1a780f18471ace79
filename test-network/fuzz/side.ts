import { isDeepStrictEqual } from 'node:util';
import { GatewayError, hash, type Transaction } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayMessages, ledger, peer } from '@hyperledger/fabric-protos';
import type { PlainNetwork } from '../plain/plain-network.js';
import { mspIds } from './channel.js';
import type { Member } from '../plain/member.js';
import { endorserOf, openPrepared } from '../plain/read-write-set.js';
import { faultyEnvelope } from './envelope-faults.js';
import { faultyProposal, isAboutTime } from './proposal-faults.js';
import type { Attempt, PlannedTransaction, Question } from './round.js';

/** What happened, in a form that must be the same on both ledgers. */
export type Outcome = Readonly<Record<string, unknown>>;

export interface CommittedTransaction {
  label: string;
  code: number;
  /** Counted from the first block of the run. */
  block: number;
  position: number;
}

/** One of the two ledgers, and what was seen on it. */
export class Side {
  private readonly labels = new Map<string, string>();
  private readonly endorsed = new Map<string, Transaction>();
  private readonly committed = new Map<string, CommittedTransaction[]>();
  private readonly events: Outcome[] = [];
  /** What each peer delivers as private data, by block. */
  private readonly privateData = new Map<string, Map<number, unknown>>();
  private readonly streams: { close(): void }[] = [];
  private base = 0;

  constructor(readonly network: PlainNetwork) {}

  async start(): Promise<void> {
    await this.network.up();
    await this.network.settled();
    this.base = await this.height();
    for (const mspId of mspIds) {
      await this.follow(mspId);
      await this.followPrivateData(mspId);
    }
    for (const chaincode of ['any', 'two', 'majority']) await this.followEvents(chaincode);
  }

  /** `keep` leaves ledger and logs for whoever wants to know why. */
  async stop(keep: boolean): Promise<void> {
    for (const stream of this.streams) stream.close();
    await this.network.down({ keep });
  }

  async endorse(planned: PlannedTransaction): Promise<Outcome> {
    const { label, by, user, chaincode, steps, endorsers, transientData } = planned;
    const proposal = this.network.member(by, user).proposal(steps, {
      chaincode,
      ...(endorsers === undefined ? {} : { endorsers }),
      ...(transientData === undefined ? {} : { transientData }),
    });
    this.labels.set(proposal.getTransactionId(), label);
    try {
      const transaction = await proposal.endorse();
      this.endorsed.set(label, transaction);
      const { endorsements, results } = openPrepared(transaction.getBytes());
      return this.plain({
        result: Buffer.from(transaction.getResult()).toString(),
        results,
        ...(endorsers === undefined ? {} : { endorsers: endorsements.map(endorserOf).sort() }),
      });
    } catch (error) {
      return this.failure(error);
    }
  }

  /** Hands an endorsed transaction over for ordering; answers when the orderer has taken or refused it. */
  async submit({ label, by, user, fault }: PlannedTransaction): Promise<Outcome> {
    const transaction = this.endorsed.get(label);
    if (transaction === undefined) throw new Error(`${label} was not endorsed`);
    this.endorsed.delete(label);
    const { gateway } = this.network.member(by, user);
    try {
      if (fault === 'bad signature') {
        await gateway.newSignedTransaction(transaction.getBytes(), Buffer.from('3006020101020101', 'hex')).submit();
      } else if (fault === 'submitted twice') {
        await transaction.submit();
        await transaction.submit();
      } else if (fault === undefined) await transaction.submit();
      else {
        const bytes = await faultyEnvelope(transaction.getBytes(), fault, this.network.signAs);
        await this.network.member(by, user).submitUnread(bytes);
      }
      return { accepted: true };
    } catch (error) {
      return this.failure(error);
    }
  }

  async ask({ by, user, at, chaincode, steps }: Question): Promise<Outcome> {
    const proposal = this.network.member(by, user).proposal(steps, { chaincode, endorsers: [at] });
    this.labels.set(proposal.getTransactionId(), 'question');
    try {
      return this.plain({ answer: JSON.parse(Buffer.from(await proposal.evaluate()).toString()) as unknown });
    } catch (error) {
      return this.failure(error);
    }
  }

  /** Makes a proposal that is not as a client should, of the gateway in both ways, and of another peer as an endorser. */
  async attempt({ label, by, at, chaincode, fault, call }: Attempt): Promise<Outcome> {
    const member = this.network.member(by);
    if (call !== undefined) {
      const proposal = member.contract(chaincode).newProposal(call.name, {
        arguments: call.arguments.map((argument) => this.idOf(argument) ?? argument),
        endorsingOrganizations: [at],
      });
      this.labels.set(proposal.getTransactionId(), label);
      return this.outcomeOf(async () => ({ answer: summaryOf(call.name, await proposal.evaluate()) }));
    }
    const proposal = member.proposal([['creator']], { chaincode });
    this.labels.set(proposal.getTransactionId(), label);
    if (fault === undefined) throw new Error(`nothing to attempt in ${label}`);
    const proposed = faultyProposal(proposal.getBytes(), fault);
    this.labels.set(proposed.getTransactionId(), label);
    const bytes = proposed.serializeBinary();
    proposed.setEndorsingOrganizationsList([by]);
    const named = proposed.serializeBinary();
    // A gateway takes a peer that refuses a timestamp, and another's that refuses anything, for one that is down.
    if (isAboutTime(fault)) return { peer: await this.outcomeOf(() => this.process(member, at, bytes)) };
    const evaluate = await this.outcomeOf(async () => ({
      answer: Buffer.from(await member.gateway.newProposal(bytes).evaluate()).toString(),
    }));
    const endorse = await this.outcomeOf(async () => {
      await member.gateway.newProposal(named).endorse();
      return { endorsed: true };
    });
    return { evaluate, endorse, peer: await this.outcomeOf(() => this.process(member, at, bytes)) };
  }

  /** Of a peer of whichever organisation, past all gateways. */
  private async process(member: Member, at: string, bytes: Uint8Array): Promise<Outcome> {
    const proposal = member.gateway.newProposal(bytes);
    const signed = new peer.SignedProposal();
    const inner = gatewayMessages.ProposedTransaction.deserializeBinary(proposal.getBytes()).getProposal();
    signed.setProposalBytes(inner?.getProposalBytes_asU8() ?? '');
    signed.setSignature(await member.signer(hash.sha256(signed.getProposalBytes_asU8())));
    const response = await new Promise<peer.ProposalResponse>((resolve, reject) => {
      this.network.member(at).client.makeUnaryRequest(
        '/protos.Endorser/ProcessProposal',
        (message: peer.SignedProposal) => Buffer.from(message.serializeBinary()),
        (answer) => peer.ProposalResponse.deserializeBinary(answer),
        signed,
        { deadline: Date.now() + 30_000 },
        (error, answer) => {
          if (error !== null) reject(error);
          else if (answer === undefined) reject(new Error('no answer'));
          else resolve(answer);
        },
      );
    });
    return {
      status: response.getResponse()?.getStatus(),
      message: response.getResponse()?.getMessage(),
      payload: response.getPayload_asU8().length > 0,
      endorsed: response.getEndorsement() !== undefined,
      version: response.getVersion(),
    };
  }

  private async outcomeOf(action: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return this.plain(await action());
    } catch (error) {
      return this.failure(error);
    }
  }

  /** Of a transaction that an argument names. */
  private idOf(label: string): string | undefined {
    if (!label.includes('/')) return undefined;
    for (const [id, known] of this.labels) if (known === label) return id;
    return undefined;
  }

  /**
   * A transaction that is larger than a batch may be, so the orderer cuts what waits into a block, and this into another.
   */
  async cut(label: string): Promise<void> {
    const proposal = this.network
      .member('Org1MSP')
      .contract('any')
      .newProposal('run', {
        arguments: ['[]', 'x'.repeat(preferredMaxBytes)],
        endorsingOrganizations: ['Org1MSP'],
      });
    this.labels.set(proposal.getTransactionId(), label);
    await (await proposal.endorse()).submit();
  }

  /** Waits until every peer has committed the transaction of that label. */
  async awaitCommit(label: string): Promise<void> {
    const deadline = Date.now() + 120_000;
    while (!mspIds.every((mspId) => this.committed.get(mspId)?.some((transaction) => transaction.label === label))) {
      if (Date.now() > deadline) throw new Error(`${this.network.target}: ${label} is not committed after two minutes`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** What each peer has committed since this was last asked, in order. */
  takeCommitted(): Map<string, CommittedTransaction[]> {
    const taken = new Map(this.committed);
    this.committed.clear();
    return taken;
  }

  /** What each peer delivered as private data of the blocks up to that one since this was last asked. */
  async takePrivateData(last: number): Promise<Map<string, unknown>> {
    const deadline = Date.now() + 60_000;
    const taken = new Map<string, unknown>();
    for (const mspId of mspIds) {
      const blocks = this.privateData.get(mspId) ?? new Map<number, unknown>();
      while (!blocks.has(last)) {
        if (Date.now() > deadline)
          throw new Error(`${this.network.target}: block ${last} is not delivered at ${mspId}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      for (const [number, data] of blocks) {
        taken.set(`block ${number} at ${mspId}`, data);
        if (number < last) blocks.delete(number);
      }
      blocks.delete(last);
    }
    return taken;
  }

  takeEvents(): Outcome[] {
    return this.events.splice(0);
  }

  private async height(): Promise<number> {
    const { network, channel } = { network: this.network.member('Org1MSP').network, channel: this.network.channel };
    const info = await network.getContract('qscc').evaluateTransaction('GetChainInfo', channel);
    return common.BlockchainInfo.deserializeBinary(info).getHeight();
  }

  private async follow(mspId: string): Promise<void> {
    const blocks = await this.network.member(mspId).network.getFilteredBlockEvents({ startBlock: BigInt(this.base) });
    this.streams.push(blocks);
    void this.untilClosed(async () => {
      for await (const block of blocks) this.take(mspId, block);
    });
  }

  private take(mspId: string, block: peer.FilteredBlock): void {
    const seen = this.committed.get(mspId) ?? [];
    for (const [position, transaction] of block.getFilteredTransactionsList().entries()) {
      seen.push({
        label: this.labels.get(transaction.getTxid()) ?? 'unknown',
        code: transaction.getTxValidationCode(),
        block: block.getNumber() - this.base,
        position,
      });
    }
    this.committed.set(mspId, seen);
  }

  private async followPrivateData(mspId: string): Promise<void> {
    const { network } = this.network.member(mspId);
    const found = new Map<number, unknown>();
    this.privateData.set(mspId, found);
    const blocks = await network.getBlockAndPrivateDataEvents({ startBlock: BigInt(this.base) });
    this.streams.push(blocks);
    void this.untilClosed(async () => {
      for await (const block of blocks) {
        const sets = [...block.getPrivateDataMapMap().entries()].map(([position, set]) => [position, setsOf(set)]);
        found.set((block.getBlock()?.getHeader()?.getNumber() ?? 0) - this.base, sets);
      }
    });
  }

  private async followEvents(chaincode: string): Promise<void> {
    const events = await this.network
      .member('Org1MSP')
      .network.getChaincodeEvents(chaincode, { startBlock: BigInt(this.base) });
    this.streams.push(events);
    void this.untilClosed(async () => {
      for await (const { eventName, payload, blockNumber, transactionId } of events) {
        this.events.push({
          chaincode,
          eventName,
          payload: Buffer.from(payload).toString(),
          block: Number(blockNumber) - this.base,
          transaction: this.labels.get(transactionId) ?? 'unknown',
        });
      }
    });
  }

  /** A stream that ends is seen by what is missing then. */
  private async untilClosed(read: () => Promise<void>): Promise<void> {
    await read().catch(() => undefined);
  }

  private failure(error: unknown): Outcome {
    if (!(error instanceof GatewayError)) {
      const { code, details } = error as { code?: unknown; details?: unknown };
      if (typeof code === 'number' && typeof details === 'string') return this.plain({ code, message: details });
      throw error;
    }
    const details = error.details
      // Of endorsers that disagree, those are named whose answers came later.
      .map(({ mspId, message }) => ({ mspId: message === disagreement ? 'one' : mspId, message }))
      .sort((one, other) => one.mspId.localeCompare(other.mspId));
    const different = details.filter((detail, index) => !isDeepStrictEqual(detail, details[index - 1]));
    return this.plain({ code: error.code, message: error.message, details: different });
  }

  /** Without what cannot be the same: transaction ids, addresses, block numbers. */
  private plain(outcome: Outcome): Outcome {
    const text = JSON.stringify(outcome)
      .replaceAll(/\b[0-9a-f]{64}\b/g, (id) => this.labels.get(id) ?? id)
      .replaceAll(/\b[0-9a-f]{200,}\b/g, 'IDENTITY')
      .replaceAll(/(incorrect timestamp|peer time) [-0-9T:.Z]+/g, '$1')
      // So that nobody compares its errors, Go's library for protocol buffers writes either space by chance.
      .replaceAll('\u00a0', ' ')
      .replaceAll(/\[mychannel-[0-9a-f]{8}\]/g, '[TRANSACTION]')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
      // Fabric has them in a map, whose order is chance.
      .replaceAll(/(?<=collection\(s\): \[)[^\]]*/g, (names) => names.split(' ').sort().join(' '))
      .replaceAll(/(BlockNum: |"blockNum":)(\d+)/g, (_, name: string, block) => `${name}${Number(block) - this.base}`);
    return JSON.parse(text) as Outcome;
  }
}

/** More than {@link mostInBlock} transactions have together, because their sizes are not quite equal on both ledgers. */
export const preferredMaxBytes = 320 * 1024;
export const mostInBlock = 40;
const disagreement = 'ProposalResponsePayloads do not match';

/** By namespace: a peer keeps them in a map, so their order is chance. */
function setsOf(set: ledger.rwset.TxPvtReadWriteSet): unknown {
  return set
    .getNsPvtRwsetList()
    .sort((one, other) => (one.getNamespace() < other.getNamespace() ? -1 : 1))
    .map((namespace) => [
      namespace.getNamespace(),
      namespace
        .getCollectionPvtRwsetList()
        .map((collection) => [
          collection.getCollectionName(),
          ledger.rwset.kvrwset.KVRWSet.deserializeBinary(collection.getRwset_asU8()).toObject(),
        ]),
    ]);
}

/** Of what a system chaincode answers, that which must be the same. */
function summaryOf(name: string, answer: Uint8Array): unknown {
  if (name === 'GetTransactionByID') return peer.ProcessedTransaction.deserializeBinary(answer).getValidationcode();
  return answer.length > 0;
}
