import { z } from 'zod';
import { bytesToHex, hexToBytes, hmacSha256Under } from '../bytes.js';
import { canonicalJson } from '../canonical.js';
import { leafHash, verifyInclusion } from '../log/merkle.js';
import { StreamingTree } from '../log/streaming.js';
import { countSchema, digestSchema } from '../records/fields.js';

/**
 * That one sample is in a dataset: its place, its salt and the path to the root that the dataset's record commits to. It says
 * nothing of the other samples but their number.
 */
export const sampleProofSchema = z.strictObject({
  index: countSchema,
  /** 32 bytes in hex. */
  salt: digestSchema,
  /** Sibling hashes from the leaf up. */
  path: z.array(digestSchema).max(53),
});
export type SampleProof = z.infer<typeof sampleProofSchema>;

/** What a dataset's record says of its samples. */
export interface SampleTree {
  /** In hex. */
  readonly root: string;
  readonly count: number;
}

const utf8 = new TextEncoder();

/**
 * The salts of a dataset's samples: salt i is HMAC-SHA-256 under the dataset's key of the canonical JSON
 * `["proofward/sample-salt/v1", i]`. Without them whoever knows a root and a few fields tries the rest of a record.
 *
 * @param datasetKey at least 32 random bytes, of this dataset alone
 */
export function sampleSalts(datasetKey: Uint8Array): (index: number) => Uint8Array {
  if (datasetKey.length < 32) throw new Error('a dataset key has at least 32 bytes: salts must not be guessable');
  const hmac = hmacSha256Under(datasetKey);
  const input = new Uint8Array(64);
  return (index) => {
    // Written out: this is the canonical form of every index, and is made a million times.
    const { written } = utf8.encodeInto(`["proofward/sample-salt/v1",${index}]`, input);
    return hmac(input.subarray(0, written));
  };
}

/** Where leaf data are written: to make a place for each of millions takes longer than to hash it. */
let scratch = new Uint8Array(1 << 12);

/** A sample's leaf hash: SHA-256(0x00, salt, canonical JSON of the record). */
export function sampleLeaf(salt: Uint8Array, record: unknown): Uint8Array {
  const text = canonicalJson(record);
  // A UTF-16 code unit has at most three bytes in UTF-8.
  const most = salt.length + 3 * text.length;
  if (scratch.length < most) scratch = new Uint8Array(most);
  scratch.set(salt);
  const { written } = utf8.encodeInto(text, scratch.subarray(salt.length));
  return leafHash(scratch.subarray(0, salt.length + written));
}

/** The tree over a dataset's samples, from its records in their order, however many there are. */
export class SampleTreeBuilder {
  private readonly salt: (index: number) => Uint8Array;
  private readonly wanted: ReadonlySet<number>;
  private readonly tree = new StreamingTree();
  private readonly proofs: { index: number; salt: Uint8Array; path: Uint8Array[] }[] = [];

  /** @param wanted the places of the samples to prove */
  constructor(datasetKey: Uint8Array, wanted: Iterable<number> = []) {
    this.salt = sampleSalts(datasetKey);
    this.wanted = new Set(wanted);
  }

  /**
   * Adds the next record, and answers its leaf hash.
   *
   * @throws ProofwardError INVALID_JSON for a record without a canonical form
   */
  add(record: unknown): Uint8Array {
    const index = this.tree.size;
    const salt = this.salt(index);
    const leaf = sampleLeaf(salt, record);
    if (!this.wanted.has(index)) {
      this.tree.add(leaf);
      return leaf;
    }
    const path: Uint8Array[] = [];
    this.tree.add(leaf, path);
    this.proofs.push({ index, salt, path });
    return leaf;
  }

  /** The root, and a proof for each wanted sample that came. No record is added after it. */
  close(): SampleTree & { proofs: SampleProof[] } {
    const count = this.tree.size;
    const root = bytesToHex(this.tree.close());
    const proofs = this.proofs.map(({ index, salt, path }) => ({
      index,
      salt: bytesToHex(salt),
      path: path.map(bytesToHex),
    }));
    return { root, count, proofs };
  }
}

/**
 * Whether a record is the sample at the proof's place. All of it may come from outside: what is no proof is false.
 *
 * @throws ProofwardError INVALID_JSON for a record without a canonical form
 */
export function verifySample(
  { root, count }: SampleTree,
  record: unknown,
  { index, salt, path }: SampleProof,
): boolean {
  const leaf = sampleLeaf(hexToBytes(salt), record);
  return verifyInclusion(leaf, index, count, path.map(hexToBytes), hexToBytes(root));
}
