import type { ChaincodeDefinition } from '../definition/chaincode.js';
import { readCollections } from '../definition/collection.js';
import { LedgerFault, messageOf } from '../errors.js';
import { DEFAULT_ENDORSEMENT, type EndorsementPolicy, signaturePolicy } from '../policy/application-policy.js';
import { parsePolicy } from '../policy/syntax.js';
import type { ResolvedConfig } from './schema.js';

export function chaincodeDefinitions(config: ResolvedConfig): ChaincodeDefinition[] {
  return config.chaincodes.map((chaincode) => ({
    name: chaincode.name,
    version: chaincode.version,
    sequence: chaincode.sequence,
    packageId: chaincode.packageId,
    endpoints: new Map(Object.entries(chaincode.endpoints)),
    endorsement: endorsementOf(chaincode.name, chaincode.endorsementPolicy),
    collections: chaincode.collections === undefined ? [] : readCollections(chaincode.collections),
  }));
}

function endorsementOf(chaincode: string, policy: string | undefined): EndorsementPolicy {
  if (policy === undefined) return DEFAULT_ENDORSEMENT;
  if (policy.startsWith('/')) return { kind: 'channel', reference: policy };
  try {
    return signaturePolicy(parsePolicy(policy));
  } catch (cause) {
    throw new LedgerFault(
      'CONFIG_INVALID',
      `the endorsement policy of ${chaincode}: ${messageOf(cause)}`,
      "write it as Fabric does: OutOf(2,'Org1MSP.peer','Org2MSP.peer')",
      { cause },
    );
  }
}
