import { once } from 'node:events';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { SampleError } from './errors.js';
import type { SampleRecord } from './read.js';
import { utf8Chunks } from './text.js';

export interface CsvOptions {
  /** Between fields; a comma (RFC 4180) by default. */
  delimiter?: string | undefined;
  /** The columns' names, where the first line is a record already. */
  columns?: readonly string[] | undefined;
}

const batchSize = 1_000;
/** A quote that is never closed would make a file one field. */
const longestRecord = 16 * 1024 * 1024;

/**
 * The records of a CSV file (RFC 4180), in batches. Each value is text, as it is written there: whether `1` is a number is
 * not said in the file.
 *
 * @throws SampleError
 */
export async function* readCsv(file: string, options: CsvOptions = {}): AsyncGenerator<SampleRecord[]> {
  const parser = parse({
    bom: true,
    delimiter: options.delimiter ?? ',',
    max_record_size: longestRecord,
    info: false,
  });
  const source = Readable.from(bytesOf(file));
  source.on('error', (error) => {
    parser.destroy(error);
  });
  source.pipe(parser);
  let recordOf = options.columns === undefined ? undefined : recordMaker(file, options.columns);
  try {
    for await (const rows of batches(parser)) {
      const lines = rows.values();
      recordOf ??= recordMaker(file, lines.next().value ?? []);
      const records: SampleRecord[] = [];
      for (const row of lines) records.push(recordOf(row));
      if (records.length > 0) yield records;
    }
  } catch (error) {
    if (error instanceof CsvError) throw new SampleError(`${file}, line ${lineOf(error)}`, reasonOf(error));
    throw error;
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (recordOf === undefined) throw new SampleError(file, 'no line with the names of the columns');
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  for await (const { bytes } of utf8Chunks(file)) yield bytes;
}

/** Many rows at a time: a promise for each would take longer than the parsing. */
async function* batches(stream: Readable): AsyncGenerator<string[][]> {
  const ended = finished(stream, { writable: false });
  // Set inside a function, where TypeScript does not see it.
  let isOver = false as boolean;
  const over = () => {
    isOver = true;
  };
  ended.then(over, over);
  for (;;) {
    const rows: string[][] = [];
    while (rows.length < batchSize) {
      const row = stream.read() as string[] | null;
      if (row === null) break;
      rows.push(row);
    }
    if (rows.length > 0) yield rows;
    else if (isOver) break;
    else await Promise.race([once(stream, 'readable'), ended]);
  }
  await ended;
}

/** Makes records whose members are in the order that they are hashed in. */
function recordMaker(file: string, names: readonly string[]): (row: readonly string[]) => SampleRecord {
  const where = `${file}, the names of the columns`;
  const columns = names.map((name, index) => ({ name, index })).sort((a, b) => (a.name < b.name ? -1 : 1));
  columns.forEach(({ name, index }, place) => {
    if (name === '') throw new SampleError(where, `column ${index + 1} has none`);
    if (name === '__proto__') throw new SampleError(where, '__proto__ is not one that JSON keeps');
    if (columns[place + 1]?.name === name) throw new SampleError(where, 'two columns have the same');
  });
  return (row) => {
    if (row.length !== columns.length) {
      throw new SampleError(file, `a record has ${row.length} fields and not ${columns.length}`);
    }
    const record: SampleRecord = {};
    for (const { name, index } of columns) record[name] = row[index];
    return record;
  };
}

function lineOf(error: CsvError): number | string {
  const { lines } = error as { lines?: unknown };
  return typeof lines === 'number' ? lines : '?';
}

/** The parser's own messages quote the text. */
function reasonOf({ code }: CsvError): string {
  return code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH' || code === 'CSV_RECORD_INCONSISTENT_COLUMNS'
    ? 'not as many fields as the first line has'
    : `not CSV as RFC 4180 has it (${code})`;
}
