import { type OrganizationRole, organizationRoles } from './consortium.js';
import type { RecordType } from './records/id.js';

/** The certificate attribute `role` of a person or a script, as its organisation's CA attests it. */
export const callerRoles = [
  'data-steward',
  'ml-engineer',
  'service',
  'qa',
  'clinical-safety',
  'auditor',
  'inspector',
  'reader',
  'admin',
] as const;
export type CallerRole = (typeof callerRoles)[number];

export function isCallerRole(role: unknown): role is CallerRole {
  return (callerRoles as readonly unknown[]).includes(role);
}

/** Who writes which record: the organisation's role in the consortium and the caller's role in the organisation. */
export const writers: Record<
  RecordType,
  { organization: OrganizationRole | 'any' | readonly OrganizationRole[]; callers: readonly CallerRole[] }
> = {
  dataset: { organization: 'provider', callers: ['data-steward', 'service'] },
  model: { organization: 'provider', callers: ['ml-engineer', 'service'] },
  grant: { organization: 'provider', callers: ['data-steward'] },
  plan: { organization: 'auditor', callers: ['auditor'] },
  attestation: { organization: 'auditor', callers: ['auditor'] },
  policy: { organization: 'provider', callers: ['qa', 'clinical-safety'] },
  response: { organization: 'provider', callers: ['data-steward', 'ml-engineer', 'qa', 'clinical-safety'] },
  incident: {
    organization: ['provider', 'auditor', 'regulator'],
    callers: ['qa', 'clinical-safety', 'service', 'auditor', 'inspector'],
  },
  dispute: { organization: 'any', callers: ['qa', 'clinical-safety', 'auditor', 'inspector'] },
  'dispute-statement': { organization: ['auditor', 'regulator'], callers: ['auditor', 'inspector'] },
  // And he must be one who writes records of the type that he amends.
  amendment: {
    organization: 'any',
    callers: ['data-steward', 'ml-engineer', 'service', 'qa', 'clinical-safety', 'auditor', 'inspector'],
  },
  'disclosure-request': { organization: ['auditor', 'regulator'], callers: ['auditor', 'inspector'] },
  disclosure: {
    organization: 'any',
    callers: ['data-steward', 'ml-engineer', 'qa', 'clinical-safety', 'auditor', 'inspector'],
  },
  'sign-off': { organization: 'provider', callers: ['qa', 'clinical-safety'] },
  waiver: { organization: 'provider', callers: ['qa', 'clinical-safety'] },
  'release-decision': { organization: 'provider', callers: ['ml-engineer', 'qa', 'service'] },
  deployment: { organization: 'provider', callers: ['ml-engineer', 'service'] },
  batch: { organization: 'provider', callers: ['service'] },
  proposal: { organization: 'any', callers: ['admin'] },
  vote: { organization: 'any', callers: ['admin'] },
  setting: { organization: 'any', callers: ['admin'] },
  role: { organization: 'any', callers: ['admin'] },
};

/** The roles of the organisations that write records of a type. */
export function writingOrganizations(type: RecordType): readonly OrganizationRole[] {
  const { organization } = writers[type];
  if (organization === 'any') return organizationRoles;
  return typeof organization === 'string' ? [organization] : organization;
}

/** Who of a site stops its deployments and rolls them back: whoever is not there only to look. */
export const stoppers: readonly CallerRole[] = callerRoles.filter(
  (role) => !['auditor', 'inspector', 'reader'].includes(role),
);

/** Who of a member organisation may read private records. Administrators run the network; they do not read records. */
export const privateReaders: readonly CallerRole[] = callerRoles.filter((role) => role !== 'admin');

/** Who of an organisation may ask its gateway who has read what: those who run it, and those who look into things. */
export const accessLogReaders: readonly CallerRole[] = ['admin', 'auditor', 'inspector'];
