/** Lets simulations begin between two blocks only, so that what they see of all stores is of one height. */
export class StateGate {
  private changing: Promise<void> | undefined;

  async change(apply: () => Promise<void>): Promise<void> {
    while (this.changing !== undefined) await this.changing;
    let release: () => void = () => undefined;
    this.changing = new Promise((resolve) => {
      release = resolve;
    });
    try {
      await apply();
    } finally {
      this.changing = undefined;
      release();
    }
  }

  /** `take` must take its snapshots without waiting. */
  async between<T>(take: () => T): Promise<T> {
    while (this.changing !== undefined) await this.changing;
    return take();
  }
}
