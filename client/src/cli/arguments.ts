import { parseArgs } from 'node:util';
import { type SampleFormat, sampleFormats } from '../samples/read.js';

/** The command line was not understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const commands = ['fingerprint', 'prove', 'verify', 'register'] as const;

export const usage = `usage: proofward COMMAND PATH... [options]

  fingerprint PATH...           the SHA-256 of files; with --records also root, columns and groups of the records in them
  prove PATH...                 the sample at --index with what proves it under the root (JSON)
  verify PATH...                whether these files (with --records, these records) are the recorded ones
  verify --sample FILE          whether one sample, as prove wrote it, is one of the recorded ones
  register dataset|model PATH...  records them at the gateway

files
  --workers N           threads that hash, each another file (1)
  --state FILE          keeps finished digests, so that an interrupted run goes on
  --follow-symlinks     take what symbolic links lead to
  --ignore PATH         leave this path of a folder out; repeatable
  --model               as OpenSSF Model Signing: the root too, and without .git, .github, .gitignore, .gitattributes, model.sig
  --signature FILE      a Model Signing bundle to check and to record (with --model, or register model)
records
  --records             read the CSV, NDJSON and Parquet files among them
  --format csv|ndjson|parquet, --delimiter C, --columns A,B,C   where file names and first lines do not say
  --key FILE            the dataset's key; fingerprint and register make it where it is not there
  --protected A,B       attributes whose groups are counted; --unknown V: a value that stands for none, repeatable
  --leaves FILE         fingerprint and register write leaf hashes, with which verify says which samples differ
  --index N             the sample to prove, from 0; repeatable
verify
  --against ID|FILE     a record at the gateway, or a file: what fingerprint --json wrote, or a record
  --limit N             how many differences are listed (20)
register
  --name NAME --version VERSION [--parent ID ...] [--private FILE: JSON with more private fields]
  dataset: --digests FILE in place of PATH: digests that somebody else made, [{path, size, sha256}] or an OCI manifest
  model:   --purpose CODE [--dataset ROLE=ID ...] [--parent RELATION=ID ...] [--grant ID ...]
everywhere
  --url URL, --api-key KEY   the gateway; by default PROOFWARD_URL and PROOFWARD_API_KEY
  --json                JSON on standard output
  --quiet               no progress on standard error

exit status: 0 done, and what was verified is the same; 1 failed; 2 not understood; 3 it is not the same`;

export function parseCommand(words: readonly string[]) {
  const { values, positionals } = split(words);
  const [word, ...rest] = positionals;
  const command = commands.find((candidate) => candidate === word);
  if (command === undefined) throw new UsageError(word === undefined ? 'no command' : `unknown command ${word}`);
  const format = values.format;
  if (format !== undefined && !isFormat(format)) throw new UsageError(`unknown format ${format}`);
  return {
    command,
    positionals: rest,
    ...values,
    format,
    workers: whole('--workers', values.workers, 1) ?? 1,
    limit: whole('--limit', values.limit, 0) ?? 20,
    index: (values.index ?? []).map((text) => whole('--index', text, 0) ?? 0),
    columns: listed(values.columns),
    protected: listed(values.protected) ?? [],
  };
}
export type Command = ReturnType<typeof parseCommand>;

function split(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        workers: text,
        state: text,
        'follow-symlinks': flag,
        ignore: texts,
        model: flag,
        signature: text,
        records: flag,
        format: text,
        delimiter: text,
        columns: text,
        key: text,
        protected: text,
        unknown: texts,
        leaves: text,
        index: texts,
        sample: text,
        against: text,
        limit: text,
        name: text,
        version: text,
        parent: texts,
        private: text,
        digests: text,
        purpose: text,
        dataset: texts,
        grant: texts,
        url: text,
        'api-key': text,
        json: flag,
        quiet: flag,
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isFormat(text: string): text is SampleFormat {
  return (sampleFormats as readonly string[]).includes(text);
}

function whole(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) throw new UsageError(`${option} is a whole number from ${least} on, not ${text}`);
  return value;
}

function listed(text: string | undefined): string[] | undefined {
  return text?.split(',');
}

/** @throws UsageError where an option that the command cannot do without is missing */
export function required<T>(value: T | undefined, option: string): T {
  if (value === undefined) throw new UsageError(`${option} is missing`);
  return value;
}
