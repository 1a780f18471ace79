import { sha256 } from '../bytes.js';
import { nodeHash } from './merkle.js';

/** A complete subtree over `size` leaves, and the paths so far of those of its leaves that are to be proved. */
interface Subtree {
  readonly hash: Uint8Array;
  readonly size: number;
  readonly proved: readonly Uint8Array[][];
}

/**
 * The tree of merkle.ts over leaves that come one after the other: it keeps one hash for each power of two in their number,
 * and the paths of the leaves that it was asked to prove.
 */
export class StreamingTree {
  private count = 0;
  /** From the largest subtree to the smallest. */
  private readonly subtrees: Subtree[] = [];

  /** The number of leaves. */
  get size(): number {
    return this.count;
  }

  /**
   * Adds the next leaf.
   *
   * @param path an empty array where the leaf is to be proved; {@link close} completes it
   */
  add(leaf: Uint8Array, path?: Uint8Array[]): void {
    let subtree: Subtree = { hash: leaf, size: 1, proved: path === undefined ? [] : [path] };
    for (let last = this.subtrees.at(-1); last?.size === subtree.size; last = this.subtrees.at(-1)) {
      this.subtrees.pop();
      subtree = joined(last, subtree);
    }
    this.subtrees.push(subtree);
    this.count += 1;
  }

  /** The root over all leaves. The paths are complete after it, and no leaf is added any more. */
  close(): Uint8Array {
    const whole = this.subtrees.reduceRight<Subtree | undefined>(
      (right, left) => (right === undefined ? left : joined(left, right)),
      undefined,
    );
    this.subtrees.length = 0;
    return whole?.hash ?? sha256();
  }
}

function joined(left: Subtree, right: Subtree): Subtree {
  for (const path of left.proved) path.push(right.hash);
  for (const path of right.proved) path.push(left.hash);
  const proved = left.proved.length === 0 ? right.proved : [...left.proved, ...right.proved];
  return { hash: nodeHash(left.hash, right.hash), size: left.size + right.size, proved };
}
