import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NetworkError } from '../errors.js';
import { run } from '../process/command.js';

export const binaryNames = ['peer', 'orderer', 'configtxgen', 'osnadmin'] as const;
export type BinaryName = (typeof binaryNames)[number];
export type Binaries = Record<BinaryName, string>;

export interface FabricRelease {
  binaries: Binaries;
  version: string;
  major: 2 | 3;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Fabric's release binaries from FABRIC_BIN or its folder bin/, or from PATH where that is not set. Undefined when one is
 * missing.
 */
export function findBinaries(environment: Environment = process.env): Binaries | undefined {
  const { peer, orderer, configtxgen, osnadmin } = search(environment);
  if (peer === undefined || orderer === undefined || configtxgen === undefined || osnadmin === undefined)
    return undefined;
  return { peer, orderer, configtxgen, osnadmin };
}

function search(environment: Environment): Partial<Binaries> {
  const folders = searched(environment);
  const found: Partial<Binaries> = {};
  for (const name of binaryNames) {
    const folder = folders.find((candidate) => isExecutable(join(candidate, name)));
    if (folder !== undefined) found[name] = join(folder, name);
  }
  return found;
}

export async function requireFabric(environment: Environment = process.env): Promise<FabricRelease> {
  const binaries = findBinaries(environment);
  if (binaries === undefined) {
    const found = search(environment);
    const missing = binaryNames.filter((name) => found[name] === undefined);
    throw new NetworkError(
      'BINARIES_MISSING',
      `looked for ${binaryNames.join(', ')} ${place(environment)} and found no executable ${missing.join(', ')}`,
      'put the official Hyperledger Fabric release binaries (3.1.x or 2.5.x) into a folder and set FABRIC_BIN to it',
    );
  }
  return { binaries, ...parseVersion(await versionOf(binaries.peer), binaries.peer) };
}

/** One that cannot be run at all is as far from a supported version as another release. */
async function versionOf(peer: string): Promise<string> {
  return run(peer, ['version'], { timeoutMs: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

export function parseVersion(output: string, peer: string): Omit<FabricRelease, 'binaries'> {
  const version = /^\s*Version:\s*v?(\d+\.\d+\.\d+\S*)/m.exec(output)?.[1];
  if (version?.startsWith('3.') === true) return { version, major: 3 };
  if (version?.startsWith('2.5.') === true) return { version, major: 2 };
  throw new NetworkError(
    'BINARIES_UNSUPPORTED',
    version === undefined ? `\`${peer} version\` names no version of Fabric` : `${peer} is Fabric ${version}`,
    'set FABRIC_BIN to the folder of Fabric 3.1.x or 2.5.x for this machine',
  );
}

function searched(environment: Environment): string[] {
  const own = environment['FABRIC_BIN'];
  // A release, unpacked, has them in bin/.
  if (own !== undefined && own !== '') return [own, join(own, 'bin')];
  return (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

function place(environment: Environment): string {
  const own = environment['FABRIC_BIN'];
  if (own === undefined || own === '') return `in the folders of PATH (${environment['PATH'] ?? ''})`;
  return existsSync(own) ? `in FABRIC_BIN=${own} and its bin/` : `in FABRIC_BIN=${own}, which does not exist,`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
