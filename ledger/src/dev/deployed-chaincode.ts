import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chaincodeDefinitions } from '../config/definitions.js';
import type { ChaincodeConfig, ReadConfig } from '../config/schema.js';
import { DefinitionLog } from '../definition/definition-log.js';
import { isUpgrade } from '../definition/upgrade.js';
import { LedgerFault } from '../errors.js';

/** The file in a chaincode folder that Fabric's own samples keep their collections in. */
const COLLECTIONS = 'collections_config.json';

/** The configuration with the folder's chaincode in it, served at `endpoints`; an entry of that name keeps its terms. */
export function withChaincode(
  config: ReadConfig,
  name: string,
  folder: string,
  packageId: string,
  endpoints: Readonly<Record<string, string>>,
): ReadConfig {
  const others = config.chaincodes.filter((candidate) => candidate.name !== name);
  const given = config.chaincodes.find((candidate) => candidate.name === name);
  const served = { packageId, endpoints: { ...endpoints } };
  const entry: ChaincodeConfig = given === undefined ? inferred(config, name, folder, served) : { ...given, ...served };
  return { ...config, chaincodes: [...others, entry] };
}

/** Its collections may change while it is developed: that is an upgrade, and it gets the next sequence. */
function inferred(
  config: ReadConfig,
  name: string,
  folder: string,
  served: Pick<ChaincodeConfig, 'packageId' | 'endpoints'>,
): ChaincodeConfig {
  const collections = join(folder, COLLECTIONS);
  const agreed = DefinitionLog.open(config.data).latest().get(name);
  const entry: ChaincodeConfig = {
    name,
    version: agreed?.version ?? '1.0',
    sequence: agreed?.sequence ?? 1,
    ...served,
    ...(existsSync(collections) ? { collections } : {}),
  };
  const [wanted] = chaincodeDefinitions({ ...config, chaincodes: [entry] });
  try {
    if (wanted !== undefined) isUpgrade(agreed, wanted);
    return entry;
  } catch (cause) {
    if (!(cause instanceof LedgerFault)) throw cause;
    return { ...entry, sequence: entry.sequence + 1 };
  }
}
