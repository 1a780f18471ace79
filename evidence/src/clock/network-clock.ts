/** How far a claim may be from the network's clock before it is marked, in milliseconds: the window of Fabric's endorsers. */
export const clockTolerance = 15 * 60_000;

/** The latest times that organisations have claimed in their transactions, in milliseconds, by MSP id. */
export type Claims = ReadonlyMap<string, number>;

/**
 * What the channel's blocks say about time, the same for everybody who reads them. A transaction's timestamp is its
 * client's claim, and an endorser that looks at it can be told not to; so the clock is the second-latest of the
 * organisations' latest claims: a single one moves it no further than another has already gone, and cannot hold it back
 * while two others go on. It never runs backwards, and lags while fewer than two transact.
 */
export class NetworkClock {
  private readonly latest: Map<string, number>;

  constructor(claims: Claims = new Map()) {
    this.latest = new Map(claims);
  }

  get claims(): Claims {
    return this.latest;
  }

  /** In milliseconds; undefined until two organisations have claimed a time. */
  get now(): number | undefined {
    const [, second] = [...this.latest.values()].sort((one, other) => other - one);
    return second;
  }

  /** Takes note of a valid transaction's claim, in the order of the ledger. */
  observe(mspId: string, claim: number): void {
    this.latest.set(mspId, Math.max(claim, this.latest.get(mspId) ?? claim));
  }

  /**
   * What a claim is worth at this place of the ledger: what comes after others was not there before them, whatever it says.
   */
  place(claim: number): { knownAt: number; isBehind: boolean } {
    const { now } = this;
    return now === undefined
      ? { knownAt: claim, isBehind: false }
      : { knownAt: Math.max(claim, now), isBehind: claim < now - clockTolerance };
  }
}
