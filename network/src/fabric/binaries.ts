import { accessSync, constants, statSync } from 'node:fs';
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

/** Fabric's release binaries from FABRIC_BIN, or from PATH where that is not set. Undefined when one is missing. */
export function findBinaries(environment: Environment = process.env): Binaries | undefined {
  const folders = searched(environment);
  const found: Partial<Binaries> = {};
  for (const name of binaryNames) {
    const folder = folders.find((candidate) => isExecutable(join(candidate, name)));
    if (folder === undefined) return undefined;
    found[name] = join(folder, name);
  }
  const { peer, orderer, configtxgen, osnadmin } = found;
  if (peer === undefined || orderer === undefined || configtxgen === undefined || osnadmin === undefined)
    return undefined;
  return { peer, orderer, configtxgen, osnadmin };
}

export async function requireFabric(environment: Environment = process.env): Promise<FabricRelease> {
  const binaries = findBinaries(environment);
  if (binaries === undefined) {
    const place = environment['FABRIC_BIN'] === undefined ? 'on PATH' : `in FABRIC_BIN=${environment['FABRIC_BIN']}`;
    throw new NetworkError(
      'BINARIES_MISSING',
      `looked for ${binaryNames.join(', ')} ${place} and did not find them all`,
      'put the official Hyperledger Fabric release binaries (3.1.x or 2.5.x) into a folder and set FABRIC_BIN to it',
    );
  }
  const { stdout } = await run(binaries.peer, ['version']);
  return { binaries, ...parseVersion(stdout, binaries.peer) };
}

export function parseVersion(output: string, peer: string): Omit<FabricRelease, 'binaries'> {
  const version = /^\s*Version:\s*v?(\d+\.\d+\.\d+\S*)/m.exec(output)?.[1];
  if (version?.startsWith('3.') === true) return { version, major: 3 };
  if (version?.startsWith('2.5.') === true) return { version, major: 2 };
  throw new NetworkError(
    'BINARIES_UNSUPPORTED',
    `${peer} is Fabric ${version ?? 'of an unknown version'}`,
    'set FABRIC_BIN to binaries of Fabric 3.x or 2.5.x',
  );
}

function searched(environment: Environment): string[] {
  const own = environment['FABRIC_BIN'];
  // The release's own folder will do as well as the bin/ in it.
  if (own !== undefined && own !== '') return [own, join(own, 'bin')];
  return (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
