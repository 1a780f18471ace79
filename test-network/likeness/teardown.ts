import { likenessNetwork } from './network.js';

/** Jest's global tear-down: ends what the set-up started, and what features started again. */
export default async function teardown(): Promise<void> {
  await likenessNetwork().down();
}
