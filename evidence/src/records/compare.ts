import type { FileDigest } from './fields.js';

/** A file that somebody has; its size is compared where it is given. */
export interface PresentedFile {
  path: string;
  size?: number | undefined;
  sha256: string;
}

export interface FileComparison {
  path: string;
  /** `missing`: recorded and not presented; `unexpected`: presented and not recorded. */
  result: 'match' | 'mismatch' | 'missing' | 'unexpected';
}

/** The verdict on each presented file, and on each recorded one that was not presented. */
export function compareFiles(recorded: readonly FileDigest[], presented: readonly PresentedFile[]): FileComparison[] {
  const byPath = new Map(recorded.map((file) => [file.path, file]));
  const presentedPaths = new Set(presented.map(({ path }) => path));
  return [
    ...presented.map(({ path, size, sha256 }): FileComparison => {
      const known = byPath.get(path);
      if (known === undefined) return { path, result: 'unexpected' };
      const same = known.sha256 === sha256 && (size === undefined || known.size === size);
      return { path, result: same ? 'match' : 'mismatch' };
    }),
    ...recorded
      .filter(({ path }) => !presentedPaths.has(path))
      .map(({ path }): FileComparison => ({ path, result: 'missing' })),
  ];
}
