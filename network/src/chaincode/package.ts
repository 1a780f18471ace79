import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chaincodePackage } from '@proofward/chaincode';
import { NetworkError } from '../errors.js';
import { writeWhole } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';

/** The chaincode as every organisation runs it, unless it is told to run another. */
export const chaincodeBundle = resolve(import.meta.dirname, '../../../chaincode/dist/bundle/chaincode.cjs');

export interface PackagedChaincode {
  packageId: string;
  file: string;
}

/**
 * Packs what the organisations approve: the digest of the bundle and who takes part. The id is computed before anything
 * is installed, so the chaincode can be started with it.
 */
export async function packageChaincode(layout: StateLayout, bundle: string): Promise<PackagedChaincode> {
  const { packageId, tarGz } = await chaincodePackage(await readBundle(bundle), await readFile(layout.consortium));
  const file = join(layout.packages, `${packageId.replaceAll(':', '-')}.tar.gz`);
  await writeWhole(file, tarGz);
  return { packageId, file };
}

/** The package id that bundle and consortium would have. */
export async function identifyChaincode(bundle: string, consortiumJson: string): Promise<string> {
  const { packageId } = await chaincodePackage(await readBundle(bundle), Buffer.from(consortiumJson, 'utf8'));
  return packageId;
}

async function readBundle(bundle: string): Promise<Uint8Array> {
  return readFile(bundle).catch((cause: unknown) => {
    throw new NetworkError('CHAINCODE_MISSING', `no chaincode bundle at ${bundle}`, 'run `npm run build`', { cause });
  });
}
