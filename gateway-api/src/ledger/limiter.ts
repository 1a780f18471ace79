import { ProofwardError } from '@proofward/evidence';

/** Lets so many through at a time and refuses the others at once: a queue would only hide the overload. */
export class Limiter {
  private inFlight = 0;

  constructor(private readonly limit: number) {}

  /** @throws ProofwardError BUSY */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.inFlight >= this.limit) {
      throw new ProofwardError('BUSY', `${this.limit} requests to the ledger are under way`);
    }
    this.inFlight++;
    try {
      return await work();
    } finally {
      this.inFlight--;
    }
  }
}
