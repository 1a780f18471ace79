import { z } from 'zod';

/**
 * Who takes part: the public part of org-configs, as chaincode and gateways see it.
 *
 * The file in this form is part of the chaincode package, so the majority that approves a chaincode definition approves
 * these roles with it, and an honest peer endorses a role record only if it says the same.
 */

/**
 * The name of an organisation in ids, collections and paths. No dots: Fabric allows none in collection names. Not ending
 * like an epoch: `audits-clinic-e2` would be the collection of `clinic-e2` and the second one of `clinic`.
 */
export const slugPattern = /^(?!.*-e\d+$)[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
export const slugSchema = z.string().regex(slugPattern, 'not a slug');

/** An MSP id as it may stand in a policy expression. */
export const mspIdSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/, 'not an MSP id');

/** In ids of what belongs to all, the place of an organisation. No organisation has this slug. */
export const consortiumSlug = 'consortium';

export const organizationRoles = ['provider', 'auditor', 'regulator'] as const;
export type OrganizationRole = (typeof organizationRoles)[number];

/** The members of a provider's collections, in the order in which they are preferred as endorsers. */
export const epochSchema = z.strictObject({ auditors: z.array(slugSchema), regulators: z.array(slugSchema) });

export const organizationSchema = z.strictObject({
  slug: slugSchema,
  mspId: mspIdSchema,
  role: z.enum(organizationRoles),
  status: z.enum(['active', 'suspended']).default('active'),
  /**
   * The members of a provider's collections beside itself, one entry an epoch, the last one in force. A new member gets a
   * new epoch, because Fabric hands a collection's whole past to whoever is added to it.
   */
  epochs: z.array(epochSchema).default([]),
});
export type Organization = z.infer<typeof organizationSchema>;

export const consortiumSchema = z
  .strictObject({
    channel: z.string().regex(/^[a-z][a-z0-9.-]{0,248}$/, 'not a channel name'),
    verdictVisibility: z.enum(['members', 'public']).default('members'),
    organizations: z.array(organizationSchema).min(3),
  })
  .superRefine((consortium, context) => {
    const issue = (index: number, message: string) => {
      context.addIssue({ code: 'custom', path: ['organizations', index], message });
    };
    const bySlug = new Map(consortium.organizations.map((organization) => [organization.slug, organization]));
    const mspIds = new Set<string>();
    consortium.organizations.forEach((organization, index) => {
      if (bySlug.get(organization.slug) !== organization) issue(index, `slug ${organization.slug} is used twice`);
      if (organization.slug === consortiumSlug) issue(index, `${consortiumSlug} is the name of all`);
      if (mspIds.has(organization.mspId)) issue(index, `MSP id ${organization.mspId} is used twice`);
      mspIds.add(organization.mspId);
      if (organization.role !== 'provider') {
        if (organization.epochs.length > 0) issue(index, 'only a provider has collections, so only it has epochs');
        return;
      }
      if (organization.epochs.length === 0) issue(index, 'a provider needs at least one epoch of collection members');
      for (const { auditors, regulators } of organization.epochs) {
        for (const [slugs, role] of [
          [auditors, 'auditor'],
          [regulators, 'regulator'],
        ] as const) {
          for (const slug of slugs) {
            if (bySlug.get(slug)?.role !== role)
              issue(index, `member ${slug} is not an organisation with the role ${role}`);
          }
        }
        const members = [...auditors, ...regulators];
        if (new Set(members).size !== members.length) issue(index, 'a member is named twice');
        // An attestation needs two members that are not the provider, so that nobody can veto his own bad audit.
        if (members.length < 2)
          issue(index, 'fewer than two members beside the provider: nobody could endorse its audits');
      }
    });
  });
export type Consortium = z.infer<typeof consortiumSchema>;

/** The organisation with that slug, if the consortium has it. */
export function organizationBySlug(consortium: Consortium, slug: string): Organization | undefined {
  return consortium.organizations.find((organization) => organization.slug === slug);
}

/** The organisation with that MSP id, if the consortium has it. */
export function organizationByMspId(consortium: Consortium, mspId: string): Organization | undefined {
  return consortium.organizations.find((organization) => organization.mspId === mspId);
}

/**
 * MSP ids of the members of a provider's collections beside the provider itself, in the order of preference: auditors
 * first, regulators last, since a supervisor is nobody's operational dependency. `epoch` counts from 1.
 */
export function otherMembers(consortium: Consortium, provider: Organization, epoch: number): string[] {
  const members = provider.epochs[epoch - 1];
  if (members === undefined) throw new Error(`${provider.slug} has no epoch ${epoch}`);
  return [...members.auditors, ...members.regulators].map((slug) => {
    const organization = organizationBySlug(consortium, slug);
    if (organization === undefined) throw new Error(`no organisation ${slug}`);
    return organization.mspId;
  });
}
