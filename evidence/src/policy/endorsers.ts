import { type Consortium, organizationBySlug, type Organization, otherMembers } from '../consortium.js';
import { ProofwardError } from '../errors.js';
import type { RecordId } from '../records/id.js';
import { majorityOf } from './expression.js';

/** The two sides of a key policy AND(author, 1 of others), in order of preference. All values are MSP ids. */
export interface Parties {
  author: string;
  others: string[];
}

/**
 * Who must endorse a dataset or model version of `provider`: the provider and one other member of its collections.
 */
export function providerParties(consortium: Consortium, provider: Organization, epoch: number): Parties {
  return { author: provider.mspId, others: otherMembers(consortium, provider, epoch) };
}

/**
 * Who must endorse an attestation by `author` on a subject of `provider`: the author and one other member. The provider
 * does not count, so nobody can veto his own bad audit.
 *
 * @throws ProofwardError SELF_ATTESTATION, NOT_A_MEMBER
 */
export function attestationParties(
  consortium: Consortium,
  author: Organization,
  provider: Organization,
  epoch: number,
): Parties {
  return attestationPartiesOf(author.mspId, provider.mspId, otherMembers(consortium, provider, epoch));
}

/** The same from MSP ids alone: the author's, the provider's, and the other members of the provider's collections. */
export function attestationPartiesOf(author: string, provider: string, members: readonly string[]): Parties {
  if (author === provider) {
    throw new ProofwardError('SELF_ATTESTATION', 'the author owns the subject', { pointer: '/subject' });
  }
  if (!members.includes(author)) {
    throw new ProofwardError('NOT_A_MEMBER', `${author} is not a member of the collections of ${provider}`);
  }
  return { author, others: members.filter((mspId) => mspId !== author) };
}

/** The sets of organisations that can endorse for these parties, in the order in which to try them. */
export function endorserSets({ author, others }: Parties): string[][] {
  return others.map((other) => [author, other]);
}

/**
 * Majorities that include `author`, in the order in which to try them: each other organisation is left out of at least
 * one of them, so a single one that does not answer does not stop a role record.
 */
export function majoritySets(consortium: Consortium, author: string): string[][] {
  const others = consortium.organizations.map(({ mspId }) => mspId).filter((mspId) => mspId !== author);
  const wanted = majorityOf(consortium.organizations.length) - 1;
  return others.map((_, start) => [
    author,
    ...others.map((__, i) => others[(start + i) % others.length] ?? author).slice(0, wanted),
  ]);
}

/**
 * The active organisation that an id names.
 *
 * @throws ProofwardError UNKNOWN_ORGANIZATION
 */
export function ownerOf(consortium: Consortium, id: RecordId, pointer?: string): Organization {
  const organization = organizationBySlug(consortium, id.org);
  if (organization === undefined) {
    throw new ProofwardError('UNKNOWN_ORGANIZATION', `the consortium has no organisation ${id.org}`, { pointer });
  }
  return organization;
}
