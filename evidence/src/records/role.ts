import { z } from 'zod';
import { type Consortium, mspIdSchema, type Organization, organizationRoles, otherMembers } from '../consortium.js';
import { idSchema, type RecordId } from './id.js';

/** A role record is public as a whole: which organisation is what, and who holds a provider's private records. */
export const rolePublicSchema = z.strictObject({
  mspId: mspIdSchema,
  role: z.enum(organizationRoles),
  /** For each epoch of a provider's collections the MSP ids of the other members, in the order of preference. */
  epochs: z.array(z.array(mspIdSchema)),
  /** The proposal whose votes decided on its state, which is then not the consortium file's any more. */
  proposal: idSchema('proposal').optional(),
});
export type RolePublic = z.infer<typeof rolePublicSchema>;

export function roleId(slug: string): RecordId {
  return { type: 'role', org: slug, name: 'membership', version: '1' };
}

/** The public fields of an organisation's role record. */
export function rolePublic(consortium: Consortium, organization: Organization): RolePublic {
  const { mspId, role, epochs } = organization;
  return { mspId, role, epochs: epochs.map((_, index) => otherMembers(consortium, organization, index + 1)) };
}

/** An organisation's standing as its role record has it. */
export function standingIn({ status }: { status: string }): Organization['status'] {
  return status === 'active' ? 'active' : 'suspended';
}
