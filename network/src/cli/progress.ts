import type { Progress } from '../progress.js';

/** One line a step: on a terminal it appears when the step begins and is completed when it ends. */
export function printProgress({ step, state, detail, elapsedMs }: Progress): void {
  const label = `  ${step.padEnd(14)}`;
  if (state === 'started') {
    if (process.stderr.isTTY) process.stderr.write(`${label} ...`);
    return;
  }
  const outcome = state === 'failed' ? 'failed' : (detail ?? 'done');
  const line = `${label} ${outcome} (${(elapsedMs / 1000).toFixed(1)} s)\n`;
  process.stderr.write(process.stderr.isTTY ? `\r${line}` : line);
}
