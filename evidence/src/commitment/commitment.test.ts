import { describe, expect, it } from '@jest/globals';
import { type Presentation, presentationSchema } from '../records/presentation.js';
import { bytesToHex, hexToBytes } from '../bytes.js';
import type { Json } from '../canonical.js';
import { ProofwardError } from '../errors.js';
import { leafHash } from '../log/merkle.js';
import { privateRecordSchema } from '../records/private.js';
import {
  commitmentOf,
  type Context,
  deriveSalt,
  fieldLeafData,
  presentFields,
  saltPrivate,
  sealPrivate,
  transitionNoteKey,
  verifyPresentation,
} from './commitment.js';

const key = new Uint8Array(32).fill(7);
const context: Context = { channel: 'proofward', type: 'dataset', id: 'dataset:cleveland/a@1', revision: 1 };
const values = { files: ['x'], licence: 'MIT', consent: 'MIT', retention: 'MIT', split: 'all' };
const salt = 'ab'.repeat(32);

const leaf = (at: Context, schema: number, name: string, value: Json) =>
  bytesToHex(leafHash(fieldLeafData(at, schema, name, salt, value)));

describe('a field leaf', () => {
  it('is another one with each part of its context, also under the same salt', () => {
    const leaves = [
      leaf(context, 1, 'licence', 'MIT'),
      leaf({ ...context, channel: 'proofward2' }, 1, 'licence', 'MIT'),
      leaf({ ...context, type: 'model' }, 1, 'licence', 'MIT'),
      leaf({ ...context, id: 'dataset:cleveland/a@2' }, 1, 'licence', 'MIT'),
      leaf({ ...context, revision: 2 }, 1, 'licence', 'MIT'),
      leaf(context, 2, 'licence', 'MIT'),
      leaf(context, 1, 'consent', 'MIT'),
      leaf(context, 1, 'licence', 'mit'),
      leaf(context, 1, 'licence', ['MIT']),
      bytesToHex(leafHash(fieldLeafData(context, 1, 'licence', 'ac'.repeat(32), 'MIT'))),
    ];
    expect(new Set(leaves).size).toBe(leaves.length);
  });

  it('does not mistake one type of value for another', () => {
    const alike: Json[] = [1, '1', true, 'true', null, 'null', [], {}, '', [null], { '': null }, 0, false];
    expect(new Set(alike.map((value) => leaf(context, 1, 'a', value))).size).toBe(alike.length);
  });
});

describe('salts', () => {
  it('are the same for the same record and field, and for nothing else', () => {
    const salts = [
      deriveSalt(key, context, 'a', 1),
      deriveSalt(new Uint8Array(32).fill(8), context, 'a', 1),
      deriveSalt(key, context, 'b', 1),
      deriveSalt(key, { ...context, channel: 'other' }, 'a', 1),
      deriveSalt(key, { ...context, type: 'model' }, 'a', 1),
      deriveSalt(key, { ...context, id: 'dataset:cleveland/b@1' }, 'a', 1),
      deriveSalt(key, { ...context, revision: 2 }, 'a', 1),
      deriveSalt(key, context, 'a', 2),
    ];
    expect(new Set(salts).size).toBe(salts.length);
    expect(salts[0]).toBe(deriveSalt(Uint8Array.from(key), { ...context }, 'a', 1));
  });

  it('are refused from a key that is too short to keep them secret', () => {
    for (const length of [0, 16, 31])
      expect(() => deriveSalt(new Uint8Array(length), context, 'a', 1)).toThrow('32 bytes');
  });
});

describe('a commitment', () => {
  it('hides that values are equal, in fields, records, revisions and channels', () => {
    const sealed = [
      context,
      { ...context, id: 'dataset:cleveland/a@2' },
      { ...context, revision: 2 },
      { ...context, channel: 'c2' },
    ].map((at) => ({ at, record: sealPrivate(key, at, values) }));
    const salts = sealed.flatMap(({ record }) => Object.values(record.fields).map((field) => field.salt));
    expect(new Set(salts).size).toBe(4 * 5);
    expect(new Set(sealed.map(({ at, record }) => commitmentOf(at.channel, record))).size).toBe(4);
    const paths = presentFields('proofward', sealPrivate(key, context, values), Object.keys(values)).fields;
    expect(new Set(paths.flatMap(({ path }) => path)).size).toBeGreaterThan(4);
  });

  it('does not depend on the order of the fields, and leaves absent ones out', () => {
    const reversed = Object.fromEntries(Object.entries(values).reverse());
    const commitment = commitmentOf('proofward', sealPrivate(key, context, values));
    expect(commitmentOf('proofward', sealPrivate(key, context, { ...reversed, rai: undefined }))).toBe(commitment);
    expect(commitmentOf('proofward', sealPrivate(key, context, { ...reversed, rai: {} }))).not.toBe(commitment);
  });

  it('of a replay is made with the stored salts, whatever the key is today', () => {
    const stored = sealPrivate(key, context, values);
    const storedSalt = (name: string) => stored.fields[name]?.salt ?? salt;
    const again = saltPrivate(context, values, storedSalt);
    expect(commitmentOf('proofward', again)).toBe(commitmentOf('proofward', stored));
    expect(commitmentOf('proofward', sealPrivate(new Uint8Array(32), context, values))).not.toBe(
      commitmentOf('proofward', stored),
    );
    const other = saltPrivate(context, { ...values, licence: 'GPL' }, storedSalt);
    expect(commitmentOf('proofward', other)).not.toBe(commitmentOf('proofward', stored));
  });

  it('is of a record that its schema accepts', () => {
    const record = sealPrivate(key, context, values);
    expect(privateRecordSchema.parse(record)).toEqual(record);
  });

  it('refuses a value that has no one form', () => {
    expect(() => commitmentOf('c', sealPrivate(key, context, { a: 2 ** 53 }))).toThrow(ProofwardError);
    expect(() => commitmentOf('c', sealPrivate(key, context, { a: new Map() }))).toThrow(ProofwardError);
  });
});

