/** Whether something that was thrown is an error, also one of another realm, where `instanceof` says no. */
export function isError(thrown: unknown): thrown is Error {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string';
}

/** An error of the operating system, Node or PostgreSQL with one of these codes. */
export function isSystemError(thrown: unknown, ...codes: string[]): boolean {
  return isError(thrown) && 'code' in thrown && typeof thrown.code === 'string' && codes.includes(thrown.code);
}

/** The first line of an error's message, for lines that a person reads. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(reasonOf).join('; ');
  return (isError(thrown) ? thrown.message : String(thrown)).split('\n')[0] ?? 'unknown';
}
