import { type FileHandle, open, readFile } from 'node:fs/promises';
import { digestSchema } from '@proofward/evidence';
import { z } from 'zod';
import { type DigestedFile, type FileState, isSameState } from './digest.js';
import { FingerprintError, systemCode } from './errors.js';

const title = { proofward: 'fingerprint-state', version: 1 } as const;
const titleSchema = z.strictObject({ proofward: z.literal(title.proofward), version: z.literal(title.version) });
const entrySchema = z.strictObject({
  file: z.string(),
  size: z.int().min(0),
  mtime: z.string(),
  ctime: z.string(),
  sha256: digestSchema,
});

/**
 * The digests that were made already, one line each, so that an interrupted fingerprint goes on where it was. A file
 * whose size or times are other ones is not in it.
 */
export class Journal {
  private constructor(
    private readonly handle: FileHandle,
    private readonly digests: Map<string, DigestedFile>,
  ) {}

  /** @throws FingerprintError where the file is something else: nothing is written into it */
  static async open(path: string): Promise<Journal> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return '';
      throw error;
    });
    const lines = text.split('\n');
    const torn = lines.pop() ?? '';
    const [first, ...entries] = lines;
    const isEmpty = first === undefined && `${JSON.stringify(title)}\n`.startsWith(torn);
    if (!isEmpty && !titleSchema.safeParse(parsed(first ?? torn)).success) {
      throw new FingerprintError(path, 'not the state of a fingerprint; name another file');
    }
    const digests = new Map<string, DigestedFile>();
    for (const line of entries) {
      const entry = entrySchema.safeParse(parsed(line));
      // What is not readable is a file that is hashed again.
      if (!entry.success) continue;
      const { file, ...digest } = entry.data;
      digests.set(file, digest);
    }
    const handle = await open(path, isEmpty ? 'w' : 'a', 0o600);
    // A line that was cut off when the machine stopped ends here.
    if (isEmpty) await handle.write(`${JSON.stringify(title)}\n`);
    else if (torn !== '') await handle.write('\n');
    return new Journal(handle, digests);
  }

  /** @param file its absolute path */
  find(file: string, state: FileState): string | undefined {
    const known = this.digests.get(file);
    return known !== undefined && isSameState(known, state) ? known.sha256 : undefined;
  }

  async add(file: string, digest: DigestedFile): Promise<void> {
    // One write a line, at the end of the file: lines do not mix.
    await this.handle.write(`${JSON.stringify({ file, ...digest })}\n`);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
