import type { Progress, Report } from '../progress.js';

export type Print = (text: string) => void;

/** One line a step, when it is done; on a terminal it is there while it goes on, too. */
export function stepReport(print: Print, showCurrent?: (text: string) => void): Report {
  return ({ step, state, detail, elapsedMs }: Progress) => {
    if (state === 'started') {
      showCurrent?.(`  ${step} ...\r`);
      return;
    }
    const seconds = (elapsedMs / 1000).toFixed(1).padStart(5);
    print(`${state === 'done' ? '✓' : '✗'} ${step.padEnd(14)} ${seconds} s  ${detail ?? ''}`.trimEnd());
  };
}
