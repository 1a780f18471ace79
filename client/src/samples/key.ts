import { type FileHandle, open } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { systemCode } from '../files/errors.js';

/** A dataset key that cannot be used. */
export class DatasetKeyError extends Error {
  override readonly name = 'DatasetKeyError';
}

const keyBytes = 32;

/**
 * The key of a dataset from its file, 64 hex digits. Whoever has it and the root can try what a record says, so the file is
 * one that its owner alone reads.
 *
 * @param make whether to make the file, with a new key and mode 0600, where there is none
 * @throws DatasetKeyError
 */
export async function readDatasetKey(file: string, make = false): Promise<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || !make) throw error;
    return await makeKey(file);
  }
  try {
    const { mode } = await handle.stat();
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new DatasetKeyError(`${file}: others may read this key; take that away with chmod 600`);
    }
    const text = (await handle.readFile('utf8')).trim();
    if (!/^[0-9a-f]{64}$/.test(text)) throw new DatasetKeyError(`${file}: not a dataset key (64 hex digits)`);
    return Uint8Array.from(Buffer.from(text, 'hex'));
  } finally {
    await handle.close();
  }
}

async function makeKey(file: string): Promise<Uint8Array> {
  const key = randomBytes(keyBytes);
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.toString('hex')}\n`);
    // Without the key no sample can be proved any more.
    await handle.sync();
  } finally {
    await handle.close();
  }
  return Uint8Array.from(key);
}
