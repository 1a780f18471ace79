import { likenessNetwork } from './network.js';

/** Jest's global set-up of the features about likeness: one fresh network for all of them. */
export default async function setup(): Promise<void> {
  const began = performance.now();
  const told = () => ((performance.now() - began) / 1000).toFixed(1);
  const network = likenessNetwork(({ step, state }) => {
    if (state !== 'started') process.stderr.write(`likeness: ${told()} s: ${step} ${state}\n`);
  });
  process.stderr.write(`likeness: starting on ${network.target} ...\n`);
  try {
    await network.up();
  } catch (error) {
    await network.down({ keep: true });
    throw error;
  }
  network.disconnect();
  process.stderr.write(`likeness: up in ${told()} s\n`);
}
