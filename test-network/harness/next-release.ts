/**
 * The next release, made from this one's build as its developers would make it: models get a second schema version, and the
 * first one joins the earlier ones. Nothing else changes.
 */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { project } from './project.js';

const run = promisify(execFile);

export interface NextRelease {
  /** Of the chaincode. */
  bundle: string;
  /** Flags of Node under which a program runs with the next release's records. */
  flags: string[];
}

/** What a model of version 2 says more than one of version 1, and what it says no more. */
export const modelVersion2 = {
  public: { modality: 'tabular' },
  private: { architecture: 'logistic regression' },
  dropped: 'responsibleTeam',
} as const;

/** @param folder inside the project, from where its dependencies are found */
export async function makeNextRelease(folder: string): Promise<NextRelease> {
  const evidence = join(folder, 'evidence');
  await cp(join(project, 'evidence', 'dist'), evidence, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const records = join(evidence, 'records');
  await cp(join(records, 'model.js'), join(records, 'model-1.js'));
  await edit(join(records, 'model.js'), [
    ['purpose: codeSchema,', 'purpose: codeSchema, modality: codeSchema,'],
    ['intendedPurpose: textSchema.optional(),', 'intendedPurpose: textSchema.optional(), architecture: textSchema,'],
    ['responsibleTeam: textSchema.optional(),', ''],
  ]);
  await edit(join(records, 'versions.js'), [
    [
      'export const earlierVersions = {};',
      `import { z } from 'zod';
       import { frameOf, privatePartFields } from './frame.js';
       import { modelPrivateSchema, modelPublicSchema } from './model-1.js';
       export const earlierVersions = { model: [{
         public: modelPublicSchema,
         header: z.strictObject({ ...frameOf('model', 1), ...privatePartFields, ...modelPublicSchema.shape }),
         private: modelPrivateSchema,
       }] };`,
    ],
  ]);

  const index = join(evidence, 'index.js');
  const bundle = join(folder, 'chaincode.cjs');
  // As chaincode/build/bundle.mjs, but for where the records come from.
  await run(join(project, 'node_modules', '.bin', 'esbuild'), [
    join(project, 'chaincode', 'dist', 'main.js'),
    ...['--bundle', '--platform=node', '--target=node22', '--format=cjs', '--keep-names', '--log-level=warning'],
    `--alias:@proofward/evidence=${index}`,
    `--outfile=${bundle}`,
  ]);

  const hook = join(folder, 'hook.mjs');
  const url = JSON.stringify(pathToFileURL(index).href);
  await writeFile(
    hook,
    `import { registerHooks } from 'node:module';
     registerHooks({ resolve: (specifier, context, next) =>
       specifier === '@proofward/evidence' ? { url: ${url}, shortCircuit: true } : next(specifier, context) });`,
  );
  return { bundle, flags: ['--import', pathToFileURL(hook).href] };
}

/** Each text stands there once, or the next release would be this one. */
async function edit(file: string, changes: readonly (readonly [string, string])[]): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [before, after] of changes) {
    if (text.split(before).length !== 2) throw new Error(`${file} does not have ${before} once`);
    text = text.replace(before, () => after);
  }
  await writeFile(file, text);
}
