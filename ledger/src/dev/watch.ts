import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const INTERVAL_MS = 400;
/** Made by builds, installs and version control, and not written by hand. */
const IGNORED: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'build',
  'bin',
  'target',
  'out',
  'coverage',
  '.git',
  '.gradle',
  '.idea',
  '.vscode',
]);

/**
 * Calls `changed` after the files of a folder have changed and then stayed the same for a moment, and never while an
 * earlier call is going on. Looks at them again and again: that works on every file system, however many files there are.
 */
export async function watchFolder(
  folder: string,
  ignored: readonly string[],
  changed: () => Promise<void>,
  stopped: AbortSignal,
): Promise<void> {
  let acted = await stateOf(folder, ignored);
  let seen = acted;
  while (!stopped.aborted) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    const now = await stateOf(folder, ignored);
    if (now === seen && now !== acted) {
      acted = now;
      await changed();
    }
    seen = now;
  }
}

async function stateOf(folder: string, ignored: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const look = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true }).catch(() => [])) {
      const path = join(at, entry.name);
      if (IGNORED.has(entry.name) || ignored.includes(path)) continue;
      if (entry.isDirectory()) await look(path);
      // A file may be gone again since its folder was read.
      const found = entry.isFile() ? await stat(path).catch(() => undefined) : undefined;
      if (found !== undefined) lines.push(`${path} ${found.mtimeMs} ${found.size}`);
    }
  };
  await look(folder);
  return lines.sort().join('\n');
}
