import { canonicalJson } from '../canonical.js';
import { ProofwardError } from '../errors.js';
import { countsOf, type FairnessEvidence, type GroupValues } from './evidence.js';
import { type Counts, sizeOf } from './metrics.js';

/** One group of a partition, with the counts of all entries that fall into it. */
export interface Group {
  readonly values: GroupValues;
  readonly counts: Counts;
  readonly n: bigint;
  /** Why it is left out of the comparison. */
  readonly excluded?: string;
}

/** The evidence's people by some of its features. */
export interface Partition {
  readonly by: readonly string[];
  readonly groups: readonly Group[];
  /** How many are in the groups, the excluded ones too. */
  readonly total: bigint;
  /** How many have no known value of one of the features. */
  readonly unknown: bigint;
}

/** NYC LL144 lets an audit leave out a category with less than 2 % of the data: one part in fifty. */
const maximalExcludedPart = 50n;

export function featuresOf(evidence: FairnessEvidence): string[] {
  return Object.keys(evidence.groups[0]?.group ?? {}).sort();
}

/** @throws ProofwardError EXCLUDED_SHARE_TOO_LARGE for an entry that is excluded and has 2 % of the people or more */
export function checkExclusions(evidence: FairnessEvidence): void {
  const sizes = evidence.groups.map((entry) => sizeOf(evidence.form, bigCounts(entry)));
  const total = sizes.reduce((sum, size) => sum + size, 0n);
  evidence.groups.forEach(({ excluded }, index) => {
    if (excluded !== undefined && !isSmallShare(sizes[index] ?? 0n, total)) {
      throw new ProofwardError('EXCLUDED_SHARE_TOO_LARGE', 'an excluded group has 2 % of the people or more', {
        pointer: `/groups/${index}/excluded`,
      });
    }
  });
}

/**
 * Forms the groups by some features. A group is excluded if all its entries are and it has less than 2 % itself, so that
 * leaving out small intersections does not take their people out of the larger categories.
 */
export function partitionBy(evidence: FairnessEvidence, by: readonly string[]): Partition {
  const found = new Map<
    string,
    { values: GroupValues; counts: Record<string, bigint>; reasons: (string | undefined)[] }
  >();
  let unknown = 0n;
  for (const entry of evidence.groups) {
    const counts = bigCounts(entry);
    const values = Object.fromEntries(by.map((feature) => [feature, entry.group[feature] ?? '']));
    if (Object.values(values).includes('')) {
      unknown += sizeOf(evidence.form, counts);
      continue;
    }
    const key = canonicalJson(values);
    const group = found.get(key) ?? { values, counts: {}, reasons: [] };
    for (const [name, value] of Object.entries(counts)) group.counts[name] = (group.counts[name] ?? 0n) + value;
    group.reasons.push(entry.excluded);
    found.set(key, group);
  }
  const ordered = [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const sized = ordered.map((group) => ({ ...group, n: sizeOf(evidence.form, group.counts) }));
  const total = sized.reduce((sum, { n }) => sum + n, 0n);
  const groups = sized.map(({ values, counts, n, reasons }): Group => {
    const reason = reasons.includes(undefined) || !isSmallShare(n, total) ? undefined : reasons[0];
    return { values, counts, n, ...(reason === undefined ? {} : { excluded: reason }) };
  });
  return { by, groups, total, unknown };
}

function isSmallShare(n: bigint, total: bigint): boolean {
  return n * maximalExcludedPart < total;
}

function bigCounts(entry: FairnessEvidence['groups'][number]): Record<string, bigint> {
  return Object.fromEntries(Object.entries(countsOf(entry)).map(([name, value]) => [name, BigInt(value)]));
}
