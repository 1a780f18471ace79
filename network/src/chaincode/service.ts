import { NetworkError } from '../errors.js';
import { isListening } from '../process/port.js';
import type { ProcessPlan } from '../process/supervisor.js';
import type { StateLayout } from '../state/layout.js';
import { chaincodeProcessName, type NetworkOrganization } from '../topology/topology.js';

/** In place of the packaged chaincode: what an organisation that does not keep to the agreement would run. */
export interface ChaincodeOverride {
  bundle: string;
  environment?: Record<string, string>;
}
/** By the slug of the organisation that runs it. */
export type ChaincodeOverrides = Readonly<Record<string, ChaincodeOverride>>;

/** One chaincode process an organisation: nobody executes on another's behalf. */
export function planChaincode(
  { slug, mspId, chaincodePort }: NetworkOrganization,
  layout: StateLayout,
  packageId: string,
  { bundle, environment }: ChaincodeOverride,
): ProcessPlan {
  return {
    name: chaincodeProcessName(slug),
    command: [process.execPath, bundle],
    environment: {
      CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${chaincodePort}`,
      CHAINCODE_ID: packageId,
      // The shim would write a line for every transaction.
      CORE_CHAINCODE_LOGGING_LEVEL: 'warn',
      CORE_PEER_LOCALMSPID: mspId,
      PROOFWARD_CONSORTIUM: layout.consortium,
      ...environment,
    },
    ports: [chaincodePort],
    kept: true,
    timeoutMs: 30_000,
    isReady: () => isListening(chaincodePort),
  };
}

export function assertOverridesKnown(overrides: ChaincodeOverrides, slugs: readonly string[]): void {
  const stranger = Object.keys(overrides).find((slug) => !slugs.includes(slug));
  if (stranger !== undefined)
    throw new NetworkError('PROCESS_UNKNOWN', `no organisation ${stranger} to run a chaincode`);
}
