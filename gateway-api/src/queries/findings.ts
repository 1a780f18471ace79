import {
  attestationKinds,
  formatTime,
  ProofwardError,
  type RecordType,
  statesOf,
  stopFlags,
  stopIncidentDomain,
} from '@proofward/evidence';
import { z } from 'zod';
import { statesWith } from './evidence.js';
import type { Conditions, FilterDescription } from './filters.js';
import { isSilent } from './silence.js';

/** Who asks, and when. */
export interface Asker {
  /** Whether the caller may read the private parts that the organisation holds. */
  mayReadPrivate: boolean;
  now: number;
}

/** A filter by what follows from several records, or from a private part: what a compliance script looks for. */
interface Finding extends FilterDescription {
  types: readonly RecordType[];
  isPrivate: boolean;
  add(values: readonly string[], asker: Asker, conditions: Conditions, type: RecordType): void;
}

const dayMs = 86_400_000;
const durationSchema = z.string().regex(/^P(?:\d{1,4}[DW]|T\d{1,4}H)$/, 'not a duration like P30D, P8W or PT12H');

/** @param text of {@link durationSchema} */
function millisecondsOf(text: string): number {
  const unit = text.endsWith('H') ? dayMs / 24 : text.endsWith('W') ? 7 * dayMs : dayMs;
  return Number(/\d+/.exec(text)?.[0]) * unit;
}

/**
 * Whether there is an attestation of the placeholder's kinds on the model that is valid at a moment: active, not at its end,
 * and neither under dispute nor found wrong in one. Looked up for each record by itself: joined, it becomes a read of the
 * whole table.
 */
function isAudited(model: string, kind: string, now: string): string {
  return `exists (
    select 1 from record_references f join records a on a.id = f.from_id
    where f.to_id = ${model} and f.from_type = 'attestation' and f.relation = 'subject'
      and not a.deleted and a.header->>'kind' = ${kind} and a.header->>'status' = 'active'
      and (a.header->>'validUntil' is null or (a.header->>'validUntil' collate "C") > ${now})
      and not exists (
        select 1 from record_references g join records d on d.id = g.from_id
        where g.to_id = a.id and g.from_type = 'dispute' and g.relation = 'record' and not d.deleted
          and (d.header->>'status' in (${statesWith('upheld')})
            or (d.header->>'status' in (${statesWith('open')}) and (d.header->>'deadline' collate "C") > ${now}))
        offset 0)
    offset 0)`;
}

const flagged = stopFlags.map((flag) => `'${JSON.stringify({ flags: [flag] })}'::jsonb`);

/**
 * Whether a stop or rollback was flagged and its incident is not there, whose id follows from the deployment's as
 * `stopIncidentId` has it. Ids have no character that JSON writes otherwise.
 */
export function owesIncidentSql(of: string): string {
  const text = `'["${stopIncidentDomain}","' || ${of}.id || '"]'`;
  const name = `left(encode(sha256(convert_to(${text}, 'UTF8')), 'hex'), 32)`;
  return `(${flagged.map((one) => `sought(${of}.header) @> ${one}`).join(' or ')}) and not exists (
    select 1 from records i where i.id = 'incident:' || ${of}.owner || '/' || ${name} || '@1' and not i.deleted offset 0)`;
}

/** SQL of what is selected of `tainted`: the models, or what was decided on them or runs with them. */
function selected(type: RecordType): string {
  if (type === 'model') return 'select id from tainted';
  return `select f.from_id from tainted t, lateral (
    select from_id from record_references where to_id = t.id and from_type = '${type}' and relation = 'model' offset 0) f`;
}

/** The end of what is true for a time, as the index records_expiring has it. */
const until = `coalesce(r.header->>'validUntil', r.header->>'until')`;

