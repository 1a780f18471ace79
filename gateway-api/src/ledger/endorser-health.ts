/** How long an organisation that failed to endorse is asked last, in milliseconds; longer each time it fails again. */
const firstMemory = 15_000;
const longestMemory = 120_000;

/** Who failed lately. A preference, not a verdict: where nobody else is left, the one that failed is asked again. */
export class EndorserHealth {
  private readonly suspects = new Map<string, { until: number; memory: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  failed(mspIds: readonly string[]): void {
    for (const mspId of mspIds) {
      const before = this.suspects.get(mspId);
      // Many requests that fail together are one failure.
      if (before !== undefined && this.now() < before.until) continue;
      const memory = before === undefined ? firstMemory : Math.min(before.memory * 2, longestMemory);
      this.suspects.set(mspId, { until: this.now() + memory, memory });
    }
  }

  answered(mspIds: readonly string[]): void {
    for (const mspId of mspIds) this.suspects.delete(mspId);
  }

  /** The sets, those without a recent failure first, otherwise in the given order. */
  prefer(sets: readonly string[][]): string[][] {
    const failures = (set: string[]) => set.filter((mspId) => this.isSuspect(mspId)).length;
    return [...sets].sort((a, b) => failures(a) - failures(b));
  }

  private isSuspect(mspId: string): boolean {
    return this.now() < (this.suspects.get(mspId)?.until ?? 0);
  }
}
