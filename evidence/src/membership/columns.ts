import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { ProofwardError } from '../errors.js';

/** A member that a dataset's records have. */
export interface Column {
  name: string;
  /** The JSON types of its values, in alphabetical order. */
  types: ('array' | 'boolean' | 'null' | 'number' | 'object' | 'string')[];
  /** Whether there are records without it. */
  optional: boolean;
}

/** A record with names that mean data (a map) is no table, and would fill the memory. */
const maximumColumns = 10_000;

const typeNames = ['array', 'boolean', 'null', 'number', 'object', 'string'] as const;

/** What columns records have, whatever they were read from, and the digest of that. */
export class ColumnsBuilder {
  private records = 0;
  private readonly seen = new Map<string, { records: number; types: number }>();

  /** @throws ProofwardError INVALID_FIELD where records have more than 10 000 different members */
  add(record: Readonly<Record<string, unknown>>): void {
    this.records += 1;
    for (const name of Object.keys(record)) {
      const value = record[name];
      if (value === undefined) continue;
      let column = this.seen.get(name);
      if (column === undefined) {
        if (this.seen.size === maximumColumns) {
          throw new ProofwardError('INVALID_FIELD', `records with more than ${maximumColumns} different members`);
        }
        this.seen.set(name, (column = { records: 0, types: 0 }));
      }
      column.records += 1;
      column.types |= typeBit(value);
    }
  }

  /**
   * The columns in the order of their names (by UTF-16 code unit, as RFC 8785 has members), and SHA-256 of the canonical JSON
   * `["proofward/sample-columns/v1", columns]`.
   */
  close(): { columns: Column[]; digest: string } {
    const columns = [...this.seen]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { records, types }]) => ({
        name,
        types: typeNames.filter((_, bit) => (types & (1 << bit)) !== 0),
        optional: records < this.records,
      }));
    return { columns, digest: bytesToHex(sha256(canonicalBytes(['proofward/sample-columns/v1', columns]))) };
  }
}

/** The bit of a value's type, by its place in {@link typeNames}. */
function typeBit(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return 1 << 5;
    case 'number':
      return 1 << 3;
    case 'boolean':
      return 1 << 1;
    default:
      return value === null ? 1 << 2 : Array.isArray(value) ? 1 : 1 << 4;
  }
}
