/** Waits until everything has come to an end, and only then fails with the first failure: nothing goes on behind it. */
export async function together(work: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
