import { z } from 'zod';
import { amendmentPrivateSchema } from './amendment.js';
import { attestationPrivateSchema } from './attestation.js';
import { datasetPrivateSchema } from './dataset.js';
import { deploymentPrivateSchema } from './deployment.js';
import { digestSchema } from './fields.js';
import { disclosurePrivateSchema, disclosureRequestPrivateSchema } from './disclosure.js';
import { disputePrivateSchema } from './dispute.js';
import { disputeStatementPrivateSchema } from './dispute-statement.js';
import { grantPrivateSchema } from './grant.js';
import { idSchema, type RecordType } from './id.js';
import { incidentPrivateSchema } from './incident.js';
import { modelPrivateSchema } from './model.js';
import { planPrivateSchema } from './plan.js';
import { responsePrivateSchema } from './response.js';
import { signOffPrivateSchema } from './sign-off.js';
import { earlierVersions, earlierVersionsOf, schemaVersionOf } from './versions.js';
import { waiverPrivateSchema } from './waiver.js';
import { releaseDecisionPrivateSchema } from './release-decision.js';

/** The types that have a private part, in the schema version in force. */
export const privateSchemas = {
  dataset: datasetPrivateSchema,
  grant: grantPrivateSchema,
  model: modelPrivateSchema,
  plan: planPrivateSchema,
  attestation: attestationPrivateSchema,
  response: responsePrivateSchema,
  incident: incidentPrivateSchema,
  dispute: disputePrivateSchema,
  'dispute-statement': disputeStatementPrivateSchema,
  amendment: amendmentPrivateSchema,
  'disclosure-request': disclosureRequestPrivateSchema,
  disclosure: disclosurePrivateSchema,
  'sign-off': signOffPrivateSchema,
  waiver: waiverPrivateSchema,
  'release-decision': releaseDecisionPrivateSchema,
  deployment: deploymentPrivateSchema,
} as const;
export type PrivateType = keyof typeof privateSchemas;
export const privateTypes = Object.keys(privateSchemas) as [PrivateType, ...PrivateType[]];

/** The fields of a private part, in any schema version. */
export type PrivateFields<T extends PrivateType> =
  | z.output<(typeof privateSchemas)[T]>
  | (T extends keyof typeof earlierVersions
      ? (typeof earlierVersions)[T] extends readonly { private: infer P extends z.ZodType }[]
        ? z.output<P>
        : never
      : never);

export function hasPrivatePart(type: RecordType): type is PrivateType {
  return Object.hasOwn(privateSchemas, type);
}

/** One field of a private record with its 32-byte salt (hex). */
export const saltedFieldSchema = z.strictObject({ salt: digestSchema, value: z.json() });
export type SaltedField = z.infer<typeof saltedFieldSchema>;

/** What a private part is in a schema version; undefined for one that is not known. */
export function privateSchemaOf(type: PrivateType, version: number): z.ZodObject | undefined {
  const earlier = earlierVersionsOf(type);
  return version === earlier.length + 1 ? privateSchemas[type] : earlier[version - 1]?.private;
}

/** The private record as it lies in its collection, under its commitment, in a schema version that is known. */
export const privateRecordSchema = z
  .strictObject({
    schema: z.int().min(1),
    type: z.enum(privateTypes),
    id: idSchema(...privateTypes),
    revision: z.int().min(1),
    fields: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/), saltedFieldSchema),
  })
  .refine(({ schema, type }) => schema <= schemaVersionOf(type), {
    path: ['schema'],
    error: 'of a schema version that is not known here',
    params: { code: 'SCHEMA_VERSION_DIFFERS' },
  });
export type PrivateRecord = z.infer<typeof privateRecordSchema>;

/** The fields' values without their salts. */
export function privateValues(record: PrivateRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record.fields).map(([name, { value }]) => [name, value]));
}
