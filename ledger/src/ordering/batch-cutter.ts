export interface BatchSize {
  readonly maxMessageCount: number;
  readonly preferredMaxBytes: number;
}

/** Groups envelopes into blocks by Fabric's rules; `size` is what Fabric counts: payload and signature, without framing. */
export class BatchCutter {
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;

  constructor(private readonly limits: BatchSize) {}

  get hasPending(): boolean {
    return this.pending.length > 0;
  }

  /** The batches that are full with this envelope; what is left waits for the batch timeout. */
  add(envelope: Uint8Array, size = envelope.length): Uint8Array[][] {
    const batches: Uint8Array[][] = [];
    if (size > this.limits.preferredMaxBytes) {
      if (this.hasPending) batches.push(this.cut());
      batches.push([envelope]);
      return batches;
    }
    if (this.pendingBytes + size > this.limits.preferredMaxBytes && this.hasPending) batches.push(this.cut());
    this.pending.push(envelope);
    this.pendingBytes += size;
    if (this.pending.length >= this.limits.maxMessageCount) batches.push(this.cut());
    return batches;
  }

  cut(): Uint8Array[] {
    const batch = this.pending;
    this.pending = [];
    this.pendingBytes = 0;
    return batch;
  }
}
