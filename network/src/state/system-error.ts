/** Whether an operation failed with this code of the system's: ENOENT, EEXIST, ESRCH. */
export function isSystemError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
