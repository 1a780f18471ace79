import type { Progress } from '../files/fingerprint.js';

/** Where a command writes. */
export interface Console {
  out(text: string): void;
  /** What is shown for the moment, on standard error. */
  progress(text: string): void;
  /** The progress is over. */
  settle(): void;
}

const terminalMs = 100;
const lineMs = 5_000;

export function newConsole(isQuiet: boolean): Console {
  const { stderr } = process;
  let last = performance.now();
  let isShown = false;
  return {
    out: (text) => {
      process.stdout.write(`${text}\n`);
    },
    progress: (text) => {
      const now = performance.now();
      // On a terminal one line that is written over; elsewhere, in a pipeline's log, a line now and then.
      if (isQuiet || now - last < (stderr.isTTY ? terminalMs : lineMs)) return;
      last = now;
      isShown = stderr.isTTY;
      stderr.write(stderr.isTTY ? `\x1b[2K\r${text}` : `proofward: ${text}\n`);
    },
    settle: () => {
      if (isShown) stderr.write('\x1b[2K\r');
      isShown = false;
    },
  };
}

const mib = (bytes: number) => (bytes / (1 << 20)).toFixed(1);

export function progressText({ files, filesDone, bytes, bytesDone, bytesKnown }: Progress): string {
  const share = bytes === 0 ? 100 : Math.floor((100 * bytesDone) / bytes);
  const known = bytesKnown === 0 ? '' : `, ${mib(bytesKnown)} MiB of it known`;
  return `${share} %: ${filesDone} of ${files} files, ${mib(bytesDone)} of ${mib(bytes)} MiB${known}`;
}
