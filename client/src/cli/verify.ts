import { readFile } from 'node:fs/promises';
import {
  compareFiles,
  digestSchema,
  fileSchema,
  type FileDigest,
  parseId,
  parseWith,
  ProofwardError,
  sampleProofSchema,
  verifySample,
} from '@proofward/evidence';
import { z } from 'zod';
import { readDatasetKey } from '../samples/key.js';
import { LeavesComparison } from '../samples/leaves.js';
import { type Command, required, UsageError } from './arguments.js';
import type { Console } from './console.js';
import { describe, digests } from './fingerprint.js';
import { gateway } from './gateway.js';

const samplesSchema = z.object({ root: digestSchema, count: z.int().min(0) });
const privateSchema = z.object({
  files: z.array(fileSchema).optional(),
  fingerprint: z.object({ files: z.array(fileSchema) }).optional(),
  samples: samplesSchema.optional(),
});
const sampleSchema = z.object({ record: z.record(z.string(), z.json()), proof: sampleProofSchema });

/** What was recorded, or fingerprinted before. */
interface Recorded {
  files: FileDigest[] | undefined;
  samples: { root: string; count: number } | undefined;
}

export interface Verdict {
  result: 'match' | 'mismatch';
  /** What differs: all are counted, some are listed. */
  different: number;
  differences: { file?: string; sample?: number; result: string }[];
  checked: string;
}

export async function verify(command: Command, console: Console): Promise<Verdict> {
  const recorded = await recordedAt(required(command.against, '--against'), command);
  if (command.sample !== undefined) return verifyOne(command.sample, recorded);
  if (command.positionals.length === 0) throw new UsageError('say which files, or which --sample');
  return command.records ? verifyRecords(recorded, command, console) : verifyFiles(recorded, command, console);
}

async function verifyFiles({ files }: Recorded, command: Command, console: Console): Promise<Verdict> {
  if (files === undefined) throw new UsageError('no files are recorded there');
  const compared = compareFiles(files, await digests(command.positionals, command, console));
  const different = compared.filter(({ result }) => result !== 'match');
  return {
    result: different.length === 0 ? 'match' : 'mismatch',
    different: different.length,
    differences: different.slice(0, command.limit).map(({ path, result }) => ({ file: path, result })),
    checked: `${compared.length} files`,
  };
}

async function verifyRecords(recorded: Recorded, command: Command, console: Console): Promise<Verdict> {
  const samples = samplesOf(recorded);
  const key = await readDatasetKey(required(command.key, '--key'));
  const leaves = command.leaves === undefined ? undefined : new LeavesComparison(command.leaves, command.limit);
  const { samples: found } = await describe(command.positionals, key, command, console, {
    onLeaf: (leaf, index) => leaves?.add(leaf, index),
    protectedAttributes: [],
  });
  const checked = `${found.count} records, ${samples.count} recorded`;
  const compared = leaves?.close(samples);
  if (found.root === samples.root && found.count === samples.count)
    return { result: 'match', different: 0, differences: [], checked };
  if (compared === undefined) {
    return { result: 'mismatch', different: 1, differences: [{ result: 'another root' }], checked };
  }
  return {
    result: 'mismatch',
    different: compared.different,
    differences: compared.differences.map(({ index, result }) => ({ sample: index, result })),
    checked,
  };
}

async function verifyOne(file: string, recorded: Recorded): Promise<Verdict> {
  const { record, proof } = parseWith(sampleSchema, await jsonIn(file));
  const isIn = verifySample(samplesOf(recorded), record, proof);
  return {
    result: isIn ? 'match' : 'mismatch',
    different: isIn ? 0 : 1,
    differences: isIn ? [] : [{ sample: proof.index, result: 'mismatch' }],
    checked: `sample ${proof.index}`,
  };
}

function samplesOf({ samples }: Recorded): { root: string; count: number } {
  if (samples === undefined) throw new UsageError('no samples are recorded there');
  return samples;
}

async function recordedAt(against: string, command: Command): Promise<Recorded> {
  const isId = /^(dataset|model):/.test(against);
  const found = isId ? await privateAt(against, command) : await jsonIn(against);
  const inner = typeof found === 'object' && found !== null && 'private' in found ? found.private : found;
  const { files, fingerprint, samples } = parseWith(privateSchema, inner);
  return { files: files ?? fingerprint?.files, samples };
}

async function privateAt(id: string, command: Command): Promise<unknown> {
  const client = gateway(command);
  const record = await (parseId(id).type === 'model' ? client.models.get(id) : client.datasets.get(id));
  if (typeof record.private !== 'string') return record.private;
  throw new ProofwardError(
    record.private === 'withheld' ? 'NOT_A_MEMBER' : 'PRIVATE_DATA_MISSING',
    `the private part of ${id} is ${record.private}`,
  );
}

export async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    // Its message quotes the text, which may be private.
    if (error instanceof SyntaxError) throw new ProofwardError('INVALID_JSON', `${file}: not JSON`);
    throw error;
  }
}
