import {
  hasPrivatePart,
  type PrivateRecord,
  type PrivateType,
  privateSchemas,
  privateValues,
  ProofwardError,
  type RecordType,
} from '@proofward/evidence';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Conditions, FilterDescription } from './filters.js';
import type { Asker } from './findings.js';

type Field<T extends PrivateType> = keyof z.infer<(typeof privateSchemas)[T]> & string;

/**
 * The private fields that lists filter by, with a path into those that are objects; of a list any item counts. Digests are
 * looked for in /v1/search, and what is written in sentences is not looked for by equality.
 */
const filtered: { [T in PrivateType]: readonly (Field<T> | `${Field<T>}.${string}`)[] } = {
  dataset: ['digestOrigin', 'storageLocation', 'licence', 'legalBasis', 'split', 'groupSizes.attribute', 'readableId'],
  grant: ['legalBasis'],
  model: [
    'trainingRunId',
    'codeCommit',
    'responsibleTeam',
    'triggeredBy',
    'externalIds.system',
    'externalIds.id',
    'differentialPrivacy.mechanism',
    'readableId',
  ],
  plan: ['dataset', 'criteria.metric', 'sensitiveFeatures', 'evaluator'],
  attestation: [
    'verdict.claimed',
    'verdict.computed',
    'predicateType',
    'dataset',
    'criteria.metric',
    'sensitiveFeatures',
    'evaluator',
  ],
  response: ['position'],
  incident: ['authority'],
  dispute: ['remedy'],
  'dispute-statement': [],
  amendment: [],
  'sign-off': ['outcome', 'purpose', 'printedName', 'meaning', 'authentication'],
  waiver: ['compensatingControl'],
  'release-decision': ['purpose', 'requirements.name', 'requirements.result', 'signOffs', 'waivers'],
  deployment: ['decisionThreshold', 'hardware'],
  'disclosure-request': ['record', 'fields', 'legalBasis'],
  disclosure: ['request', 'record', 'refused.field', 'refused.reasonCode'],
};

const prefix = 'private.';
const valueSchema = z.string().min(1).max(4096);

function pathsOf(type: RecordType): readonly string[] {
  return hasPrivatePart(type) ? filtered[type] : [];
}

export function privateFiltersOf(type: RecordType): FilterDescription[] {
  return pathsOf(type).map((path) => ({
    name: `${prefix}${path}`,
    schema: valueSchema,
    repeats: true,
    description: 'Of the private parts that the organisation holds, for those who may read them.',
  }));
}

/**
 * What the read model keeps of a private record for these filters: of each value a hash with its path, since a value is
 * anybody's and may be longer than an entry of an index.
 */
export function soughtIn(record: PrivateRecord): string[] {
  const values = privateValues(record);
  const found = pathsOf(record.type).flatMap((path) =>
    textsAt(values, path.split('.')).map((value) => soughtKey(path, value)),
  );
  return [...new Set(found)];
}

/**
 * Adds the condition of a private field's filter; false where there is none of that name.
 *
 * @throws ProofwardError INVALID_FIELD, SCOPE_MISSING
 */
export function addPrivateFilter(
  type: RecordType,
  name: string,
  values: readonly string[],
  asker: Asker,
  conditions: Conditions,
): boolean {
  const path = name.slice(prefix.length);
  if (!name.startsWith(prefix) || !pathsOf(type).includes(path)) return false;
  if (!asker.mayReadPrivate) throw new ProofwardError('SCOPE_MISSING', `${name} needs the scope private:read`);
  if (!values.every((value) => valueSchema.safeParse(value).success)) {
    throw new ProofwardError('INVALID_FIELD', `${name}: a value is empty or longer than 4096 characters`);
  }
  conditions.add(
    [values.map((value) => soughtKey(path, value))],
    (at) => `(r.id, r.commitment) in (select id, commitment from private_records where sought && ${at}::text[])`,
  );
  return true;
}

function soughtKey(path: string, value: string): string {
  return createHash('sha256')
    .update(JSON.stringify([path, value]))
    .digest('hex')
    .slice(0, 32);
}

function textsAt(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsAt(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === 'string' ? [value] : [];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  return textsAt((value as Record<string, unknown>)[name], rest);
}
