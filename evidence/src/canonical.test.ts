import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { parse as losslessParse } from 'lossless-json';
import { canonicalJson, type Json, jsonPointerToken, maximalDepth, parseJson } from './canonical.js';
import { ProofwardError } from './errors.js';

function refusal(run: () => unknown): ProofwardError {
  try {
    run();
  } catch (error) {
    if (error instanceof ProofwardError) return error;
    throw error;
  }
  throw new Error('accepted');
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('canonicalJson', () => {
  it('is RFC 8785 also where the members are in order already', () => {
    const value = fc.jsonValue().filter((candidate) => {
      try {
        return canonicalJson(candidate) !== '';
      } catch {
        return false;
      }
    });
    fc.assert(
      fc.property(value, (candidate) => {
        const text = canonicalize(candidate);
        expect(canonicalJson(candidate)).toBe(text);
        expect(canonicalJson(JSON.parse(text ?? ''))).toBe(text);
      }),
    );
    expect(canonicalJson({ a: -0, b: 1e21 / 1e6, c: [undefined].slice(1), d: undefined, é: '\u007f\u2028' })).toBe(
      '{"a":0,"b":1000000000000000,"c":[],"é":"\u007f\u2028"}',
    );
    expect(canonicalJson({ a: 1, '': { b: 1, A: 2 } })).toBe('{"":{"A":2,"b":1},"a":1}');
  });

  it('sorts members by UTF-16 code units (RFC 8785, section 3.2.3)', () => {
    const members = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const values = Object.values(JSON.parse(canonicalJson(members)) as Record<string, string>);
    expect(canonicalJson(members).startsWith('{"\\r":"Carriage Return","1":"One"')).toBe(true);
    // JSON.parse moves the member 1 to the front; the rest keeps its order.
    expect(values.slice(1)).toEqual([
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('encodes the example of RFC 8785, section 3.2.2, but for its number beyond 2^53', () => {
    const text = String.raw`{"numbers":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
    const expected = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    expect(canonicalJson(parseJson(text))).toBe(expected);
  });

  it.each([
    [-0, '0'],
    [1e-7, '1e-7'],
    [0.000001, '0.000001'],
    [5e-324, '5e-324'],
    [-9007199254740991, '-9007199254740991'],
    [295147905179352.8, '295147905179352.8'],
  ])('encodes the number %p as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('leaves absent optional members out and keeps empty ones', () => {
    expect(canonicalJson({ b: undefined, a: null, '': [], c: {} })).toBe('{"":[],"a":null,"c":{}}');
  });

  it.each([
    ['NaN', { a: Number.NaN }, '/a'],
    ['an infinity', [Number.POSITIVE_INFINITY], '/0'],
    ['2^53', { a: [0, 2 ** 53] }, '/a/1'],
    ['a lone surrogate', { a: { b: '\ud800' } }, '/a/b'],
    ['a lone surrogate in a name', { '\udc00': 1 }, ''],
    ['undefined in a list', [undefined], '/0'],
    ['a hole in a list', Array.from({ length: 1 }).concat(new Array(1)), '/0'],
    ['a function', { a: () => 1 }, '/a'],
    ['a bigint', { a: 1n }, '/a'],
    ['a Map', { a: new Map([[1, 2]]) }, '/a'],
    ['a Date', { a: new Date(0) }, '/a'],
    ['bytes', { a: new Uint8Array(2) }, '/a'],
    ['a boxed text', { a: Object('b') as unknown }, '/a'],
    ['a toJSON of its own', { a: { toJSON: () => 1 } }, '/a/toJSON'],
    ['__proto__', { a: JSON.parse('{"__proto__":1}') as unknown }, '/a'],
  ])('refuses %s', (_, value, pointer) => {
    const error = refusal(() => canonicalJson(value));
    expect([error.code, error.pointer]).toEqual(['INVALID_JSON', pointer]);
  });

  it('refuses depth and cycles with its own error', () => {
    let deep: unknown[] = [];
    for (let i = 0; i < 1e5; i++) deep = [deep];
    expect(refusal(() => canonicalJson(deep)).code).toBe('INVALID_JSON');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(refusal(() => canonicalJson(cycle)).code).toBe('INVALID_JSON');
  });

  it('is one form: what it encodes is read back and encoded the same', () => {
    fc.assert(
      fc.property(json(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(parseJson(text))).toBe(text);
      }),
    );
  });

  it('does not depend on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.dictionary(name(), json()), (members) => {
        const reversed = Object.fromEntries(Object.entries(members).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(members));
      }),
    );
  });
});

describe('parseJson', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    String.raw`{"a":1,"\u0061":1}`,
    '{"a":{"b":1,"b":1}}',
    '{"a":{"b":1,"b":2},"a":3}',
    '[{"a":1},{"a":1,"b":":","a":1}]',
  ])('refuses the duplicate key of %s', (text) => {
    expect(refusal(() => parseJson(text)).message).toContain('duplicate');
  });

  it('does not take colons in texts for members', () => {
    expect(parseJson(String.raw`{"a:b":":","c":"\":\\","d":["\\\":"]}`)).toEqual({
      'a:b': ':',
      c: '":\\',
      d: ['\\":'],
    });
  });

  it.each(['9007199254740992', '-9007199254740992', '9007199254740993.0', '1e30', '1e400', '[-1E+309]'])(
    'refuses the number %s',
    (text) => {
      expect(refusal(() => parseJson(text)).code).toBe('INVALID_JSON');
    },
  );

  it.each(['', '01', '[1,]', "{'a':1}", '1 2', 'NaN', '[1]//', '\ufeff1', '"\t"', '{"a"}', '"\\x"'])(
    'refuses %p, which is not JSON',
    (text) => {
      expect(refusal(() => parseJson(text)).code).toBe('INVALID_JSON');
    },
  );

  it.each(['{"__proto__":1}', '{"a":[{"__proto__":{"b":1}}]}', String.raw`{"\u005f_proto__":1}`])(
    'refuses %s, and no prototype changes',
    (text) => {
      expect(refusal(() => parseJson(text)).code).toBe('INVALID_JSON');
      expect(({} as Record<string, unknown>)['b']).toBeUndefined();
    },
  );

  it.each([String.raw`"\ud800"`, String.raw`{"\udc00":1}`, String.raw`["\ud83d\ud83d"]`])(
    'refuses the lone surrogate of %s',
    (text) => {
      expect(refusal(() => parseJson(text)).code).toBe('INVALID_JSON');
    },
  );

  it('reads so many levels and no more, however many there are', () => {
    expect(canonicalJson(parseJson(nested(maximalDepth)))).toBe(nested(maximalDepth));
    for (const depth of [maximalDepth + 1, 1e5, 1e6]) {
      expect(refusal(() => parseJson(nested(depth))).message).toContain('deep');
      expect(refusal(() => parseJson('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))).message).toContain('deep');
    }
  });

  it('quotes nothing of a text that may be private', () => {
    const error = refusal(() => parseJson('{"diagnosis": canary }'));
    expect(error.message).not.toContain('canary');
    expect(error.cause).toBeUndefined();
  });

  it('reads what another parser reads', () => {
    fc.assert(
      fc.property(json(), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(parseJson(text)).toEqual(losslessParse(text, null, Number));
      }),
    );
  });

  it('refuses a random object of which one member is doubled', () => {
    fc.assert(
      fc.property(fc.dictionary(name(), json(), { minKeys: 1 }), fc.nat(), fc.nat(), (members, which, where) => {
        const entries = Object.entries(members).map(
          ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
        );
        const double = entries[which % entries.length] ?? '';
        entries.splice(where % (entries.length + 1), 0, double);
        expect(refusal(() => parseJson(`[{${entries.join(',')}}]`)).message).toContain('duplicate');
      }),
    );
  });
});

describe('jsonPointerToken', () => {
  it('escapes as RFC 6901 says', () => {
    expect(['a/b', 'm~n', '~1', 0].map(jsonPointerToken)).toEqual(['a~1b', 'm~0n', '~01', '0']);
  });
});

function name(): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary' }).filter((text) => text !== '__proto__' && text.isWellFormed());
}

function json(): fc.Arbitrary<Json> {
  return fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant(null),
      fc.boolean(),
      name(),
      fc.maxSafeInteger(),
      fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name(), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
}
