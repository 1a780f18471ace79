import type { Stack } from '@proofward/network';

/** Jest's global tear-down: ends what the set-up started, and what features started again. */
export default async function teardown(): Promise<void> {
  const { proofwardStack } = globalThis as { proofwardStack?: Stack };
  await proofwardStack?.down();
}
