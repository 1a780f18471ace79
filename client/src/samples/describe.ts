import { ColumnsBuilder, type Column, ProofwardError, type SampleProof, SampleTreeBuilder } from '@proofward/evidence';
import { SampleError } from './errors.js';
import { GroupCounter, type GroupSize } from './groups.js';
import { type ReadOptions, readSamples, type SampleRecord } from './read.js';

export interface DescribeOptions extends ReadOptions {
  /** The attributes whose groups are counted. */
  protectedAttributes?: readonly string[] | undefined;
  /** Values that stand for none, beside the empty one and null: `?`. */
  unknown?: readonly string[] | undefined;
  /** The places of samples to prove. */
  prove?: readonly number[] | undefined;
  /** Is given each leaf hash in its order. */
  onLeaf?: ((leaf: Uint8Array, index: number) => void) | undefined;
  /** Is told after each batch how many samples there were. */
  onProgress?: ((samples: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A sample with what proves that it is in its dataset. */
export interface ProvedSample {
  record: SampleRecord;
  proof: SampleProof;
}

/** What a dataset's record says of its samples. */
export interface SampleDescription {
  samples: { root: string; count: number };
  schemaDigest: string;
  columns: Column[];
  groupSizes: GroupSize[];
  proved: ProvedSample[];
}

/**
 * Reads the records of files, one file after the other, in one pass: root and count, columns, groups, and proofs of those that
 * are wanted.
 *
 * @param datasetKey at least 32 random bytes, of this dataset alone
 * @throws SampleError
 */
export async function describeSamples(
  files: readonly string[],
  datasetKey: Uint8Array,
  options: DescribeOptions = {},
): Promise<SampleDescription> {
  const tree = new SampleTreeBuilder(datasetKey, options.prove);
  const columns = new ColumnsBuilder();
  const groups = new GroupCounter(options.protectedAttributes ?? [], options.unknown);
  const wanted = new Map((options.prove ?? []).map((index): [number, SampleRecord | undefined] => [index, undefined]));
  let index = 0;
  for (const file of files) {
    let inFile = 0;
    for await (const records of readSamples(file, options)) {
      options.signal?.throwIfAborted();
      for (const record of records) {
        inFile += 1;
        const leaf = located(`${file}, record ${inFile}`, () => {
          columns.add(record);
          return tree.add(record);
        });
        groups.add(record);
        options.onLeaf?.(leaf, index);
        if (wanted.has(index)) wanted.set(index, record);
        index += 1;
      }
      options.onProgress?.(index);
    }
  }
  const { proofs, ...samples } = tree.close();
  const { columns: found, digest } = columns.close();
  return {
    samples,
    schemaDigest: digest,
    columns: found,
    groupSizes: groups.close(),
    proved: proofs.map((proof) => ({ record: wanted.get(proof.index) ?? {}, proof })),
  };
}

/** Says which record has no canonical form. */
function located<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProofwardError) throw new SampleError(where, error.message);
    throw error;
  }
}
