import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  timeoutMs: number;
  intervalMs?: number;
}

/** Asks until the answer is yes. False once patience is at an end. */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  { timeoutMs, intervalMs = 100 }: Patience,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(intervalMs);
  }
}
