import { mspIdSchema, organizationRoles, slugSchema } from '@proofward/evidence';
import { z } from 'zod';

/** The attribute `role` of an X.509 identity: what its holder may do in its organisation. */
export const identityRoles = [
  'data-steward',
  'ml-engineer',
  'service',
  'auditor',
  'qa',
  'clinical-safety',
  'inspector',
  'reader',
  'oracle',
  'admin',
] as const;
export type IdentityRole = (typeof identityRoles)[number];

/** The ports of one network lie in one range, and below the range that systems hand out to clients by themselves. */
export const basePortSchema = z.number().int().min(1024).max(32000);

export const maximumPeers = 8;
export const maximumOrderingNodes = 9;

/** consortium.yaml, or another file of its form. */
export const consortiumDocumentSchema = z.strictObject({
  channel: z.string().min(1),
  verdictVisibility: z.enum(['members', 'public']).default('members'),
  chaincode: z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'not a chaincode name'),
    version: z.string().regex(/^[A-Za-z0-9_.+-]+$/, 'not a chaincode version'),
  }),
  ordering: z.strictObject({
    mspId: mspIdSchema,
    nodes: z.number().int().min(1).max(maximumOrderingNodes).default(1),
    batchTimeoutMs: z.number().int().min(1).max(60_000),
    maxMessageCount: z.number().int().min(1).max(10_000),
    preferredMaxBytes: z.number().int().min(1024).max(10_485_760),
  }),
  basePort: basePortSchema,
  organizations: z.array(slugSchema).min(3),
});
export type ConsortiumDocument = z.infer<typeof consortiumDocumentSchema>;

/** organizations/<slug>.yaml */
export const organizationDocumentSchema = z.strictObject({
  slug: slugSchema,
  mspId: mspIdSchema,
  name: z.string().min(1).max(100),
  role: z.enum(organizationRoles),
  status: z.enum(['active', 'suspended']).default('active'),
  epochs: z.array(z.strictObject({ auditors: z.array(slugSchema), regulators: z.array(slugSchema) })).default([]),
  peers: z.number().int().min(1).max(maximumPeers).default(1),
  identities: z
    .array(z.enum(identityRoles))
    .refine((roles) => roles.includes('admin'), 'admin is missing: nobody could approve a chaincode for it')
    .refine((roles) => new Set(roles).size === roles.length, 'an identity is named twice'),
});
export type OrganizationDocument = z.infer<typeof organizationDocumentSchema>;
