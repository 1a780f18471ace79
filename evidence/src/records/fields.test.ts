import { describe, expect, it } from '@jest/globals';
import { maximalDepth } from '../canonical.js';
import { codeSchema, countSchema, decimalSchema, digestSchema, filesSchema, objectSchema } from './fields.js';
import { formatTime, timeSchema } from './time.js';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

describe('times', () => {
  it.each(['2026-01-31T12:00:00.000Z', '2024-02-29T23:59:59.999Z', '0001-01-01T00:00:00.000Z'])('%s is one', (text) => {
    expect(accepts(timeSchema, text)).toBe(true);
  });

  it.each([
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00.0Z',
    '2026-01-31T12:00:00.000+00:00',
    '2026-02-30T12:00:00.000Z',
    '2025-02-29T00:00:00.000Z',
    '2026-01-31T24:00:00.000Z',
    '2026-06-30T23:59:60.000Z',
    '2026-01-31t12:00:00.000z',
    '+002026-01-31T12:00:00.000Z',
    '2026-01-31T12:00:00.000Z\n',
    '٢٠٢٦-01-31T12:00:00.000Z',
    1769860800000,
  ])('%p is none', (text) => {
    expect(accepts(timeSchema, text)).toBe(false);
  });

  it('do not depend on the clock or zone of who formats them', () => {
    expect(formatTime(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(accepts(timeSchema, formatTime(Number.NaN))).toBe(false);
  });
});

describe('fields', () => {
  it.each(['0', '-0', '0.5', '-12.030', '999999999999999999.999999999999999999'])('%s is a decimal', (text) => {
    expect(accepts(decimalSchema, text)).toBe(true);
  });

  it.each(['', '.5', '5.', '00', '01.5', '+1', '1e3', '1,5', ' 1', '1\n', 'NaN', 0.5])('%p is no decimal', (text) => {
    expect(accepts(decimalSchema, text)).toBe(false);
  });

  it('are digests, codes and counts of one form', () => {
    expect(accepts(digestSchema, 'ab'.repeat(32))).toBe(true);
    for (const wrong of ['AB'.repeat(32), 'ab'.repeat(31), `${'ab'.repeat(32)}\n`, `0x${'ab'.repeat(31)}`]) {
      expect(accepts(digestSchema, wrong)).toBe(false);
    }
    for (const wrong of ['', 'A', 'a b', '-a', 'a'.repeat(65), 'a\n']) expect(accepts(codeSchema, wrong)).toBe(false);
    for (const wrong of [-1, 0.5, 2 ** 53, '1', Number.NaN]) expect(accepts(countSchema, wrong)).toBe(false);
  });

  it('list each file once', () => {
    const file = { path: 'a', size: 1, sha256: 'ab'.repeat(32) };
    expect(accepts(filesSchema, [file, { ...file, path: 'b' }])).toBe(true);
    expect(accepts(filesSchema, [file, { ...file, size: 2 }])).toBe(false);
    expect(accepts(filesSchema, [])).toBe(false);
    expect(accepts(filesSchema, [{ ...file, mode: 1 }])).toBe(false);
  });

  it('hold objects of others that can still be wrapped and read', () => {
    const nested = (depth: number): unknown => JSON.parse(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    expect(accepts(objectSchema, nested(maximalDepth / 2 - 1))).toBe(true);
    expect(accepts(objectSchema, nested(maximalDepth / 2))).toBe(false);
    expect(accepts(objectSchema, [])).toBe(false);
  });
});
