/** Records that cannot be read, or not in one way. Says where, and nothing of what is in them: it may be a patient's. */
export class SampleError extends Error {
  override readonly name = 'SampleError';

  constructor(
    /** The file, and the line or column in it. */
    readonly where: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: ${reason}`, options);
  }
}
