import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import type { FileDigest } from '@proofward/evidence';
import { fingerprintFiles } from '../files/fingerprint.js';
import { listFiles } from '../files/list.js';
import { modelManifest, modelSigningIgnores } from '../files/model-signing.js';
import { type DescribeOptions, describeSamples, type SampleDescription } from '../samples/describe.js';
import { readDatasetKey } from '../samples/key.js';
import { LeavesWriter } from '../samples/leaves.js';
import { formatOf } from '../samples/read.js';
import { type Command, required, UsageError } from './arguments.js';
import { type Console, progressText } from './console.js';

/** What a folder of files is, as a record says it. */
export interface Fingerprint {
  files: FileDigest[];
  manifest?: { root: string; statement?: string };
  samples?: SampleDescription['samples'];
  schemaDigest?: string;
  columns?: SampleDescription['columns'];
  groupSizes?: SampleDescription['groupSizes'];
}

export async function fingerprint(paths: readonly string[], command: Command, console: Console): Promise<Fingerprint> {
  const files = await digests(paths, command, console);
  const manifest = command.model ? { manifest: await modelManifest(files, command.signature) } : {};
  if (!command.records) return { files, ...manifest };
  const key = await readDatasetKey(required(command.key, '--key'), true);
  const leaves = command.leaves === undefined ? undefined : new LeavesWriter(command.leaves);
  try {
    const { samples, schemaDigest, columns, groupSizes } = await describe(paths, key, command, console, {
      onLeaf: (leaf) => leaves?.add(leaf),
    });
    return { files, ...manifest, samples, schemaDigest, columns, groupSizes };
  } finally {
    leaves?.close();
  }
}

export async function digests(paths: readonly string[], command: Command, console: Console): Promise<FileDigest[]> {
  const files = await fingerprintFiles(paths, {
    ...listing(command),
    workers: command.workers,
    state: command.state,
    onProgress: (progress) => {
      console.progress(progressText(progress));
    },
  });
  console.settle();
  if (files.length === 0) throw new UsageError('there is no file in what was given');
  return files;
}

function listing(command: Command) {
  const ignore = [...(command.ignore ?? []), ...(command.model ? modelSigningIgnores : [])];
  return { followSymlinks: command['follow-symlinks'], ignore };
}

/** Reads the records of the files that have some. */
export async function describe(
  paths: readonly string[],
  key: Uint8Array,
  command: Command,
  console: Console,
  more: DescribeOptions,
): Promise<SampleDescription> {
  const files = await recordFiles(paths, command);
  const described = await describeSamples(files, key, {
    format: command.format,
    delimiter: command.delimiter,
    columns: command.columns,
    protectedAttributes: command.protected,
    unknown: command.unknown,
    onProgress: (samples) => {
      console.progress(`${samples} records`);
    },
    ...more,
  });
  console.settle();
  return described;
}

/** Of a folder the files whose names say so, in the order of their paths; a file that is named is one whatever its name is. */
async function recordFiles(paths: readonly string[], command: Command): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) files.push(path);
    else {
      const listed = await listFiles([path], listing(command));
      files.push(...listed.filter(({ file }) => formatOf(file) !== undefined).map((one) => join(path, one.path)));
    }
  }
  if (files.length === 0) throw new UsageError('no file there ends in .csv, .ndjson, .jsonl or .parquet');
  return files;
}