const findings: readonly Finding[] = [
  {
    name: 'expires-within',
    types: ['attestation', 'grant', 'waiver'],
    schema: durationSchema,
    repeats: false,
    description: 'Ends within this time from now, and has not ended yet: P30D, P8W, PT12H.',
    isPrivate: false,
    add: ([duration = ''], { now }, conditions) => {
      conditions.add(
        [formatTime(now), formatTime(now + millisecondsOf(duration))],
        (from, to) => `${until} is not null and (${until} collate "C") > ${from} and (${until} collate "C") <= ${to}`,
      );
    },
  },
  {
    name: 'trained-on',
    types: ['model', 'release-decision', 'deployment'],
    schema: z.enum(statesOf('dataset')),
    repeats: true,
    description:
      'Trained or validated on a dataset that has this state now (withdrawn, flagged), or on what was derived from it; or made from a model that was. Of a decision or deployment: its model.',
    isPrivate: false,
    // From the datasets in that state downwards, a look into the index of references for each record on the way.
    add: (states, _, conditions, type) => {
      conditions.add(
        states.map((status) => JSON.stringify({ status })),
        (...at) => `r.id = any(array(
          with recursive tainted as (
            select d.id from records d
            where d.type = 'dataset' and not d.deleted and (${at.map((one) => `sought(d.header) @> ${one}::jsonb`).join(' or ')})
            union
            select f.from_id from tainted t, lateral (
              select from_id from record_references
              where to_id = t.id and (
                (from_type in ('dataset', 'model') and relation = 'parents')
                or (from_type = 'model' and relation = 'datasets' and detail in ('training', 'validation')))
              -- Planned by itself: joined, it becomes a read of the whole table.
              offset 0
            ) f
          ) ${selected(type)}))`,
      );
    },
  },
  {
    name: 'without-valid',
    types: ['model', 'release-decision', 'deployment'],
    schema: z.enum(attestationKinds),
    repeats: true,
    description:
      'Of the model there is no attestation of this kind (of one of these) that is valid now: active, not at its end, and not disputed.',
    isPrivate: false,
    add: (kinds, { now }, conditions, type) => {
      const model = type === 'model' ? 'r.id' : `r.header->>'model'`;
      conditions.add([formatTime(now), ...kinds], (at, ...each) =>
        each.map((kind) => `not ${isAudited(model, kind, at)}`).join(' or '),
      );
    },
  },
  {
    name: 'owes-incident',
    types: ['deployment'],
    schema: z.literal('true'),
    repeats: false,
    description: 'Was stopped or rolled back without what that takes, and the incident of it is not open yet.',
    isPrivate: false,
    add: (_values, _asker, conditions) => {
      conditions.add([], () => owesIncidentSql('r'));
    },
  },
  {
    name: 'gaps',
    types: ['batch'],
    schema: z.literal('true'),
    repeats: false,
    description: 'Says of receipts that they are missing.',
    isPrivate: false,
    // As the index records_with_gaps has it.
    add: (_values, _asker, conditions) => {
      conditions.add([], () => `r.header ? 'missing'`);
    },
  },
  {
    name: 'silent',
    types: ['deployment'],
    schema: z.literal('true'),
    repeats: false,
    description: 'Since it began, no batch that speaks for its time counts a receipt of its endpoint.',
    isPrivate: false,
    add: (_values, _asker, conditions) => {
      conditions.add([], () => isSilent('r'));
    },
  },
  {
    name: 'claimed-differs',
    types: ['attestation'],
    schema: z.literal('true'),
    repeats: false,
    description: 'What is claimed is not what was recomputed. Of the private parts that the organisation holds.',
    isPrivate: true,
    add: (_values, _asker, conditions) => {
      conditions.add(
        [],
        () => '(r.id, r.commitment) in (select id, commitment from private_records where claim_differs)',
      );
    },
  },
];

export function findingsOf(type: RecordType): readonly Finding[] {
  return findings.filter(({ types }) => types.includes(type));
}

/**
 * Adds a finding's conditions; false where there is none of that name.
 *
 * @param isPast whether the list is one of an earlier state, in which a finding of today has no place
 * @throws ProofwardError INVALID_FIELD, SCOPE_MISSING
 */
export function addFinding(
  type: RecordType,
  name: string,
  values: readonly string[],
  asker: Asker,
  isPast: boolean,
  conditions: Conditions,
): boolean {
  const finding = findingsOf(type).find((candidate) => candidate.name === name);
  if (finding === undefined) return false;
  if (isPast) throw new ProofwardError('INVALID_FIELD', `${name} is about now, and not for asOf or knownAt`);
  // Who may not read a private part does not learn from a filter what is in it.
  if (finding.isPrivate && !asker.mayReadPrivate) {
    throw new ProofwardError('SCOPE_MISSING', `${name} needs the scope private:read`);
  }
  if (!finding.repeats && values.length > 1)
    throw new ProofwardError('INVALID_FIELD', `${name} is given more than once`);
  for (const value of values) {
    const result = finding.schema.safeParse(value);
    if (!result.success) {
      throw new ProofwardError('INVALID_FIELD', `${name}: ${result.error.issues[0]?.message ?? 'invalid'}`);
    }
  }
  finding.add(values, asker, conditions, type);
  return true;
}
