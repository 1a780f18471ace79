import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ProofwardError } from '../errors.js';
import { parseWith } from './validate.js';

const schema = z.strictObject({ 'a/b': z.array(z.strictObject({ n: z.int() })).optional(), c: z.string().optional() });

function refusal(value: unknown): ProofwardError {
  try {
    parseWith(schema, value, '/private');
  } catch (error) {
    if (error instanceof ProofwardError) return error;
  }
  throw new Error('accepted');
}

describe('parseWith', () => {
  it('gives the parsed value', () => {
    expect(parseWith(schema, { c: 'x' })).toEqual({ c: 'x' });
  });

  it.each([
    [{ 'a/b': [{ n: 1 }, { n: 'canary' }] }, '/private/a~1b/1/n'],
    [{ c: 1 }, '/private/c'],
    [{ extra: 'canary' }, '/private/extra'],
    [{ 'a/b': [{ n: 1, 'x~y': 'canary' }] }, '/private/a~1b/0/x~0y'],
    ['canary', '/private'],
    [null, '/private'],
  ])('points at what is wrong in %j and quotes no value', (value, pointer) => {
    const error = refusal(value);
    expect([error.code, error.pointer]).toEqual(['INVALID_FIELD', pointer]);
    expect(error.message).not.toContain('canary');
  });

  it('says another code where its caller has one', () => {
    expect(() => parseWith(schema, 1, '/id', 'INVALID_ID')).toThrow(expect.objectContaining({ code: 'INVALID_ID' }));
  });
});
