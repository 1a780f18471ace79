import { setTimeout as delay } from 'node:timers/promises';

const patience = 15_000;

/**
 * Waits until all peers that are up have the same blocks; `heights` asks them, and is undefined of one that is down. On
 * Fabric each commits at its own pace, and what goes on at another organisation is not about that.
 */
export async function equalHeights(heights: () => Promise<(number | undefined)[]>): Promise<void> {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const known = (await heights()).filter((height) => height !== undefined);
    if (new Set(known).size <= 1) return;
    await delay(25);
  }
}
