import { join, resolve } from 'node:path';

/** The project's folder, from the source as from the compiled harness. */
export const project = resolve(
  import.meta.dirname,
  import.meta.dirname.endsWith(join('dist', 'harness')) ? '../../..' : '../..',
);

export const target = process.env.PROOFWARD_TARGET === 'fabric' ? 'fabric' : 'embedded';
