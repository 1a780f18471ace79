import { loadTopology, type NetworkOptions } from '@proofward/network';
import { join, resolve } from 'node:path';

/** The project's folder, from the source as from the compiled harness. */
const project = resolve(
  import.meta.dirname,
  import.meta.dirname.endsWith(join('dist', 'harness')) ? '../../..' : '../..',
);

export const target = process.env.PROOFWARD_TARGET === 'fabric' ? 'fabric' : 'embedded';

/** Organisations that run modified chaincode: a hospital and an auditor, so one member of cleveland's collections. */
const colluders = ['hungarian', 'auditor-b'];
const rogueProgram = join(project, 'test-network', 'dist', 'harness', 'rogue-chaincode.js');

/**
 * The features' network: the small consortium, in which some do not keep to the agreement. It is apart from `npm start`'s
 * in folder and ports, so both can run at a time.
 */
export function featuresNetwork(): NetworkOptions {
  return {
    topology: loadTopology({ consortium: 'small', basePort: target === 'fabric' ? 19000 : 20000 }),
    target,
    stateDir: join(project, '.proofward', `features-${target}`),
    chaincode: Object.fromEntries(colluders.map((slug) => [slug, { bundle: rogueProgram }])),
  };
}
