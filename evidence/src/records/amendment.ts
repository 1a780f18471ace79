import { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import { ProofwardError } from '../errors.js';
import { textSchema } from './fields.js';
import { formatId, idSchema, parseId, type RecordType, recordTypes } from './id.js';
import { fieldNameSchema } from './presentation.js';
import type { PrivateType, privateSchemas } from './private.js';

/**
 * Which private fields of a record may be amended: those that describe it in words or say where something is, and on which
 * nothing else rests. Not what chaincode has computed or compared (evidence, verdicts, criteria, terms of the law's clock),
 * not digests, roots and references, nor what others have agreed to or signed for: that is another record or version.
 * A type or field that is not here is not amended. docs/decisions/0014-amendments.md has the reasons.
 */
export const amendableFields = {
  dataset: [
    'storageLocation',
    'licence',
    'legalBasis',
    'consent',
    'collectionPeriod',
    'retention',
    'rai',
    'readableId',
  ],
  grant: ['legalBasis'],
  model: ['trainingRunId', 'trainingPeriod', 'hyperparameters', 'responsibleTeam', 'externalIds', 'readableId'],
  attestation: ['evaluator', 'reportLocation'],
  response: ['text', 'measures'],
  incident: ['description', 'timeline', 'affected', 'authority', 'immediateMeasures'],
  'sign-off': ['title', 'comment'],
  waiver: ['comment'],
  deployment: ['hardware'],
} as const satisfies { [T in PrivateType]?: readonly (keyof z.output<(typeof privateSchemas)[T]>)[] };
export type AmendableType = keyof typeof amendableFields;
export const amendableTypes = Object.keys(amendableFields) as [AmendableType, ...AmendableType[]];

export function isAmendable(type: RecordType): type is AmendableType {
  return Object.hasOwn(amendableFields, type);
}

/** Why a field is corrected. `source`: what it was taken from has been corrected. */
export const amendmentReasons = ['typo', 'transcription', 'unit', 'format', 'translation', 'source'] as const;

/** What everybody on the channel sees of an amendment: that this field of that record was corrected, and what kind of mistake it was. */
export const amendmentPublicSchema = z.strictObject({
  record: idSchema(...recordTypes),
  /** The private field's name. */
  field: fieldNameSchema,
  reasonCode: z.enum(amendmentReasons),
  /** What the record is about, where the record lies with that one's provider. */
  subject: idSchema('model', 'dataset', 'deployment').optional(),
});

/** The private part, where that of the record lies. Each member of the object is one salted field of the commitment. */
export const amendmentPrivateSchema = z.strictObject({
  /** The value so far: the record's, or that of the amendment before. */
  earlier: z.json(),
  corrected: z.json(),
  comment: textSchema.optional(),
});
export type AmendmentPrivate = z.infer<typeof amendmentPrivateSchema>;

/**
 * The name in the id of the amendments of a field, whose versions count them from 1: the type of the record, a full stop, and
 * the first 32 hex digits of SHA-256 of canonical `["proofward/amendment/v1", record, field]`. So who relies on a field finds
 * its amendments without a list that somebody could leave one out of, two cannot both follow the same one, and the type says
 * where the mark lies.
 */
export function amendmentName(record: string, field: string): string {
  const digest = bytesToHex(sha256(canonicalBytes(['proofward/amendment/v1', record, field])));
  return `${parseId(record, '/record').type}.${digest.slice(0, 32)}`;
}

/** The id of the amendment of a field that is its `count`th; it is the organisation's of the record. */
export function amendmentId(record: string, field: string, count: number): string {
  const { org } = parseId(record, '/record');
  return formatId({ type: 'amendment', org, name: amendmentName(record, field), version: String(count) });
}

/** Which one of its field's amendments an id names, from 1; undefined where it is of another field. */
export function amendmentCount(id: string, { record, field }: { record: string; field: string }): number | undefined {
  const { version } = parseId(id);
  const count = /^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined;
  return count !== undefined && amendmentId(record, field, count) === id ? count : undefined;
}

/** The type of the record that an amendment of this name is of; undefined where its name says none. */
export function amendedType(name: string): AmendableType | undefined {
  const [type = ''] = name.split('.');
  return amendableTypes.find((one) => one === type);
}

/** @throws ProofwardError FIELD_NOT_AMENDABLE */
export function requireAmendable(record: string, field: string): AmendableType {
  const { type } = parseId(record, '/record');
  if (!isAmendable(type)) {
    throw new ProofwardError('FIELD_NOT_AMENDABLE', `a ${type} is not amended`, { pointer: '/record' });
  }
  const fields: readonly string[] = amendableFields[type];
  if (fields.includes(field)) return type;
  throw new ProofwardError('FIELD_NOT_AMENDABLE', `of a ${type} these fields are amended: ${fields.join(', ')}`, {
    pointer: '/field',
  });
}

/** Whether a header is of the amendment that its id names: one of that field of that organisation's own record. */
export function isAmendmentOf(header: { id: string; record: string; field: string }): boolean {
  const type = parseId(header.record).type;
  const fields: readonly string[] = isAmendable(type) ? amendableFields[type] : [];
  return fields.includes(header.field) && amendmentCount(header.id, header) !== undefined;
}
