import { extname } from 'node:path';
import { type CsvOptions, readCsv } from './csv.js';
import { SampleError } from './errors.js';
import { readNdjson } from './ndjson.js';
import { readParquet } from './parquet.js';

/** A record as it is hashed: a JSON object. */
export type SampleRecord = Record<string, unknown>;

export const sampleFormats = ['csv', 'ndjson', 'parquet'] as const;
export type SampleFormat = (typeof sampleFormats)[number];

export interface ReadOptions extends CsvOptions {
  /** By default what the file's name ends in. */
  format?: SampleFormat | undefined;
}

const byExtension: Record<string, SampleFormat> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.parquet': 'parquet',
};

/** Whether the file's name says that records are in it. */
export function formatOf(file: string): SampleFormat | undefined {
  return byExtension[extname(file).toLowerCase()];
}

/**
 * The records of a file in their order, in batches.
 *
 * @throws SampleError
 */
export function readSamples(file: string, options: ReadOptions = {}): AsyncIterable<SampleRecord[]> {
  switch (options.format ?? formatOf(file)) {
    case 'csv':
      return readCsv(file, options);
    case 'ndjson':
      return readNdjson(file);
    case 'parquet':
      return readParquet(file);
    case undefined:
      throw new SampleError(file, `its name ends in none of ${Object.keys(byExtension).join(', ')}; say the format`);
  }
}
