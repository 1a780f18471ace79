import {
  codeSchema,
  digestSchema,
  disputeParts,
  fieldNameSchema,
  formatTime,
  idPartSchema,
  idSchema,
  type Json,
  mspIdSchema,
  ProofwardError,
  type RecordType,
  recordTypes,
  servings,
  settingKinds,
  severities,
  signOffRoles,
  slugSchema,
  statesOf,
  stopFlags,
  timeSchema,
  amendmentReasons,
  attestationKinds,
  changeKinds,
  choices,
  policyScopes,
  organizationRoles,
} from '@proofward/evidence';
import { z } from 'zod';
import { evidenceStateOf, evidenceStates } from './evidence.js';
import { addFinding, type Asker, findingsOf } from './findings.js';
import { addPrivateFilter, privateFiltersOf } from './private-filters.js';

/** A filter by equality with something in the header: what the header has to contain. */
interface ContainsFilter {
  value: z.ZodType<Json>;
  contains(value: Json): Record<string, Json>;
}

const member = (name: string, value: z.ZodType<Json>): ContainsFilter => ({
  value,
  contains: (wanted) => ({ [name]: wanted }),
});
const memberOf = (list: string, name: string, value: z.ZodType<Json>): ContainsFilter => ({
  value,
  contains: (wanted) => ({ [list]: [{ [name]: wanted }] }),
});

const common = (type: RecordType) => ({
  status: member('status', z.enum(statesOf(type))),
  author: member('author', mspIdSchema),
  late: member(
    'late',
    z.literal('true').transform(() => true),
  ),
  createdTx: member('createdTx', digestSchema),
});
const privatePart = { commitment: member('commitment', digestSchema) };

/** The filters of each list: every header field that applies. */
const containsFilters: Record<RecordType, Record<string, ContainsFilter>> = {
  dataset: {
    ...common('dataset'),
    ...privatePart,
    parent: { value: idSchema('dataset'), contains: (id) => ({ parents: [id] }) },
    grant: { value: idSchema('grant'), contains: (id) => ({ grants: [id] }) },
  },
  grant: {
    ...common('grant'),
    ...privatePart,
    dataset: member('dataset', idSchema('dataset')),
    model: member('model', idSchema('model')),
    grantee: member('grantee', slugSchema),
    purpose: member('purpose', codeSchema),
  },
  model: {
    ...common('model'),
    ...privatePart,
    purpose: member('purpose', codeSchema),
    parent: memberOf('parents', 'id', idSchema('model')),
    dataset: memberOf('datasets', 'id', idSchema('dataset')),
    grant: { value: idSchema('grant'), contains: (id) => ({ grants: [id] }) },
  },
  plan: {
    ...common('plan'),
    ...privatePart,
    subject: member('subject', idSchema('model', 'dataset')),
    kind: member('kind', z.enum(attestationKinds)),
  },
  attestation: {
    ...common('attestation'),
    ...privatePart,
    subject: member('subject', idSchema('model', 'dataset')),
    kind: member('kind', z.enum(attestationKinds)),
    plan: member('plan', idSchema('plan')),
  },
  policy: {
    ...common('policy'),
    scope: member('scope', z.enum(policyScopes)),
    line: member('line', idPartSchema),
    replaces: member('replaces', idSchema('policy')),
    proposal: member('proposal', idSchema('proposal')),
  },
  response: {
    ...common('response'),
    ...privatePart,
    attestation: member('attestation', idSchema('attestation')),
  },
  incident: {
    ...common('incident'),
    ...privatePart,
    subject: { value: idSchema('model', 'dataset', 'deployment'), contains: (id) => ({ subjects: [id] }) },
    severity: member('severity', z.enum(severities)),
    confidential: member(
      'confidential',
      z.literal('true').transform(() => true),
    ),
  },
  dispute: {
    ...common('dispute'),
    ...privatePart,
    record: member('record', idSchema('attestation')),
    subject: member('subject', idSchema('model', 'dataset')),
  },
  'dispute-statement': {
    ...common('dispute-statement'),
    ...privatePart,
    dispute: member('dispute', idSchema('dispute')),
    subject: member('subject', idSchema('model', 'dataset')),
    part: member('part', z.enum(disputeParts)),
  },
  amendment: {
    ...common('amendment'),
    ...privatePart,
    record: member('record', idSchema(...recordTypes)),
    field: member('field', fieldNameSchema),
    reasonCode: member('reasonCode', z.enum(amendmentReasons)),
    subject: member('subject', idSchema('model', 'dataset', 'deployment')),
  },
  'disclosure-request': {
    ...common('disclosure-request'),
    ...privatePart,
    addressee: member('addressee', slugSchema),
    served: member('served', z.enum(servings)),
  },
  disclosure: {
    ...common('disclosure'),
    ...privatePart,
    recipient: member('recipient', slugSchema),
  },
  'sign-off': {
    ...common('sign-off'),
    ...privatePart,
    model: member('model', idSchema('model')),
    role: member('role', z.enum(signOffRoles)),
    certificate: member('certificate', z.enum(signOffRoles)),
  },
  waiver: {
    ...common('waiver'),
    ...privatePart,
    model: member('model', idSchema('model')),
    requirement: member('requirement', codeSchema),
  },
  'release-decision': {
    ...common('release-decision'),
    ...privatePart,
    model: member('model', idSchema('model')),
    outcome: member('outcome', z.enum(['allowed', 'refused'])),
    policy: { value: idSchema('policy'), contains: (id) => ({ policies: [id] }) },
  },
  deployment: {
    ...common('deployment'),
    ...privatePart,
    model: member('model', idSchema('model')),
    endpoint: member('endpoint', idPartSchema),
    mode: member('mode', z.enum(['live', 'canary', 'shadow'])),
    decision: member('decision', idSchema('release-decision')),
    returnedTo: member('returnedTo', idSchema('model')),
    flag: { value: z.enum(stopFlags), contains: (flag) => ({ flags: [flag] }) },
  },
  batch: {
    ...common('batch'),
    endpoint: member('endpoint', idPartSchema),
    kind: member('kind', z.enum(['receipts'])),
    previous: member('previous', idSchema('batch')),
  },
  proposal: {
    ...common('proposal'),
    kind: { value: z.enum(changeKinds), contains: (kind) => ({ change: { kind } }) },
    organization: { value: slugSchema, contains: (organization) => ({ change: { organization } }) },
  },
  vote: {
    ...common('vote'),
    proposal: member('proposal', idSchema('proposal')),
    choice: member('choice', z.enum(choices)),
  },
  setting: {
    ...common('setting'),
    of: { value: z.enum(settingKinds), contains: (of) => ({ value: { of } }) },
    proposal: member('proposal', idSchema('proposal')),
  },
  role: {
    ...common('role'),
    mspId: member('mspId', mspIdSchema),
    role: member('role', z.enum(organizationRoles)),
    proposal: member('proposal', idSchema('proposal')),
  },
};

