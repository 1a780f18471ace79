import { ProofwardError } from '@proofward/evidence';
import { ZodError } from 'zod';
import { FingerprintError, systemCode } from '../files/errors.js';
import { NoAnswerError, ProblemError } from '../problem.js';
import { SampleError } from '../samples/errors.js';
import { DatasetKeyError, readDatasetKey } from '../samples/key.js';
import { type Command, parseCommand, required, usage, UsageError } from './arguments.js';
import { type Console, newConsole } from './console.js';
import { describe, fingerprint } from './fingerprint.js';
import { register } from './register.js';
import { verify } from './verify.js';

export const exitCodes = { done: 0, failed: 1, notUnderstood: 2, differs: 3 } as const;

/** What is the user's to mend is told in a line; anything else is a defect, and keeps its stack. */
const expected = [
  FingerprintError,
  SampleError,
  DatasetKeyError,
  ProofwardError,
  ProblemError,
  NoAnswerError,
  ZodError,
] as const;

/** Answers the exit status. */
export async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    return exitCodes.done;
  }
  try {
    const command = parseCommand(words);
    return await perform(command, newConsole(command.quiet));
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`proofward: ${error.message}\n${usage}\n`);
      return exitCodes.notUnderstood;
    }
    if (error instanceof Error && (expected.some((kind) => error instanceof kind) || systemCode(error) !== undefined)) {
      process.stderr.write(`proofward: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
      return exitCodes.failed;
    }
    throw error;
  }
}

async function perform(command: Command, console: Console): Promise<number> {
  const json = (value: unknown) => {
    console.out(JSON.stringify(value, undefined, 2));
  };
  switch (command.command) {
    case 'fingerprint': {
      if (command.positionals.length === 0) throw new UsageError('say which files');
      const found = await fingerprint(command.positionals, command, console);
      if (command.json) json(found);
      else {
        for (const { path, size, sha256 } of found.files) console.out(`${sha256}  ${size}  ${path}`);
        if (found.manifest !== undefined) console.out(`${found.manifest.root}  root of Model Signing`);
        if (found.samples !== undefined) console.out(`${found.samples.root}  root of ${found.samples.count} records`);
        for (const { attribute, group, count } of found.groupSizes ?? [])
          console.out(`${attribute} = ${group}: ${count}`);
      }
      return exitCodes.done;
    }
    case 'prove': {
      if (command.index.length === 0) throw new UsageError('--index is missing');
      const key = await readDatasetKey(required(command.key, '--key'));
      const more = { prove: command.index, protectedAttributes: [] };
      const { samples, proved } = await describe(command.positionals, key, command, console, more);
      if (proved.length < new Set(command.index).size) {
        throw new SampleError(command.positionals.join(' '), `there are only ${samples.count} records`);
      }
      const shown = proved.map((one) => ({ ...one, samples }));
      json(shown.length === 1 ? shown[0] : shown);
      return exitCodes.done;
    }
    case 'verify': {
      const verdict = await verify(command, console);
      if (command.json) json(verdict);
      else {
        console.out(`${verdict.result}: ${verdict.checked}`);
        for (const { file, sample, result } of verdict.differences) {
          console.out(`  ${file ?? (sample === undefined ? 'the records' : `sample ${sample}`)}: ${result}`);
        }
        const left = verdict.different - verdict.differences.length;
        if (left > 0) console.out(`  and ${left} more`);
      }
      return verdict.result === 'match' ? exitCodes.done : exitCodes.differs;
    }
    case 'register': {
      const { record, replay } = await register(command, console);
      if (command.json) json(record);
      else {
        const said = replay ? 'was recorded already, as it is' : 'recorded';
        console.out(`${record.id} ${said}, in block ${record.ledger.block}, commitment ${record.commitment ?? '-'}`);
      }
      return exitCodes.done;
    }
  }
}
