import type { ChaincodeStub } from 'fabric-shim-api';
import {
  type Consortium,
  consortiumCollection,
  type Header,
  type OrganizationRole,
  ProofwardError,
  roleId,
  standingIn,
} from '@proofward/evidence';
import { findRecord, type Found } from './records';

export type RoleHeader = Extract<Header, { type: 'role' }>;

/** A role record that was deleted is as good as none: it took a majority, which may apply it anew. */
export async function findRole(stub: ChaincodeStub, slug: string): Promise<Found<RoleHeader> | undefined> {
  const id = { ...roleId(slug), type: 'role' as const };
  const found = await findRecord(stub, id, [{ collection: consortiumCollection }]);
  return found === 'deleted' ? undefined : found;
}

/**
 * The role record of an organisation that is active in one of these roles.
 *
 * @throws ProofwardError UNKNOWN_ORGANIZATION
 */
export async function activeRole(
  stub: ChaincodeStub,
  slug: string,
  roles: readonly OrganizationRole[],
  pointer: string,
): Promise<RoleHeader> {
  const found = await findRole(stub, slug);
  if (found === undefined || !roles.includes(found.header.role) || found.header.status !== 'active') {
    throw new ProofwardError(
      'UNKNOWN_ORGANIZATION',
      `${slug} is not an active ${roles.join(' or ')} of the consortium`,
      { pointer },
    );
  }
  return found.header;
}

/** The consortium with the standing of its organisations by their role records, which votes change and the file does not. */
export async function withStanding(stub: ChaincodeStub, consortium: Consortium): Promise<Consortium> {
  const organizations: Consortium['organizations'] = [];
  for (const organization of consortium.organizations) {
    const found = await findRole(stub, organization.slug);
    organizations.push(found === undefined ? organization : { ...organization, status: standingIn(found.header) });
  }
  return { ...consortium, organizations };
}

/** The MSP ids of the other members of a provider's collections in an epoch, the current one by default. */
export function membersOf(provider: RoleHeader, epoch = provider.epochs.length): string[] {
  const members = provider.epochs[epoch - 1];
  if (members === undefined) throw new ProofwardError('INTERNAL', `${provider.id} has no epoch ${epoch}`);
  return members;
}
