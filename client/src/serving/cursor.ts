import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../files/errors.js';
import { ReceiptJournalError } from './errors.js';

const placeSchema = z.strictObject({ sequence: z.int().min(0), offset: z.int().min(0) });
/** A place in a journal: after the line of this number, at this byte. */
export type Place = z.infer<typeof placeSchema>;

/** Up to where a journal was handed in, in a file beside it. Without it all is handed in again, which is no harm. */
export class Cursor {
  private constructor(
    private readonly path: string,
    public place: Place,
  ) {}

  /**
   * @param begin where the journal's lines begin, in bytes
   * @throws ReceiptJournalError where the file is something else
   */
  static async open(journal: string, begin: number): Promise<Cursor> {
    const path = `${journal}.cursor`;
    try {
      return new Cursor(path, placeSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return new Cursor(path, { sequence: 0, offset: begin });
      throw new ReceiptJournalError(path, 'not the cursor of a journal', { cause });
    }
  }

  /** Replaces the file as a whole: a crash leaves the place before or this one. */
  async move(place: Place): Promise<void> {
    const next = `${this.path}.next`;
    const handle = await open(next, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(place));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, this.path);
    await syncFolder(this.path);
    this.place = place;
  }
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
