import { z } from 'zod';
import { sha256 } from '../bytes.js';
import { canonicalBytes, type Json } from '../canonical.js';
import { amendmentPublicSchema } from './amendment.js';
import { attestationPublicSchema } from './attestation.js';
import { batchPublicSchema } from './batch.js';
import { datasetPublicSchema } from './dataset.js';
import { deploymentIntervalShape, deploymentPublicSchema } from './deployment.js';
import { disclosurePublicSchema, disclosureRequestPublicSchema } from './disclosure.js';
import { disputePublicSchema, rulingSchema } from './dispute.js';
import { disputeStatementPublicSchema } from './dispute-statement.js';
import { frameOf, placedFields, privatePartFields } from './frame.js';
import { grantPublicSchema } from './grant.js';
import { type RecordType, recordTypes } from './id.js';
import { incidentPublicSchema } from './incident.js';
import { modelPublicSchema } from './model.js';
import { planPublicSchema } from './plan.js';
import { policyPublicSchema } from './policy.js';
import { proposalPublicSchema } from './proposal.js';
import { hasPrivatePart, type PrivateType } from './private.js';
import { responsePublicSchema } from './response.js';
import { releaseDecisionPublicSchema } from './release-decision.js';
import { rolePublicSchema } from './role.js';
import { settingPublicSchema } from './setting.js';
import { signOffAddedShape, signOffPublicSchema } from './sign-off.js';
import { earlierVersions, earlierVersionsOf, schemaVersionOf } from './versions.js';
import { votePublicSchema } from './vote.js';
import { waiverPublicSchema } from './waiver.js';

/** The type-specific public fields, as a request gives them. */
export const publicSchemas = {
  dataset: datasetPublicSchema,
  grant: grantPublicSchema,
  model: modelPublicSchema,
  plan: planPublicSchema,
  attestation: attestationPublicSchema,
  policy: policyPublicSchema,
  response: responsePublicSchema,
  incident: incidentPublicSchema,
  dispute: disputePublicSchema,
  'dispute-statement': disputeStatementPublicSchema,
  amendment: amendmentPublicSchema,
  'disclosure-request': disclosureRequestPublicSchema,
  disclosure: disclosurePublicSchema,
  'sign-off': signOffPublicSchema,
  waiver: waiverPublicSchema,
  'release-decision': releaseDecisionPublicSchema,
  deployment: deploymentPublicSchema,
  batch: batchPublicSchema,
  proposal: proposalPublicSchema,
  vote: votePublicSchema,
  setting: settingPublicSchema,
  role: rolePublicSchema,
} as const;

function commonFields<T extends RecordType>(type: T) {
  return frameOf(type, schemaVersionOf(type));
}

/** The public header of each type in the schema version in force: these fields and no others stand in channel state. */
export const headerSchemas = {
  dataset: z.strictObject({ ...commonFields('dataset'), ...privatePartFields, ...datasetPublicSchema.shape }),
  grant: z.strictObject({ ...commonFields('grant'), ...privatePartFields, ...grantPublicSchema.shape }),
  model: z.strictObject({ ...commonFields('model'), ...privatePartFields, ...modelPublicSchema.shape }),
  plan: z.strictObject({ ...commonFields('plan'), ...privatePartFields, ...planPublicSchema.shape }),
  attestation: z.strictObject({
    ...commonFields('attestation'),
    ...privatePartFields,
    ...attestationPublicSchema.shape,
  }),
  policy: z.strictObject({ ...commonFields('policy'), ...placedFields, ...policyPublicSchema.shape }),
  response: z.strictObject({ ...commonFields('response'), ...privatePartFields, ...responsePublicSchema.shape }),
  incident: z.strictObject({ ...commonFields('incident'), ...privatePartFields, ...incidentPublicSchema.shape }),
  dispute: z.strictObject({
    ...commonFields('dispute'),
    ...privatePartFields,
    ...disputePublicSchema.shape,
    /** As they came; they lie with those who made them, too. */
    rulings: z.array(rulingSchema).min(1).max(256).optional(),
  }),
  'dispute-statement': z.strictObject({
    ...commonFields('dispute-statement'),
    ...privatePartFields,
    ...disputeStatementPublicSchema.shape,
  }),
  amendment: z.strictObject({ ...commonFields('amendment'), ...privatePartFields, ...amendmentPublicSchema.shape }),
  'disclosure-request': z.strictObject({
    ...commonFields('disclosure-request'),
    ...privatePartFields,
    ...disclosureRequestPublicSchema.shape,
  }),
  disclosure: z.strictObject({
    ...commonFields('disclosure'),
    ...privatePartFields,
    ...disclosurePublicSchema.shape,
  }),
  'sign-off': z.strictObject({
    ...commonFields('sign-off'),
    ...privatePartFields,
    ...signOffPublicSchema.shape,
    ...signOffAddedShape,
  }),
  waiver: z.strictObject({ ...commonFields('waiver'), ...privatePartFields, ...waiverPublicSchema.shape }),
  'release-decision': z.strictObject({
    ...commonFields('release-decision'),
    ...privatePartFields,
    ...releaseDecisionPublicSchema.shape,
  }),
  deployment: z.strictObject({
    ...commonFields('deployment'),
    ...privatePartFields,
    ...deploymentPublicSchema.shape,
    ...deploymentIntervalShape,
  }),
  batch: z.strictObject({ ...commonFields('batch'), ...placedFields, ...batchPublicSchema.shape }),
  proposal: z.strictObject({ ...commonFields('proposal'), ...placedFields, ...proposalPublicSchema.shape }),
  vote: z.strictObject({ ...commonFields('vote'), ...placedFields, ...votePublicSchema.shape }),
  setting: z.strictObject({ ...commonFields('setting'), ...placedFields, ...settingPublicSchema.shape }),
  role: z.strictObject({ ...commonFields('role'), ...rolePublicSchema.shape }),
} as const;

