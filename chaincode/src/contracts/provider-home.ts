import { collectionName, type ProviderCollection, parseId } from '@proofward/evidence';
import { membersOf, type RoleHeader } from '../state/roles';
import type { Home } from './record-contract';

/** The names of one kind of a provider's collections, of all epochs. */
export function collectionsOf(kind: ProviderCollection, owner: RoleHeader): string[] {
  return owner.epochs.map((_, index) => collectionName(kind, parseId(owner.id).org, index + 1));
}

/** A provider's own record: its mark is protected by the collection's policy, AND(provider, 1 of the others). */
export function providerHome(kind: ProviderCollection, owner: RoleHeader, epoch = owner.epochs.length): Home {
  const collection = collectionName(kind, parseId(owner.id).org, epoch);
  return {
    provider: owner,
    epoch,
    collection,
    parties: { author: owner.mspId, others: membersOf(owner, epoch) },
    markCollection: collection,
    markPolicy: undefined,
  };
}
