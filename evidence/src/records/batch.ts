import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes, canonicalJson } from '../canonical.js';
import { countSchema, digestSchema } from './fields.js';
import { idPartSchema, idSchema } from './id.js';
import { timeSchema } from './time.js';

/** Sequence numbers count an endpoint's receipts from 1, without gaps. */
export const sequenceSchema = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** A run of sequence numbers, both ends included. */
const runSchema = z.strictObject({ first: sequenceSchema, last: sequenceSchema });
export type SequenceRun = z.infer<typeof runSchema>;

/**
 * A batch is public as a whole. The items stay with their owner; what is here is how many there are, and the root that
 * each of them can be proved against.
 */
export const batchPublicSchema = z.strictObject({
  /** The name under which the site calls it. */
  endpoint: idPartSchema,
  kind: z.enum(['receipts']),
  /** The time that it speaks for: `from` included, `to` not. It begins where the batch before ended. */
  window: z.strictObject({ from: timeSchema, to: timeSchema }),
  /** The sequence number after the last one of the batch before. */
  first: sequenceSchema,
  /** `first - 1` in an empty batch, which says that nothing happened. */
  last: countSchema,
  /** How many items are under the root: all from `first` to `last` but those that are missing. */
  count: countSchema,
  /** What was lost for good. It is said, so that it cannot be passed over. */
  missing: z.array(runSchema).min(1).max(1_000).optional(),
  /** Of the RFC 9162 tree over the items in the order of their numbers; SHA-256 of nothing where there are none. */
  root: digestSchema,
  /** The endpoint's batch before this one; absent in its first. */
  previous: idSchema('batch').optional(),
});
export type BatchPublic = z.infer<typeof batchPublicSchema>;

/** The root of a batch without items. */
export const emptyRoot = bytesToHex(sha256());

/** What is wrong with a batch by itself: a message and the member at fault; undefined where nothing is. */
export function batchFault(batch: BatchPublic): { member: string; message: string } | undefined {
  const { window, first, last, count, missing = [], root } = batch;
  if (window.from >= window.to) return { member: 'window', message: 'the window does not end after it begins' };
  if (last < first - 1) return { member: 'last', message: 'the last number is before the first' };
  let lost = 0;
  let least = first;
  for (const run of missing) {
    if (run.first < least || run.last < run.first || run.last > last) {
      return { member: 'missing', message: 'runs of missing numbers are in order, apart and within the batch' };
    }
    // Two that touch are one.
    least = run.last + 2;
    lost += run.last - run.first + 1;
  }
  if (count !== last - first + 1 - lost) return { member: 'count', message: `${first} to ${last} are not ${count}` };
  if (count === 0 && root !== emptyRoot) return { member: 'root', message: 'not the root of no items' };
  return undefined;
}

/**
 * The private key, in the site's operations collection, under which it stands which batch is an endpoint's last: lower-case
 * hex of SHA-256 over the canonical JSON `["proofward/batch-head-key/v1", kind, endpoint]`. It holds only what is public.
 */
export function batchHeadKey({ kind, endpoint }: Pick<BatchPublic, 'kind' | 'endpoint'>): string {
  return bytesToHex(sha256(canonicalBytes(['proofward/batch-head-key/v1', kind, endpoint])));
}

/** Its value: the canonical JSON `["proofward/batch-head/v1", channel, batch's id]`. */
export function batchHeadValue(channel: string, batch: string): Uint8Array {
  return canonicalBytes(['proofward/batch-head/v1', channel, batch]);
}

const headSchema = z.tuple([z.literal('proofward/batch-head/v1'), z.string(), idSchema('batch')]);

/** The batch that such a value names; undefined for any other value. */
export function readBatchHead(channel: string, text: string): string | undefined {
  try {
    const [, found, batch] = headSchema.parse(JSON.parse(text));
    return found === channel && canonicalJson(JSON.parse(text)) === text ? batch : undefined;
  } catch {
    return undefined;
  }
}
