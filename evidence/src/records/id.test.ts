import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, hexToBytes, sha256, utf8ToBytes } from '../bytes.js';
import { slugSchema } from '../consortium.js';
import {
  formatId,
  headerKey,
  idPartSchema,
  idSchema,
  markKey,
  parseHeaderKey,
  parseId,
  type RecordId,
  recordTypes,
} from './id.js';

const part = () => fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const slug = () =>
  fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/).filter((s) => slugSchema.safeParse(s).success);
const id = (): fc.Arbitrary<RecordId> =>
  fc.record({ type: fc.constantFrom(...recordTypes), org: slug(), name: part(), version: part() });
const digest = () => fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('ids', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(id(), (parts) => {
        expect(parseId(formatId(parts))).toEqual(parts);
      }),
    );
  });

  it.each([
    '',
    'dataset:a/b',
    'dataset:a/b@',
    'dataset:/b@1',
    'dataset:a/@1',
    'datasets:a/b@1',
    'Dataset:a/b@1',
    'dataset:a/B@1',
    'dataset:a.b/c@1',
    'dataset:a-/c@1',
    'dataset:a-e2/c@1',
    'dataset:a/b@1@2',
    'dataset:a/b/c@1',
    'dataset:a/../b@1',
    'dataset:a/.b@1',
    'dataset:a/b@1\n',
    '\ndataset:a/b@1',
    ' dataset:a/b@1',
    'dataset:a/b\u0000@1',
    'dataset:a/é@1',
    `dataset:a/${'b'.repeat(65)}@1`,
    `dataset:${'a'.repeat(33)}/b@1`,
    'constructor:a/b@1',
  ])('%p is none', (text) => {
    expect(() => parseId(text, '/id')).toThrow(expect.objectContaining({ code: 'INVALID_ID', pointer: '/id' }));
  });

  it('are refused in time that does not grow with their length', () => {
    const started = performance.now();
    expect(() => parseId('dataset:' + 'a-'.repeat(1e6))).toThrow();
    expect(() => parseId('dataset:a/' + 'a'.repeat(1e6) + '@')).toThrow();
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('are of the types that a schema asks for', () => {
    expect(idSchema('dataset').safeParse('dataset:a/b@1').success).toBe(true);
    for (const wrong of ['model:a/b@1', 'b', 1, null]) expect(idSchema('dataset').safeParse(wrong).success).toBe(false);
    expect(idPartSchema.safeParse('a'.repeat(64)).success).toBe(true);
  });
});

describe('markKey', () => {
  it('is the hash of type and id, as anybody can compute it', () => {
    const text = '["proofward/mark-key/v1","model","model:a/b@1"]';
    expect(markKey(parseId('model:a/b@1'))).toBe(bytesToHex(sha256(utf8ToBytes(text))));
  });

  it('is another one for another id', () => {
    fc.assert(
      fc.property(id(), id(), (a, b) => {
        expect(markKey(a) === markKey(b)).toBe(formatId(a) === formatId(b));
      }),
    );
  });
});

describe('header keys', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(id(), digest(), (parts, hash) => {
        expect(parseHeaderKey(headerKey(parts, hash))).toEqual({ id: parts, markHash: bytesToHex(hash) });
      }),
    );
  });

  it("are Fabric's composite keys", () => {
    const hash = hexToBytes('ab'.repeat(32));
    expect(headerKey(parseId('model:a/b@1'), hash)).toBe(
      `\u0000model\u0000a\u0000b\u00001\u0000${'ab'.repeat(32)}\u0000`,
    );
  });

  const good = headerKey(parseId('model:a/b@1'), hexToBytes('ab'.repeat(32)));
  it.each([
    ['nothing', ''],
    ['a plain key', 'model:a/b@1'],
    ['no first separator', good.slice(1)],
    ['no last separator', good.slice(0, -1)],
    ['one part more', `${good}x\u0000`],
    ['one separator more', `${good}\u0000`],
    ['something before', `x${good}`],
    ['an upper-case hash', good.replace('ab'.repeat(32), 'AB'.repeat(32))],
    ['a short hash', good.replace('ab'.repeat(32), 'ab'.repeat(31))],
    ['another type', good.replace('model', 'models')],
    ['an empty name', good.replace('\u0000b\u0000', '\u0000\u0000')],
    ['a separator of ids in a part', good.replace('\u0000b\u0000', '\u0000b@1\u0000')],
    ['a slash in a part', good.replace('\u0000a\u0000', '\u0000a/c\u0000')],
    ['parts that would join to an id', good.replace('\u0000a\u0000b\u00001', '\u0000\u0000a/b\u00001')],
    ["the shim's stop", good.replace('ab'.repeat(32), `${'ab'.repeat(32)}~stop`)],
  ])('%s is none', (_, key) => {
    expect(parseHeaderKey(key)).toBeUndefined();
  });

  it('of anything else are read without an error, and only if they were made here', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(part(), fc.string({ unit: 'binary' }), fc.constantFrom(...recordTypes))),
        (parts) => {
          const key = parts.join('\u0000');
          const parsed = parseHeaderKey(key);
          if (parsed !== undefined) expect(headerKey(parsed.id, hexToBytes(parsed.markHash))).toBe(key);
        },
      ),
    );
  });
});
