import { SampleError } from './errors.js';
import type { SampleRecord } from './read.js';

/** How many records have a value of a protected attribute. */
export interface GroupSize {
  attribute: string;
  group: string;
  count: number;
}

/** Where an attribute is not known; counted also where there are none. */
export const unknownGroup = 'unknown';

/** The most that a dataset's record lists. */
const maximumGroups = 1_000;

/** Counts the groups of protected attributes. */
export class GroupCounter {
  private readonly sizes: Map<string, Map<string, number>>;
  private readonly seen = new Set<string>();
  private readonly unknown: ReadonlySet<string>;

  /** @param unknown the values that stand for none, beside the empty one and null */
  constructor(attributes: readonly string[], unknown: readonly string[] = []) {
    this.sizes = new Map(attributes.map((attribute) => [attribute, new Map([[unknownGroup, 0]])]));
    this.unknown = new Set(['', ...unknown]);
  }

  /** @throws SampleError for a value that is a list or an object, and for more than 1000 groups */
  add(record: SampleRecord): void {
    for (const [attribute, sizes] of this.sizes) {
      const value = record[attribute];
      if (value !== undefined) this.seen.add(attribute);
      const group = this.groupOf(attribute, value);
      sizes.set(group, (sizes.get(group) ?? 0) + 1);
      if (sizes.size > maximumGroups) throw new SampleError(attribute, `more than ${maximumGroups} groups`);
    }
  }

  /** @throws SampleError for an attribute that no record has */
  close(): GroupSize[] {
    return [...this.sizes].flatMap(([attribute, sizes]) => {
      if (!this.seen.has(attribute)) throw new SampleError(attribute, 'no record has this attribute');
      const groups = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
      return groups.map(([group, count]) => ({ attribute, group, count }));
    });
  }

  private groupOf(attribute: string, value: unknown): string {
    switch (typeof value) {
      case 'string':
        return this.unknown.has(value) ? unknownGroup : value;
      case 'number':
      case 'boolean':
        return this.unknown.has(String(value)) ? unknownGroup : String(value);
      default:
        if (value === undefined || value === null) return unknownGroup;
        throw new SampleError(attribute, 'a value that is a list or an object is no group');
    }
  }
}
