import { loadTopology, stackUp } from '@proofward/network';
import { rm } from 'node:fs/promises';
import { basePort, colluders, consortium, rogueProgram, stateDir, target } from './place.js';

/** Jest's global set-up of the features: one fresh stack of the small consortium for all of them. */
export default async function setup(): Promise<void> {
  const began = performance.now();
  await rm(stateDir, { recursive: true, force: true });
  process.stderr.write(`features: starting ${consortium} on ${target} ...\n`);
  const stack = await stackUp({
    topology: loadTopology({ consortium, basePort }),
    target,
    stateDir,
    // Modified chaincode, as an organisation that does not keep to the agreement would run it.
    chaincode: Object.fromEntries(colluders.map((slug) => [slug, { bundle: rogueProgram }])),
    report: ({ step, state, elapsedMs }) => {
      if (state !== 'started')
        process.stderr.write(`features: ${step} ${state} in ${(elapsedMs / 1000).toFixed(1)} s\n`);
    },
  });
  process.stderr.write(`features: up in ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  (globalThis as { proofwardStack?: typeof stack }).proofwardStack = stack;
}
