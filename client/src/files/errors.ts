/** A file or folder that cannot be fingerprinted as it is. The message names it. */
export class FingerprintError extends Error {
  override readonly name = 'FingerprintError';

  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

/** The code of a failed call of the system, `ENOENT`; of any realm's error. */
export function systemCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
