/** How far a long operation is: told step by step, as it happens. */
export interface Progress {
  step: string;
  state: 'started' | 'done' | 'failed';
  /** What came of it, in a few words. */
  detail?: string;
  elapsedMs: number;
}
export type Report = (progress: Progress) => void;

/** Performs one step and reports it; the detail is what the action answers, if it answers with words. */
export async function performing<Result>(
  report: Report,
  step: string,
  action: () => Promise<Result>,
  describe = (result: Result): string | undefined => (typeof result === 'string' ? result : undefined),
): Promise<Result> {
  const began = performance.now();
  const tell = (state: Progress['state'], detail?: string) => {
    report({ step, state, elapsedMs: performance.now() - began, ...(detail === undefined ? {} : { detail }) });
  };
  tell('started');
  try {
    const result = await action();
    tell('done', describe(result));
    return result;
  } catch (error) {
    tell('failed');
    throw error;
  }
}