/** Filters by a part of the id. */
const idFilters = { owner: slugSchema, name: idPartSchema, version: idPartSchema } as const;

const timeColumns = { recorded: 'recorded_at', effective: 'effective_at' } as const;

/** A moment as a person types it: a day, or a time with its zone. */
export const momentSchema = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .transform((text) => formatTime(Date.parse(text)))
  // The zone may lead out of the years that a time can have.
  .pipe(timeSchema);

/** A deployment's evidence, as it is now. */
const evidenceSchema = z.enum(evidenceStates);

/** A filter as the API describes it. */
export interface FilterDescription {
  name: string;
  /** Of one value. */
  schema: z.ZodType;
  /** Whether it may be repeated. */
  repeats: boolean;
  /** What it is, where its name does not say. */
  description?: string;
}

/** A list's filters, for the API's description. */
export function filtersOf(type: RecordType): FilterDescription[] {
  const times = Object.keys(timeColumns).flatMap((name) => [`${name}-from`, `${name}-to`]);
  return [
    ...Object.entries(idFilters).map(([name, schema]) => ({ name, schema, repeats: true })),
    ...Object.entries(containsFilters[type]).map(([name, { value }]) => ({ name, schema: value, repeats: true })),
    ...(type === 'deployment' ? [{ name: 'evidence', schema: evidenceSchema, repeats: true }] : []),
    ...findingsOf(type),
    ...privateFiltersOf(type),
    ...times.map((name) => ({ name, schema: momentSchema, repeats: false })),
  ];
}

/** The members of a header that a list's filters look for, all of which are in the index of headers. */
export function soughtMembers(type: RecordType): string[] {
  return Object.values(containsFilters[type]).flatMap((filter) => Object.keys(filter.contains('')));
}

/** SQL conditions with their values. */
export class Conditions {
  private readonly terms: string[] = [];

  /** @param values those of a statement that has others before these */
  constructor(readonly values: unknown[] = []) {}

