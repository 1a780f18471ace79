import { type Commit, EndorseError, type Status, type Transaction } from '@hyperledger/fabric-gateway';
import { ProofwardError } from '@proofward/evidence';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LedgerIdentity } from '../identity/ledger-identity.js';
import { errorForLog } from '../log.js';
import { commitRequest } from './commit-request.js';
import { isUnreachable, type LedgerConnection } from './connection.js';
import { outcomePatience } from './deadlines.js';
import { EndorsementAttempts } from './endorsement-attempts.js';
import type { EndorserHealth } from './endorser-health.js';
import type { Limiter } from './limiter.js';
import { type EndorseFailure, fullError, isFull, readEndorseFailure, readEvaluateFailure } from './refusal.js';

/** A chaincode function with its one argument. */
export interface Call {
  contract: string;
  name: string;
  /** Public: it stands in the block. */
  argument: string;
  /** The private part, as transient data: only endorsers see it. */
  private?: string | undefined;
  /** What is presented of others' records, as transient data too. */
  presentations?: string | undefined;
}

/** The outcome of an ordered transaction. */
export interface Committed {
  transactionId: string;
  block: number;
  /** Fabric's validation code; 0 is VALID. */
  code: number;
}

/** A transaction was submitted and nobody could say what became of it. */
export class CommitUnknownError extends ProofwardError {
  constructor(
    readonly transactionId: string,
    cause: unknown,
  ) {
    super('COMMIT_UNKNOWN', `submitted as ${transactionId}, but its outcome is not known yet`, { cause });
  }
}

/** The stages of a transaction at the organisation's own peer: evaluate; or endorse, submit, wait. */
export class Ledger {
  constructor(
    private readonly connection: LedgerConnection,
    private readonly chaincode: string,
    private readonly ownMspId: string,
    private readonly health: EndorserHealth,
    private readonly limiter: Limiter,
    private readonly log: Logger,
  ) {}

  /** The answer of the own organisation's peer. */
  async evaluate(identity: LedgerIdentity, call: Call): Promise<string> {
    return this.limiter.run(async () => {
      try {
        const answer = await this.connection.withFailover(identity, ({ network }) =>
          network.getContract(this.chaincode, call.contract).evaluate(call.name, {
            arguments: [call.argument],
            transientData: transientOf(call),
            endorsingOrganizations: [this.ownMspId],
          }),
        );
        return Buffer.from(answer).toString('utf8');
      } catch (error) {
        throw readEvaluateFailure(error);
      }
    });
  }

  /** The channel's configuration (common/configtx.proto, Config) as the own organisation's peer has it. */
  async channelConfig(identity: LedgerIdentity): Promise<Uint8Array> {
    try {
      return await this.connection.withFailover(identity, ({ network }) =>
        network.getContract('cscc').evaluate('GetChannelConfig', {
          arguments: [network.getName()],
          endorsingOrganizations: [this.ownMspId],
        }),
      );
    } catch (error) {
      throw readEvaluateFailure(error);
    }
  }

  /**
   * Collects endorsements from one of the sets. An EndorseError is surely not committed, so asking again is safe.
   *
   * @throws ProofwardError chaincode's refusal, or ENDORSERS_UNAVAILABLE, ENDORSEMENT_FAILED, LEDGER_UNAVAILABLE, BUSY
   */
  async endorse(identity: LedgerIdentity, call: Call, sets: readonly string[][]): Promise<Transaction> {
    return this.limiter.run(async () => {
      const attempts = new EndorsementAttempts(this.health.prefer(sets), this.ownMspId);
      for (;;) {
        const set = attempts.current;
        try {
          const transaction = await this.connection.withFailover(identity, ({ network }) =>
            network
              .getContract(this.chaincode, call.contract)
              .newProposal(call.name, {
                arguments: [call.argument],
                transientData: transientOf(call),
                endorsingOrganizations: set,
              })
              .endorse(),
          );
          this.health.answered(set);
          return transaction;
        } catch (error) {
          if (!(error instanceof EndorseError)) throw error;
          const failure = readEndorseFailure(error);
          this.note(error, failure, set);
          await attempts.next(failure, error);
        }
      }
    });
  }

  /**
   * Submits and waits. Once submitted, a failure says nothing about the outcome: it is asked for, and the same envelope is
   * submitted again, which cannot be recorded twice because its id can only be valid once.
   *
   * @throws CommitUnknownError, or LEDGER_UNAVAILABLE where it was surely not submitted
   */
  async commit(identity: LedgerIdentity, transaction: Transaction): Promise<Committed> {
    return this.limiter.run(async () => {
      const transactionId = transaction.getTransactionId();
      const deadline = Date.now() + outcomePatience;
      let attempts = 0;
      for (let pause = 500; ; pause *= 2) {
        let commit: Commit | undefined;
        try {
          commit = await transaction.submit();
          return committed(await commit.getStatus());
        } catch (error) {
          // Only of the first attempt does a refusal say that nothing was ordered.
          if (attempts++ === 0 && commit === undefined && isFull(error)) throw fullError(error);
          const stage = commit === undefined ? 'submit' : 'commit';
          this.log.warn(
            { transactionId, stage, err: errorForLog(error) },
            'the outcome is not known yet; asking again',
          );
          const left = Math.max(0, deadline - Date.now());
          const known = await this.outcomeOf(
            identity,
            transactionId,
            stage === 'submit' ? Math.min(pause, left) : left,
          );
          if (known !== undefined) return known;
          if (Date.now() >= deadline) throw new CommitUnknownError(transactionId, error);
        }
      }
    });
  }

  /**
   * {@link outcomeOf} for a caller's question, which counts like any other request to the ledger.
   *
   * @throws ProofwardError BUSY
   */
  askOutcome(identity: LedgerIdentity, transactionId: string, patience: number): Promise<Committed | undefined> {
    return this.limiter.run(() => this.outcomeOf(identity, transactionId, patience));
  }

  /** The outcome of a transaction that may not have reached a block yet; undefined where it has not within the time. */
  async outcomeOf(identity: LedgerIdentity, transactionId: string, patience: number): Promise<Committed | undefined> {
    const deadline = Date.now() + patience;
    do {
      try {
        const session = this.connection.session(identity);
        return committed(await commitRequest(session, identity, transactionId).getStatus({ deadline }));
      } catch (error) {
        if (isUnreachable(error)) this.connection.moveFrom(this.connection.inUse);
        await delay(Math.min(200, Math.max(0, deadline - Date.now())));
      }
    } while (Date.now() < deadline);
    return undefined;
  }

  private note(error: EndorseError, failure: EndorseFailure, set: string[]): void {
    if (failure.kind === 'refused' || failure.kind === 'passing') return;
    const others = set.filter((mspId) => mspId !== this.ownMspId);
    // Without a name (a deadline) the doubt falls on the others: the own peer is the one that answered.
    const blamed = failure.kind === 'endorsers' && failure.by.length > 0 ? failure.by : others;
    if (failure.kind === 'endorsers') this.health.failed(blamed.filter((mspId) => mspId !== this.ownMspId));
    const details = error.details.map(({ mspId, address, message }) => ({ mspId, address, message }));
    this.log.warn({ endorsers: set, failure: failure.kind, code: error.code, details }, 'not endorsed');
  }
}

function transientOf({ private: part, presentations }: Call): Record<string, string> {
  return {
    ...(part === undefined ? {} : { private: part }),
    ...(presentations === undefined ? {} : { presentations }),
  };
}

function committed({ transactionId, blockNumber, code }: Status): Committed {
  return { transactionId, block: Number(blockNumber), code };
}
