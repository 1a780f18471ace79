import { join, resolve } from 'node:path';

/** The project's folder, from the source as from the compiled harness. */
const project = resolve(
  import.meta.dirname,
  import.meta.dirname.endsWith(join('dist', 'harness')) ? '../../..' : '../..',
);

/** Where the features' stack is: apart from `npm start`'s in folder and ports, so both can run at a time. */
export const target = process.env.PROOFWARD_TARGET === 'fabric' ? 'fabric' : 'embedded';
export const consortium = 'small';
export const basePort = target === 'fabric' ? 19000 : 20000;
export const stateDir = join(project, '.proofward', `features-${target}`);

/** Organisations that run modified chaincode: a hospital and an auditor, so one member of cleveland's collections. */
export const colluders = ['hungarian', 'auditor-b'] as const;
export const rogueProgram = join(project, 'test-network', 'dist', 'harness', 'rogue-chaincode.js');
