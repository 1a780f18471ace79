import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateLayout } from './layout.js';

/** What a network puts into its state folder; the folder may be one that holds other things too. */
const made = [
  'consortium.json',
  'collections_config.json',
  'network.json',
  'definition.json',
  'ledger.yaml',
  'crypto',
  'data',
  'disabled',
  'fabric',
  'logs',
  'packages',
  'run',
];

/** Removes the state; the lock stays, for it is held while this happens. */
export async function forget(layout: StateLayout): Promise<void> {
  const names = await readdir(layout.root);
  for (const name of names.filter((candidate) => made.includes(candidate.replace(/\.unfinished-.*$/, '')))) {
    await rm(join(layout.root, name), { recursive: true, force: true });
  }
}
