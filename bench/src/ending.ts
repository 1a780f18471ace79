import { constants } from 'node:os';
import { report } from './report.js';

type End = () => Promise<unknown>;

/** What was started and is to be ended, the last one first. */
const started = new Set<End>();
let ending: Promise<void> | undefined;
const interrupted = new AbortController();

/** Told where the command is interrupted; what was started is then being ended. */
export const interruption: AbortSignal = interrupted.signal;

/**
 * Remembers how to end something, a process or what starts some, from before it is started. Answers the same, to be called
 * where it is ended in the ordinary way; whichever comes first, it is ended once.
 */
export function ended(end: End): End {
  let done: Promise<unknown> | undefined;
  const once = () => {
    started.delete(once);
    return (done ??= end());
  };
  started.add(once);
  return once;
}

/** Ends whatever is left of what was started. */
export async function endAll(): Promise<void> {
  for (const end of [...started].reverse()) {
    await end().catch((error: unknown) => {
      report(`not everything was ended: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

/** Whoever interrupts a measurement finds nothing of it running afterwards. */
export function endAllOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      report(`ended by ${signal}; stopping what was started`);
      interrupted.abort();
      ending ??= endAll().finally(() => process.exit(128 + constants.signals[signal]));
    });
  }
}
