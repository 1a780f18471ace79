import { parseJson, ProofwardError } from '@proofward/evidence';
import { SampleError } from './errors.js';
import type { SampleRecord } from './read.js';
import { utf8Chunks } from './text.js';

/** A file without line ends would be one line. */
const longestLine = 16 * 1024 * 1024;

/**
 * The records of a file with one JSON object a line, in batches. Empty lines are none.
 *
 * @throws SampleError
 */
export async function* readNdjson(file: string): AsyncGenerator<SampleRecord[]> {
  let line = 0;
  const recordsOf = (lines: readonly string[]): SampleRecord[] => {
    const records: SampleRecord[] = [];
    for (const text of lines) {
      line += 1;
      if (text.trim() !== '') records.push(recordIn(text, `${file}, line ${line}`));
    }
    return records;
  };
  let rest = '';
  for await (const { text } of utf8Chunks(file)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new SampleError(`${file}, line ${line + lines.length + 1}`, 'too long');
    const records = recordsOf(lines);
    if (records.length > 0) yield records;
  }
  yield recordsOf([rest]);
}

function recordIn(text: string, where: string): SampleRecord {
  try {
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (error instanceof ProofwardError) throw new SampleError(where, error.message);
    throw error;
  }
  throw new SampleError(where, 'not a JSON object');
}
