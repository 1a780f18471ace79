import type { z } from 'zod';
import { NetworkError } from '../errors.js';
import { readIfThere, writeWhole } from './files.js';

/** A JSON file that a network wrote itself; undefined where there is none yet. */
export async function readDocument<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  remedy = 'restore it from a copy, or forget this network with --fresh',
): Promise<z.output<Schema> | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw new NetworkError('STATE_MISMATCH', `${path} is not what this version writes`, remedy, { cause });
  }
}

export async function writeDocument(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
