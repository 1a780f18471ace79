import { collectionName, type ProviderCollection, parseId } from '@proofward/evidence';
import type { MarkPlace } from '../state/records';
import { membersOf, type RoleHeader } from '../state/roles';
import type { Home } from './record-contract';

/** Where the marks of a provider's own records lie: in one kind of its collections, of the epoch that the header names. */
export function providerMarks(kind: ProviderCollection, owner: RoleHeader): MarkPlace[] {
  return owner.epochs.map((_, index) => {
    const epoch = index + 1;
    return { collection: collectionName(kind, parseId(owner.id).org, epoch), author: owner.mspId, epoch };
  });
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
