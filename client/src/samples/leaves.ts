import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { StreamingTree } from '@proofward/evidence';
import { SampleError } from './errors.js';

const leafBytes = 32;
const leavesAtOnce = 1 << 14;

/**
 * The leaf hashes of a dataset's samples in a file, 32 bytes each: with them, and not with a root alone, it can be said which
 * sample is another one.
 */
export class LeavesWriter {
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(leavesAtOnce * leafBytes);
  private filled = 0;

  constructor(file: string) {
    this.descriptor = openSync(file, 'w', 0o600);
  }

  add(leaf: Uint8Array): void {
    this.buffer.set(leaf, this.filled);
    this.filled += leafBytes;
    if (this.filled === this.buffer.length) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }

  private flush(): void {
    for (let written = 0; written < this.filled;) {
      written += writeSync(this.descriptor, this.buffer, written, this.filled - written);
    }
    this.filled = 0;
  }
}

export interface SampleDifference {
  index: number;
  /** `missing`: kept and not there any more; `unexpected`: there and not kept. */
  result: 'mismatch' | 'missing' | 'unexpected';
}

/** Compares samples, as they come, with the leaf hashes that were kept. */
export class LeavesComparison {
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(leavesAtOnce * leafBytes);
  private available = 0;
  private place = 0;
  private readonly kept: number;
  private readonly tree = new StreamingTree();
  private seen = 0;
  private different = 0;
  private readonly listed: SampleDifference[] = [];

  /** @param limit how many differences are listed; all are counted */
  constructor(
    private readonly file: string,
    private readonly limit: number,
  ) {
    this.descriptor = openSync(file, 'r');
    const { size } = fstatSync(this.descriptor);
    if (size % leafBytes !== 0) throw new SampleError(file, 'not a file of leaf hashes');
    this.kept = size / leafBytes;
  }

  /** @param leaf the hash of sample `index`; they come in their order */
  add(leaf: Uint8Array, index: number): void {
    this.seen = index + 1;
    const known = this.next();
    if (known === undefined) this.differs({ index, result: 'unexpected' });
    else if (Buffer.compare(known, leaf) !== 0) this.differs({ index, result: 'mismatch' });
  }

  /**
   * What is another one than was kept.
   *
   * @throws SampleError where what was kept is not what `recorded` says
   */
  close(recorded: { root: string; count: number }): { differences: SampleDifference[]; different: number } {
    try {
      for (let index = this.seen; this.next() !== undefined; index++) this.differs({ index, result: 'missing' });
    } finally {
      closeSync(this.descriptor);
    }
    const root = Buffer.from(this.tree.close()).toString('hex');
    if (root !== recorded.root || this.kept !== recorded.count) {
      throw new SampleError(this.file, 'these leaf hashes are not those of the recorded samples');
    }
    return { differences: this.listed, different: this.different };
  }

  private differs(difference: SampleDifference): void {
    this.different += 1;
    if (this.listed.length < this.limit) this.listed.push(difference);
  }

  private next(): Uint8Array | undefined {
    if (this.place === this.available) {
      this.available = readSync(this.descriptor, this.buffer, 0, this.buffer.length, null);
      this.place = 0;
      if (this.available === 0) return undefined;
    }
    const leaf = Uint8Array.from(this.buffer.subarray(this.place, this.place + leafBytes));
    this.place += leafBytes;
    this.tree.add(leaf);
    return leaf;
  }
}
