import type { ChaincodeStub } from 'fabric-shim-api';
import {
  bytesToHex,
  collectionName,
  consortiumCollection,
  consortiumSlug,
  formatId,
  parseId,
  policyInForceKey,
  policyInForceValue,
  type PolicyPlace,
  type RecordId,
  sha256,
} from '@proofward/evidence';
import type { RoleHeader } from './roles';

/**
 * Whether `policy` is what is in force of an owner's for that scope and line; undefined is, where none is. The hash of a
 * private value is known to every peer, member or not, and who asks has read it at its version: a policy that is replaced
 * at the same time makes the transaction invalid.
 */
export async function isInForce(
  stub: ChaincodeStub,
  owner: RoleHeader | typeof consortiumSlug,
  place: PolicyPlace,
  policy: string | undefined,
): Promise<boolean> {
  const found = await inForceHash(stub, owner, place);
  if (policy === undefined) return found === undefined;
  return found === bytesToHex(sha256(policyInForceValue(stub.getChannelID(), policy)));
}

/** The newest epoch that has one counts: whoever could write an older one's could not make it forgotten. */
async function inForceHash(
  stub: ChaincodeStub,
  owner: RoleHeader | typeof consortiumSlug,
  place: PolicyPlace,
): Promise<string | undefined> {
  const collections =
    owner === consortiumSlug
      ? [consortiumCollection]
      : owner.epochs.map((_, index) => collectionName('operations', parseId(owner.id).org, index + 1)).reverse();
  for (const collection of collections) {
    const hash = await stub.getPrivateDataHash(collection, policyInForceKey(place));
    if (hash.length > 0) return bytesToHex(hash);
  }
  return undefined;
}

/** The collection's own policy is the value's: the owner and one other, or a majority. */
export async function putInForce(
  stub: ChaincodeStub,
  { collection }: { collection: string },
  place: PolicyPlace,
  policy: RecordId,
): Promise<void> {
  const value = policyInForceValue(stub.getChannelID(), formatId(policy));
  await stub.putPrivateData(collection, policyInForceKey(place), value);
}
