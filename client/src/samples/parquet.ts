import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { SampleError } from './errors.js';
import type { SampleRecord } from './read.js';

/** More decimal digits than every double keeps. */
const exactDigits = 15;

/**
 * The records of a Parquet file, a row group at a time: that much is in memory. What JSON has no form for is written as text:
 * whole numbers from 2^53 on in decimal, NaN and infinities by name, dates and times as ISO 8601 with all their digits, bytes in
 * base64.
 *
 * @throws SampleError for a file that is damaged, or has decimals that a number would round
 */
export async function* readParquet(file: string): AsyncGenerator<SampleRecord[]> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await reading(file, () => parquetMetadataAsync(buffer));
  refuseLongDecimals(file, parquetSchema(metadata));
  let rowStart = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    const range = { rowStart, rowEnd };
    const rows = await reading(`${file}, row group ${index}`, () =>
      parquetReadObjects({ file: buffer, metadata, compressors, parsers, utf8: false, ...range }),
    );
    if (rows.length !== rowEnd - rowStart) throw new SampleError(`${file}, row group ${index}`, 'rows are missing');
    rowStart = rowEnd;
    yield rows.map((row) => jsonOf(row) as SampleRecord);
  }
}

async function reading<T>(where: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new SampleError(where, `not readable as Parquet (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}

function refuseLongDecimals(file: string, { element, children }: SchemaTree): void {
  if (element.converted_type === 'DECIMAL' && (element.precision ?? Infinity) > exactDigits) {
    throw new SampleError(
      `${file}, column ${element.name}`,
      `decimals of more than ${exactDigits} digits would be rounded; write them as text`,
    );
  }
  for (const child of children) refuseLongDecimals(file, child);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : utf8.decode(bytes));
const base64 = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** In place of the reader's own, which make Dates of a millisecond and read any bytes as text. */
const parsers = {
  timestampFromMilliseconds: (value: bigint | undefined) => timeOf(value, 3),
  timestampFromMicroseconds: (value: bigint | undefined) => timeOf(value, 6),
  timestampFromNanoseconds: (value: bigint | undefined) => timeOf(value, 9),
  dateFromDays: (days: number | undefined) =>
    days === undefined ? undefined : new Date(days * 86_400_000).toISOString().replace('T00:00:00.000Z', ''),
  stringFromBytes: text,
  jsonFromBytes: text,
  geometryFromBytes: base64,
  geographyFromBytes: base64,
};

/** A time since 1970 in units of 10^-digits s. */
function timeOf(value: bigint | undefined, digits: 3 | 6 | 9): string | undefined {
  if (value === undefined) return undefined;
  const unit = 10n ** BigInt(digits);
  const fraction = ((value % unit) + unit) % unit;
  const seconds = Number((value - fraction) / unit);
  return new Date(seconds * 1000).toISOString().replace('.000Z', `.${String(fraction).padStart(digits, '0')}Z`);
}

/** A value in its one JSON form, the members in the order that they are hashed in. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as Iterable<unknown>, jsonOf);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, jsonOf(member)]));
}
