import { join } from 'node:path';
import { chmod } from 'node:fs/promises';
import { writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';

const program = join(import.meta.dirname, '..', 'bin', 'external-builder.js');

/**
 * The external builder that peers call to install a package of type `ccaas`. Peers hand their builders no environment
 * but PATH, so the scripts name this Node themselves.
 */
export async function writeBuilder(layout: StateLayout): Promise<void> {
  for (const step of ['detect', 'build', 'release']) {
    const path = join(layout.fabric, 'builder', 'bin', step);
    await writeWhole(path, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(program)} ${step} "$@"\n`, 0o700);
    await chmod(path, 0o700);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
