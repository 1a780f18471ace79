import { ProofwardError } from '@proofward/evidence';
import { setTimeout as delay } from 'node:timers/promises';
import { type EndorseFailure, fullError } from './refusal.js';

const rounds = 3;
const patience = 15_000;
const firstPause = 60;

/** Walks through the endorser sets until one endorses, a refusal stands, or patience ends. */
export class EndorsementAttempts {
  private attempt = 0;
  private readonly deadline = Date.now() + patience;

  constructor(
    private readonly sets: readonly string[][],
    private readonly ownMspId: string,
  ) {
    if (sets.length === 0) throw new ProofwardError('ENDORSERS_UNAVAILABLE', 'no organisation may endorse this');
  }

  get current(): string[] {
    return this.sets[this.attempt % this.sets.length] ?? [];
  }

  /** Resolves when the next set may be tried. */
  async next(failure: EndorseFailure, cause: unknown): Promise<void> {
    if (failure.kind === 'busy') throw new ProofwardError('BUSY', 'the peer has too many requests', { cause });
    if (failure.kind === 'full') throw fullError(cause);
    if (failure.kind === 'unreachable') {
      throw new ProofwardError('LEDGER_UNAVAILABLE', "the organisation's peer cannot be reached", { cause });
    }
    if (failure.kind === 'refused' && !this.isDisagreement(failure)) throw failure.error;
    this.attempt++;
    if (this.attempt >= rounds * this.sets.length || Date.now() > this.deadline) throw this.conclusion(failure, cause);
    const passed = failure.kind === 'endorsers' ? Math.floor(this.attempt / this.sets.length) : this.attempt;
    // The next set at once where somebody did not answer; time to catch up where peers disagreed.
    if (passed > 0) await delay(Math.min(firstPause * 2 ** (passed - 1), 1000) * (0.5 + Math.random()));
  }

  /** The own peer, which is asked first, endorsed it: another one lags behind, or is of another mind for good. */
  private isDisagreement({ by }: { by: readonly string[] }): boolean {
    return by.length > 0 && !by.includes(this.ownMspId) && this.current.includes(this.ownMspId);
  }

  private conclusion(failure: EndorseFailure, cause: unknown): ProofwardError {
    switch (failure.kind) {
      case 'refused':
        return failure.error;
      case 'passing':
        return new ProofwardError('ENDORSEMENT_FAILED', 'the endorsers did not agree', { cause });
      default:
        if (failure.kind === 'endorsers' && failure.by.includes(this.ownMspId)) {
          return new ProofwardError('LEDGER_UNAVAILABLE', "the organisation's own peer does not endorse", { cause });
        }
        return new ProofwardError('ENDORSERS_UNAVAILABLE', 'no eligible organisation endorsed it', { cause });
    }
  }
}
