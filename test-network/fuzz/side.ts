import { isDeepStrictEqual } from 'node:util';
import { GatewayError, type Transaction } from '@hyperledger/fabric-gateway';
import type { peer } from '@hyperledger/fabric-protos';
import { common } from '@hyperledger/fabric-protos';
import type { PlainNetwork } from '../plain/plain-network.js';
import { mspIds } from './channel.js';
import { endorserOf, openPrepared } from '../plain/read-write-set.js';
import type { Fault, PlannedTransaction, Question } from './round.js';

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
  private readonly streams: { close(): void }[] = [];
  private base = 0;

  constructor(readonly network: PlainNetwork) {}

  async start(): Promise<void> {
    await this.network.up();
    await this.network.settled();
    this.base = await this.height();
    for (const mspId of mspIds) await this.follow(mspId);
    for (const chaincode of ['any', 'two', 'majority']) await this.followEvents(chaincode);
  }

  /** `keep` leaves ledger and logs for whoever wants to know why. */
  async stop(keep: boolean): Promise<void> {
    for (const stream of this.streams) stream.close();
    await this.network.down({ keep });
  }

  async endorse(planned: PlannedTransaction): Promise<Outcome> {
    const { label, by, chaincode, steps, endorsers, transientData } = planned;
    const proposal = this.network.member(by).proposal(steps, {
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
  async submit({ label, by, fault }: PlannedTransaction): Promise<Outcome> {
    const transaction = this.endorsed.get(label);
    if (transaction === undefined) throw new Error(`${label} was not endorsed`);
    this.endorsed.delete(label);
    const { gateway } = this.network.member(by);
    try {
      if (fault === 'bad signature') {
        await gateway.newSignedTransaction(transaction.getBytes(), Buffer.from('3006020101020101', 'hex')).submit();
      } else if (fault === 'submitted twice') {
        await transaction.submit();
        await transaction.submit();
      } else if (fault === undefined) await transaction.submit();
      else await gateway.newTransaction(altered(transaction.getBytes(), fault)).submit();
      return { accepted: true };
    } catch (error) {
      return this.failure(error);
    }
  }

  async ask({ by, at, chaincode, steps }: Question): Promise<Outcome> {
    const proposal = this.network.member(by).proposal(steps, { chaincode, endorsers: [at] });
    this.labels.set(proposal.getTransactionId(), 'question');
    try {
      return this.plain({ answer: JSON.parse(Buffer.from(await proposal.evaluate()).toString()) as unknown });
    } catch (error) {
      return this.failure(error);
    }
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
    if (!(error instanceof GatewayError)) throw error;
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

function altered(prepared: Uint8Array, fault: Fault): Uint8Array {
  return openPrepared(prepared, (endorsed) => {
    // Whose answer comes first is chance.
    const endorsements = endorsed
      .getEndorsementsList()
      .sort((one, other) => endorserOf(one).localeCompare(endorserOf(other)));
    endorsed.setEndorsementsList(endorsements);
    switch (fault) {
      case 'endorsement dropped':
        endorsed.setEndorsementsList(endorsements.slice(0, -1));
        break;
      case 'endorsement altered': {
        const signature = Buffer.from(endorsements.at(-1)?.getSignature_asU8() ?? []);
        signature.writeUInt8((signature.at(-1) ?? 0) ^ 1, signature.length - 1);
        endorsements.at(-1)?.setSignature(signature);
        break;
      }
      case 'endorsement doubled':
        endorsed.setEndorsementsList(endorsements.flatMap((endorsement) => [endorsement, endorsement]));
        break;
      case 'result altered': {
        const payload = Buffer.from(endorsed.getProposalResponsePayload_asU8());
        payload.writeUInt8((payload.at(-1) ?? 0) ^ 1, payload.length - 1);
        endorsed.setProposalResponsePayload(payload);
        break;
      }
      case 'bad signature':
      case 'submitted twice':
    }
  }).bytes();
}
