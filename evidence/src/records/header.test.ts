import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { bytesToHex } from '../bytes.js';
import { type Header, headerBytes, headerSchema, headerSchemas, markHash, markValue } from './header.js';
import { recordTypes, type RecordType } from './id.js';

/**
 * What everybody on the channel may see, by the table of the domain model, written by hand. A member that is added to a
 * schema and not here fails: think about who reads it, for ever, before adding it to this list.
 */
const common = [
  'type',
  'id',
  'schema',
  'author',
  'createdTx',
  'status',
  'revision',
  'recordedAt',
  'effectiveAt',
  'late',
];
const privatePart = ['commitment', 'privateRevision', 'epoch'];
const requirements = [
  'requirements',
  ...['name', 'waivable', 'requires', 'kind', 'role', 'criteria', 'minimumGroupSize', 'maximalAge', 'attesters'].map(
    (name) => `requirements[].${name}`,
  ),
  'requirements[].inconclusive',
  'requirements[].within',
  'requirements[].within.relations',
  ...['metric', 'by', 'reference', 'reference.*', 'gate', 'threshold', 'direction'].map(
    (name) => `requirements[].criteria[].${name}`,
  ),
];
const value = [
  ...['value', 'value.of', 'value.reviewers', 'value.reviewers[].role', 'value.reviewers[].certificates'],
  ...['value.schemas', 'value.schemas[].type', 'value.schemas[].minimum'],
];
const expected: Record<RecordType, string[]> = {
  dataset: [...common, ...privatePart, 'parents', 'grants'],
  grant: [...common, ...privatePart, 'dataset', 'model', 'grantee', 'purpose', 'until'],
  model: [
    ...common,
    ...privatePart,
    'parents',
    'parents[].id',
    'parents[].relation',
    'datasets',
    'datasets[].id',
    'datasets[].role',
    'purpose',
    'grants',
  ],
  plan: [...common, ...privatePart, 'subject', 'kind'],
  attestation: [...common, ...privatePart, 'subject', 'kind', 'plan', 'validUntil'],
  policy: [...common, 'epoch', 'scope', 'line', 'replaces', 'proposal', ...requirements],
  response: [...common, ...privatePart, 'attestation'],
  incident: [...common, ...privatePart, 'subjects', 'severity', 'confidential'],
  dispute: [
    ...common,
    ...privatePart,
    'record',
    'subject',
    'deadline',
    'rulings',
    'rulings[].organization',
    'rulings[].outcome',
  ],
  'dispute-statement': [...common, ...privatePart, 'dispute', 'subject', 'part'],
  amendment: [...common, ...privatePart, 'record', 'field', 'reasonCode', 'subject'],
  'disclosure-request': [...common, ...privatePart, 'addressee', 'deadline', 'served'],
  disclosure: [...common, ...privatePart, 'recipient'],
  'sign-off': [...common, ...privatePart, 'model', 'role', 'certificate'],
  waiver: [...common, ...privatePart, 'model', 'requirement', 'until'],
  'release-decision': [...common, ...privatePart, 'model', 'policies', 'outcome'],
  deployment: [
    ...[...common, ...privatePart, 'model', 'endpoint', 'mode', 'share', 'decision'],
    ...['from', 'to', 'returnedTo', 'flags'],
  ],
  batch: [
    ...[...common, 'epoch', 'endpoint', 'kind', 'window', 'window.from', 'window.to', 'first', 'last', 'count'],
    ...['missing', 'missing[].first', 'missing[].last', 'root', 'previous'],
  ],
  proposal: [
    ...[...common, 'epoch', 'deadline', 'change', 'change.kind', 'change.organization', 'change.status'],
    ...['policy', 'scope', 'line', 'replaces', ...requirements, ...value].map((name) => `change.${name}`),
  ],
  vote: [...common, 'epoch', 'proposal', 'choice'],
  setting: [...common, 'epoch', 'proposal', ...value],
  role: [...common, 'mspId', 'role', 'epochs', 'proposal'],
};

interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  additionalProperties?: unknown;
}

function members(schema: JsonSchema, path = ''): string[] {
  if (schema.items !== undefined) return members(schema.items, `${path}[]`);
  if (schema.oneOf !== undefined) return [...new Set(schema.oneOf.flatMap((form) => members(form, path)))];
  // The names of a group's features are the policy's own.
  if (schema.type === 'object' && schema.properties === undefined) return [`${path}.*`];
  if (schema.type === 'object') expect(schema.additionalProperties).toBe(false);
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [at, ...members(member, at)];
  });
}

function vectorOf(type: RecordType): Header {
  const text = readFileSync(new URL(`../../vectors/${type}.json`, import.meta.url), 'utf8');
  return headerSchema.parse((JSON.parse(text) as { header: unknown }).header);
}

describe.each(recordTypes)('the public header of a %s', (type) => {
  const header = vectorOf(type);

  it('has these members and no others', () => {
    expect(members(z.toJSONSchema(headerSchemas[type]) as JsonSchema).sort()).toEqual([...expected[type]].sort());
  });

  it('refuses any other member', () => {
    for (const extra of ['name', 'storageLocation', 'verdict', 'toString']) {
      expect(headerSchema.safeParse({ ...header, [extra]: 'x' }).success).toBe(false);
    }
  });

  it('refuses the id of another type, and another schema version', () => {
    const other = type === 'model' ? 'dataset:a/b@1' : 'model:a/b@1';
    expect(headerSchema.safeParse({ ...header, id: other }).success).toBe(false);
    expect(headerSchema.safeParse({ ...header, schema: 2 }).success).toBe(false);
    expect(headerSchema.safeParse({ ...header, status: 'approved' }).success).toBe(false);
    expect(headerSchema.safeParse({ ...header, late: false }).success).toBe(false);
  });

  it('reads its own bytes back', () => {
    expect(headerSchema.parse(JSON.parse(new TextDecoder().decode(headerBytes(header))))).toEqual(header);
  });

  it('keeps its mark through changes of state, and through no other', () => {
    const mark = bytesToHex(markValue('proofward', header));
    for (const same of [
      { ...header, status: 'revoked' },
      { ...header, revision: 9 },
      { ...header, recordedAt: '2030-01-01T00:00:00.000Z' },
      { ...header, effectiveAt: '2030-01-01T00:00:00.000Z' },
      { ...header, late: true },
      { ...header, late: undefined },
      ...(type === 'role' ? [{ ...header, mspId: 'X', role: 'auditor', epochs: [] }] : []),
      ...(type === 'deployment' ? [{ ...header, to: 'x', returnedTo: 'x', flags: ['x'] }] : []),
    ]) {
      expect(bytesToHex(markValue('proofward', same as Header))).toBe(mark);
    }
    const changeable = ['status', 'revision', 'recordedAt', 'effectiveAt', 'late'];
    if (type === 'role') changeable.push('mspId', 'role', 'epochs', 'proposal');
    if (type === 'setting') changeable.push('value', 'proposal');
    if (type === 'deployment') changeable.push('to', 'returnedTo', 'flags');
    for (const member of Object.keys(header).filter((name) => !changeable.includes(name))) {
      expect([member, bytesToHex(markValue('proofward', { ...header, [member]: 'x' })) === mark]).toEqual([
        member,
        false,
      ]);
    }
    expect(bytesToHex(markValue('other', header))).not.toBe(mark);
    expect(bytesToHex(markHash(markValue('proofward', header)))).not.toBe(mark);
  });
});
