import { loadTopology, type NetworkOptions } from '@proofward/network';
import { join } from 'node:path';
import { project, target } from './project.js';

/**
 * Organisations that run modified chaincode: a hospital and an auditor, so one member of cleveland's collections, and the
 * regulator, so two of those who may endorse an attestation.
 */
const colluders = ['hungarian', 'auditor-b', 'regulator'];
const rogueProgram = join(project, 'test-network', 'dist', 'harness', 'rogue-chaincode.js');

/** Its processes run in another time zone and locale than all others, so nothing of either may enter a result. */
const elsewhere = { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };

/**
 * The features' network: the small consortium, in which some do not keep to the agreement. It is apart from `npm start`'s
 * in folder and ports, so both can run at a time; PROOFWARD_FEATURES_STATE and PROOFWARD_FEATURES_PORT are for a second
 * run of the features beside the first.
 */
export function featuresNetwork(): NetworkOptions {
  const { PROOFWARD_FEATURES_STATE: state } = process.env;
  return {
    topology: loadTopology({ consortium: 'small', basePort: firstPort() }),
    target,
    stateDir: state ?? join(project, '.proofward', `features-${target}`),
    chaincode: withColluders(),
  };
}

/** A network of one feature like the features' one, for what would bind all others there. */
export function ownNetwork(name: string): NetworkOptions {
  const { stateDir, ...options } = featuresNetwork();
  const topology = loadTopology({ consortium: 'small', basePort: firstPort() + 600 });
  return { ...options, topology, stateDir: `${stateDir}-${name}` };
}

function withColluders(): NonNullable<NetworkOptions['chaincode']> {
  return Object.fromEntries(colluders.map((slug) => [slug, { bundle: rogueProgram, environment: elsewhere }]));
}

/** A network of one feature, beside the features' one, in which all keep to the agreement. */
export function networkBeside(stateDir: string): NetworkOptions {
  return { topology: loadTopology({ consortium: 'small', basePort: firstPort() + 300 }), target, stateDir };
}

function firstPort(): number {
  const { PROOFWARD_FEATURES_PORT: port } = process.env;
  if (port !== undefined) return Number(port);
  return target === 'fabric' ? 19000 : 20000;
}
