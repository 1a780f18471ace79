import { openNetwork, Stack } from '@proofward/network';
import { featuresNetwork } from './place.js';
import { target } from './project.js';

/** Jest's global set-up of the features: one fresh stack for all of them. */
export default async function setup(): Promise<void> {
  const began = performance.now();
  const told = () => ((performance.now() - began) / 1000).toFixed(1);
  process.stderr.write(`features: starting on ${target} ...\n`);
  const stack = new Stack(await openNetwork(featuresNetwork()), ({ step, state }) => {
    if (state !== 'started') process.stderr.write(`features: ${told()} s: ${step} ${state}\n`);
  });
  await stack.forget();
  await stack.up();
  process.stderr.write(`features: up in ${told()} s\n`);
  (globalThis as { proofwardStack?: Stack }).proofwardStack = stack;
}