  /** `term` is made with the placeholder of each value. */
  add(values: readonly unknown[], term: (...placeholders: string[]) => string): void {
    const placeholders = values.map((value) => `$${this.values.push(value)}`);
    this.terms.push(term(...placeholders));
  }

  get sql(): string {
    return this.terms.map((term) => `(${term})`).join(' and ');
  }
}

/**
 * Adds the conditions of the named filters: AND across names, OR on repeats.
 *
 * @throws ProofwardError UNKNOWN_FILTER, INVALID_FIELD, SCOPE_MISSING
 */
export function addFilters(
  type: RecordType,
  filters: ReadonlyMap<string, string[]>,
  conditions: Conditions,
  asker: Asker,
  isPast: boolean,
): void {
  for (const [name, values] of filters) {
    if (addFinding(type, name, values, asker, isPast, conditions)) continue;
    if (type === 'disclosure-request' && name === 'status') {
      addRequestStatus(values, formatTime(asker.now), conditions);
      continue;
    }
    if (addPrivateFilter(type, name, values, asker, conditions)) continue;
    const contains = Object.hasOwn(containsFilters[type], name) ? containsFilters[type][name] : undefined;
    if (contains !== undefined) {
      const wanted = values.map((value) => JSON.stringify(contains.contains(parse(contains.value, name, value))));
      conditions.add(wanted, (...at) => at.map((place) => `sought(r.header) @> ${place}::jsonb`).join(' or '));
    } else if (name === 'evidence' && type === 'deployment') {
      const states = values.map((value) => parse(evidenceSchema, name, value));
      const moment = formatTime(Date.now());
      conditions.add([states, moment], (at, now) => `${evidenceStateOf('r', now)} = any(${at})`);
    } else if (name === 'owner') {
      const owners = values.map((value) => parse(idFilters.owner, name, value));
      conditions.add([owners], (at) => `r.owner = any(${at})`);
    } else if (name === 'name' || name === 'version') {
      const parts = values.map((value) => parse(idFilters[name], name, value));
      const part = name === 'name' ? `split_part(split_part(r.id, '/', 2), '@', 1)` : `split_part(r.id, '@', 2)`;
      conditions.add([parts], (at) => `${part} = any(${at})`);
    } else addTimeFilter(name, values, conditions);
  }
}

const requestStatusSchema = z.enum(statesOf('disclosure-request'));

/** A request is overdue from its deadline on, recorded or not, and open until then. */
function addRequestStatus(values: readonly string[], moment: string, conditions: Conditions): void {
  const wanted = new Set(values.map((value) => parse(requestStatusSchema, 'status', value)));
  const isOpen = `sought(r.header) @> '{"status":"open"}'::jsonb`;
  const isDue = (now: string) => `(r.header->>'deadline') collate "C" <= ${now}::text`;
  const recorded = [...wanted].filter((status) => status !== 'open').map((status) => JSON.stringify({ status }));
  // One value more than is used would have no type.
  const isDecidedByTime = wanted.has('open') !== wanted.has('overdue');
  conditions.add([...(isDecidedByTime ? [moment] : []), ...recorded], (...places) => {
    const terms = places.slice(isDecidedByTime ? 1 : 0).map((place) => `sought(r.header) @> ${place}::jsonb`);
    const due = isDue(places[0] ?? '');
    if (isDecidedByTime) terms.push(`(${isOpen} and ${wanted.has('open') ? 'not ' : ''}${due})`);
    else if (wanted.has('open')) terms.push(isOpen);
    return terms.join(' or ');
  });
}

function addTimeFilter(name: string, values: string[], conditions: Conditions): void {
  const [, field, side] = /^(recorded|effective)-(from|to)$/.exec(name) ?? [];
  const [value, ...more] = values;
  if (field === undefined || value === undefined) {
    throw new ProofwardError('UNKNOWN_FILTER', `this list has no filter ${name.slice(0, 64)}`);
  }
  if (more.length > 0) throw new ProofwardError('INVALID_FIELD', `${name} is given more than once`);
  const column = timeColumns[field as keyof typeof timeColumns];
  conditions.add([parse(momentSchema, name, value)], (at) => `r.${column} ${side === 'from' ? '>=' : '<'} ${at}::text`);
}

function parse<T>(schema: z.ZodType<T>, name: string, value: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ProofwardError('INVALID_FIELD', `${name}: ${result.error.issues[0]?.message ?? 'invalid'}`);
}
