import { ProofwardError } from '@proofward/evidence';

/** Lets so many through at a time and refuses the others at once: a queue would only hide the overload. */
export class Limiter {
  private inFlight = 0;

  constructor(
    private readonly limit: number,
    private readonly what = 'requests to the ledger',
  ) {}

  /** @throws ProofwardError BUSY */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /**
   * Lets somebody in who says himself when he leaves.
   *
   * @throws ProofwardError BUSY
   */
  enter(): () => void {
    if (this.inFlight >= this.limit) throw new ProofwardError('BUSY', `${this.limit} ${this.what} are under way`);
    this.inFlight++;
    return () => {
      this.inFlight--;
    };
  }
}