describe('a presentation', () => {
  const record = sealPrivate(key, context, values);
  const commitment = commitmentOf('proofward', record);
  const shown = presentFields('proofward', record, ['licence', 'files']);
  const matches = (presentation: Presentation, at = context, schema = 1, under = commitment) =>
    verifyPresentation(at, schema, under, presentation).map(({ match }) => match);

  it('proves each shown field and holds nothing of the others but their number', () => {
    expect(presentationSchema.parse(shown)).toEqual(shown);
    expect(verifyPresentation(context, 1, commitment, shown)).toEqual([
      { name: 'licence', match: true },
      { name: 'files', match: true },
    ]);
    expect(shown.size).toBe(5);
    for (const hidden of ['consent', 'retention', 'split']) {
      expect(JSON.stringify(shown)).not.toContain(record.fields[hidden]?.salt);
      expect(JSON.stringify(shown)).not.toContain(hidden);
    }
  });

  it('of every single field is accepted', () => {
    for (const name of Object.keys(values)) {
      expect(matches(presentFields('proofward', record, [name]))).toEqual([true]);
    }
  });

  it('shows a field once and refuses names that the record does not have', () => {
    expect(presentFields('proofward', record, ['split', 'split']).fields).toHaveLength(1);
    for (const name of ['rai', '', 'constructor', 'toString', '__proto__']) {
      expect(() => presentFields('proofward', record, [name])).toThrow(
        expect.objectContaining({ code: 'INVALID_FIELD' }),
      );
    }
  });

  const [field] = shown.fields;
  if (field === undefined) throw new Error('nothing shown');
  const other = record.fields['consent']?.salt ?? '';
  const [first = '', ...rest] = field.path;
  const flip = (digest: string) =>
    bytesToHex(hexToBytes(digest).map((byte, index) => (index === 31 ? byte ^ 1 : byte)));

  it.each<[string, Partial<typeof field>, number]>([
    ['another name', { name: 'consent' }, 5],
    ['another value', { value: 'GPL' }, 5],
    ['a value that looks the same', { value: ['MIT'] }, 5],
    ["another field's salt", { salt: other }, 5],
    ['a flipped salt', { salt: flip(field.salt) }, 5],
    ['another index', { index: field.index + 1 }, 5],
    ['an index outside', { index: 5 }, 5],
    ['a smaller size', {}, 3],
    ['a size of another shape', {}, 9],
    ['no path', { path: [] }, 5],
    ['a truncated path', { path: rest }, 5],
    ['an extended path', { path: [...field.path, first] }, 5],
    ['a swapped path', { path: [...rest, first] }, 5],
    ['a flipped path', { path: [flip(first), ...rest] }, 5],
  ])('with %s is refused', (_, change, size) => {
    expect(matches({ size, fields: [{ ...field, ...change }] })).toEqual([false]);
  });

  it.each<[string, Context, number, string]>([
    ['channel', { ...context, channel: 'other' }, 1, commitment],
    ['type', { ...context, type: 'model' }, 1, commitment],
    ['id', { ...context, id: 'dataset:cleveland/a@2' }, 1, commitment],
    ['revision', { ...context, revision: 2 }, 1, commitment],
    ['schema version', context, 2, commitment],
    ['commitment', context, 1, flip(commitment)],
  ])('of another %s is refused', (_, at, schema, under) => {
    expect(matches(shown, at, schema, under)).toEqual([false, false]);
  });

  it('is parsed before it is believed', () => {
    for (const wrong of [
      { ...shown, extra: 1 },
      { size: 0, fields: shown.fields },
      { size: 65, fields: shown.fields },
      { size: 5, fields: [] },
      { size: 5, fields: [field, { ...field, value: 'GPL' }] },
      { size: 5, fields: [{ ...field, salt: field.salt.toUpperCase() }] },
      { size: 5, fields: [{ ...field, path: [first.slice(2)] }] },
      { size: 5, fields: [{ ...field, name: 'constructor()' }] },
      { size: 5, fields: [{ ...field, index: -1 }] },
    ]) {
      expect(presentationSchema.safeParse(wrong).success).toBe(false);
    }
  });
});

describe('a transition note', () => {
  const note = {
    schema: 1 as const,
    id: context.id,
    revision: 2,
    to: 'flagged',
    reasonCode: 'label-errors',
    salt,
  };

  it('has a key that nobody finds without its salt', () => {
    const keys = [
      transitionNoteKey('proofward', note),
      transitionNoteKey('other', note),
      transitionNoteKey('proofward', { ...note, salt: 'ac'.repeat(32) }),
      transitionNoteKey('proofward', { ...note, revision: 3 }),
      transitionNoteKey('proofward', { ...note, reasonCode: 'consent-withdrawn' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
