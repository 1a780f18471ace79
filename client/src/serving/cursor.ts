import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../files/errors.js';
import { ReceiptJournalError } from './errors.js';

/** A place in a journal: after the line of this number, at this byte. */
export interface Place {
  sequence: number;
  offset: number;
}

/** An earlier version wrote the byte too, which is another one in a journal that was shortened since. */
const fileSchema = z.object({ sequence: z.int().min(0) });

/** Up to which number a journal was handed in, in a file beside it. Without it all is handed in again, which is no harm. */
export class Cursor {
  private constructor(
    private readonly path: string,
    public place: Place,
  ) {}

  /** @throws ReceiptJournalError where the file is something else */
  static async open(journal: string): Promise<Cursor> {
    const path = `${journal}.cursor`;
    try {
      const { sequence } = fileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      return new Cursor(path, { sequence, offset: 0 });
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return new Cursor(path, { sequence: 0, offset: 0 });
      throw new ReceiptJournalError(path, 'not the cursor of a journal', { cause });
    }
  }

  /** Replaces the file as a whole: a crash leaves the place before or this one. */
  async move(place: Place): Promise<void> {
    await replace(this.path, async (write) => {
      await write(JSON.stringify({ sequence: place.sequence }));
    });
    this.place = place;
  }
}

/** Replaces a file by what is written, on the disk: a crash leaves one of both as a whole. */
export async function replace(
  path: string,
  fill: (write: (content: string | Uint8Array) => Promise<void>) => Promise<void>,
  beforeRename: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const next = `${path}.next`;
  const handle = await open(next, 'w', 0o600);
  try {
    await fill(async (content) => {
      await handle.appendFile(content);
    });
    await handle.sync();
  } finally {
    await handle.close();
  }
  await beforeRename();
  await rename(next, path);
  await syncFolder(path);
}

/** What a folder lists outlives the machine's stop only then. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no such call, and needs none.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
