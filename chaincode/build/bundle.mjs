/**
 * usage: bundle.mjs [OUTFILE]
 *
 * Bundles the compiled chaincode with everything that it requires into one file, so that the digest in the package covers
 * every line that runs. From the compiler's output, since esbuild does not emit decorator metadata.
 */
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const room = join(dirname(fileURLToPath(import.meta.url)), '..');

await build({
  absWorkingDir: room,
  entryPoints: ['dist/main.js'],
  outfile: process.argv[2] ?? 'dist/bundle/chaincode.cjs',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  // Names of classes and functions are what fabric-contract-api works with.
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
});
