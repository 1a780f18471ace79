import { z } from 'zod';
import { canonicalJson } from '../canonical.js';
import type { ErrorCode } from '../errors.js';
import { textSchema } from '../records/fields.js';

/** A zod issue that is refused with a code of its own; `parseWith` reads it. */
function refusal(code: ErrorCode, message: string, path?: PropertyKey[]) {
  return { code: 'custom' as const, params: { code }, message, ...(path === undefined ? {} : { path }) };
}

/** A count of people; what is wrong with one has a code for each way. */
const count = z
  .number()
  .superRefine((value, context) => {
    if (value < 0) context.addIssue(refusal('NEGATIVE_COUNT', 'a count is not negative'));
    else if (!Number.isInteger(value)) context.addIssue(refusal('FRACTIONAL_COUNT', 'a count is a whole number'));
    else if (!Number.isSafeInteger(value)) context.addIssue(refusal('COUNT_TOO_LARGE', 'a count is below 2^53'));
  })
  .meta({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/**
 * A group's value of each sensitive feature: `{"sex": "female", "race": "a"}`. An empty value is an unknown one: such a group
 * counts where groups are formed by the other features, and is unknown where they are formed by this one.
 */
export const groupValuesSchema = z.record(z.string().min(1).max(256), z.string().max(256));
export type GroupValues = z.infer<typeof groupValuesSchema>;

const groupSchema = z.strictObject({
  group: groupValuesSchema,
  /** Why the group is left out of the comparison, as NYC LL144 allows for less than 2 % of the data. */
  excluded: textSchema.optional(),
});

const groups = <T extends z.ZodRawShape>(counts: T) => z.array(groupSchema.extend(counts)).min(1).max(1000);

/** What the metrics were computed from: one entry for each combination of the sensitive features' values. */
export const fairnessEvidenceSchema = z
  .discriminatedUnion('form', [
    z.strictObject({
      form: z.literal('confusion-counts'),
      /** `total` may be given, and then is the sum of the four. */
      groups: groups({ tp: count, fp: count, fn: count, tn: count, total: count.optional() }),
    }),
    z.strictObject({
      form: z.literal('selected-of-total'),
      groups: groups({ selected: count, total: count }),
    }),
    z.strictObject({
      /** Of `total` scores of the group, those above the median of all scores. */
      form: z.literal('above-median'),
      groups: groups({ above: count, total: count }),
    }),
  ])
  .superRefine((evidence, context) => {
    const seen = new Set<string>();
    let sum = 0;
    const [first] = evidence.groups;
    const features = canonicalJson(Object.keys(first?.group ?? {}).sort());
    evidence.groups.forEach((entry, index) => {
      const at = ['groups', index];
      const key = canonicalJson(entry.group);
      if (seen.has(key)) context.addIssue(refusal('DUPLICATE_GROUP', 'this group is listed twice', [...at, 'group']));
      seen.add(key);
      if (canonicalJson(Object.keys(entry.group).sort()) !== features)
        context.addIssue(refusal('GROUP_FEATURES_DIFFER', 'other features than the first group', [...at, 'group']));
      const disagreement = disagreementOf(entry);
      if (disagreement !== undefined) context.addIssue(refusal('COUNTS_DISAGREE', disagreement, at));
      sum += Object.values(countsOf(entry)).reduce((total, value) => total + value, 0);
    });
    // A pair such as selected and total is summed as well; its bound is far beyond any population all the same.
    if (!Number.isSafeInteger(sum))
      context.addIssue(refusal('COUNT_TOO_LARGE', 'all counts are below 2^53', ['groups']));
  });
export type FairnessEvidence = z.infer<typeof fairnessEvidenceSchema>;

type Entry = FairnessEvidence['groups'][number];

/** An entry's numbers, without its group. */
export function countsOf(entry: Entry): Record<string, number> {
  const counts = Object.entries(entry).filter((member): member is [string, number] => typeof member[1] === 'number');
  return Object.fromEntries(counts);
}

function disagreementOf(entry: Entry): string | undefined {
  if ('tp' in entry) {
    const sum = entry.tp + entry.fp + entry.fn + entry.tn;
    return entry.total === undefined || entry.total === sum ? undefined : 'total is not tp + fp + fn + tn';
  }
  const part = 'selected' in entry ? entry.selected : entry.above;
  return part <= entry.total ? undefined : 'more than the total';
}