/** What an author gives of a record's header, in any schema version. */
export type PublicFields<T extends RecordType> =
  | z.output<(typeof publicSchemas)[T]>
  | (T extends keyof typeof earlierVersions
      ? (typeof earlierVersions)[T] extends readonly { public: infer P extends z.ZodType }[]
        ? z.output<P>
        : never
      : never);

type EarlierHeader<T extends RecordType> = T extends keyof typeof earlierVersions
  ? (typeof earlierVersions)[T] extends readonly { header: infer H extends z.ZodType }[]
    ? z.output<H>
    : never
  : never;
export type Header = {
  [T in RecordType]: z.output<(typeof headerSchemas)[T]> | EarlierHeader<T>;
}[RecordType];

/** A header of any type and of any schema version that this release knows. */
export const headerSchema = z.discriminatedUnion(
  'type',
  recordTypes.map((type) => {
    const inForce: z.ZodObject = headerSchemas[type];
    const earlier = earlierVersionsOf(type).map(({ header }) => header);
    return earlier.length === 0 ? inForce : z.discriminatedUnion('schema', [inForce, ...earlier]);
  }) as unknown as [z.ZodObject],
) as unknown as z.ZodType<Header>;
export type HeaderOf<T extends RecordType> = Extract<Header, { type: T }>;

/** Whether a header has a commitment to a private part. */
export function isPrivateHeader(header: Header): header is HeaderOf<PrivateType> {
  return hasPrivatePart(header.type);
}

/** The members of every header that a later revision may change. */
const changeableMembers = ['status', 'revision', 'recordedAt', 'effectiveAt', 'late'];

/** Those of one type. A role's change with the consortium, by its majority; who the record is about does not. */
const changeableOfType: Partial<Record<RecordType, readonly string[]>> = {
  role: ['mspId', 'role', 'epochs', 'proposal'],
  setting: ['value', 'proposal'],
  deployment: ['to', 'returnedTo', 'flags'],
  dispute: ['rulings'],
};

/** The members that headers of a type have, in any schema version. */
export function headerMembersOf(type: RecordType): string[] {
  const versions = [headerSchemas[type], ...earlierVersionsOf(type).map(({ header }) => header)];
  return [...new Set(versions.flatMap(({ shape }) => Object.keys(shape)))];
}

/** What an author gives of a record's header, in a schema version; undefined for one that is not known. */
export function publicSchemaOf(type: RecordType, version: number): z.ZodObject | undefined {
  const earlier = earlierVersionsOf(type);
  return version === earlier.length + 1 ? publicSchemas[type] : earlier[version - 1]?.public;
}

/**
 * The members of a header that a later revision may change; all others are under the mark. For all schema versions of a type,
 * so a name is only ever added here, and a new version gives none to what an earlier one has under the mark.
 */
export function changeableOf(type: RecordType): string[] {
  return [...changeableMembers, ...(changeableOfType[type] ?? [])];
}

/** The bytes of a header in channel state: its canonical JSON. */
export function headerBytes(header: Header): Uint8Array {
  return canonicalBytes(header);
}

/**
 * The value of a record's mark: SHA-256 (32 bytes) over the canonical JSON
 * `["proofward/mark/v1", channel, unchangeable part of the header]`.
 */
export function markValue(channel: string, header: Header): Uint8Array {
  const changeable = new Set(changeableOf(header.type));
  const unchangeable: Record<string, Json> = {};
  const members = header as unknown as Record<string, Json>;
  // In the order of the canonical form, which is quicker to write then.
  for (const member of Object.keys(members).sort()) {
    const value = members[member];
    if (value !== undefined && !changeable.has(member)) unchangeable[member] = value;
  }
  return sha256(canonicalBytes(['proofward/mark/v1', channel, unchangeable]));
}

/** What the header's ledger key holds of the mark: the hash that every peer knows of a private value. */
export function markHash(mark: Uint8Array): Uint8Array {
  return sha256(mark);
}
