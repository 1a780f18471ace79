import type { ChaincodeDefinition } from '../definition/chaincode.js';
import { type Collection, readCollections } from '../definition/collection.js';
import { reasonAgainstCollections } from '../definition/collection-rules.js';
import { LedgerFault, messageOf } from '../errors.js';
import { DEFAULT_ENDORSEMENT, type EndorsementPolicy, signaturePolicy } from '../policy/application-policy.js';
import { parsePolicy } from '../policy/syntax.js';
import type { ChaincodeConfig } from './schema.js';

/** The chaincodes that a configuration asks for, and the organisations that their policies may name. */
export interface ChaincodeTerms {
  readonly organizations: readonly { readonly mspId: string }[];
  readonly orderer: { readonly mspId: string };
  readonly chaincodes: readonly ChaincodeConfig[];
}

export function chaincodeDefinitions(config: ChaincodeTerms): ChaincodeDefinition[] {
  const mspIds = [...config.organizations.map(({ mspId }) => mspId), config.orderer.mspId];
  return config.chaincodes.map((chaincode, i) => ({
    name: chaincode.name,
    version: chaincode.version,
    sequence: chaincode.sequence,
    packageId: chaincode.packageId,
    endpoints: new Map(Object.entries(chaincode.endpoints)),
    endorsement: endorsementOf(`chaincodes.${i}.endorsementPolicy`, chaincode.endorsementPolicy),
    collections: collectionsOf(chaincode.collections, mspIds),
  }));
}

function collectionsOf(file: string | undefined, mspIds: readonly string[]): Collection[] {
  if (file === undefined) return [];
  const collections = readCollections(file);
  const reason = reasonAgainstCollections(collections, mspIds);
  if (reason === undefined) return collections;
  throw new LedgerFault('CONFIG_INVALID', `${file}: ${reason}`, 'correct it');
}

function endorsementOf(path: string, policy: string | undefined): EndorsementPolicy {
  if (policy === undefined) return DEFAULT_ENDORSEMENT;
  if (policy.startsWith('/')) return { kind: 'channel', reference: policy };
  try {
    return signaturePolicy(parsePolicy(policy));
  } catch (cause) {
    throw new LedgerFault(
      'CONFIG_INVALID',
      `${path}: ${messageOf(cause)}`,
      "write it as Fabric does: OutOf(2,'Org1MSP.peer','Org2MSP.peer')",
      { cause },
    );
  }
}
