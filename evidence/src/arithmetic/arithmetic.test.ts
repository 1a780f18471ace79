import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { real, roundDown, roundUp } from './decimal.js';
import { compareFractions, formatFraction, fraction, parseDecimal } from './fraction.js';

const small = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 20n });

describe('a fraction', () => {
  it('needs a positive denominator', () => {
    for (const den of [0n, -1n]) expect(() => fraction(1n, den)).toThrow(RangeError);
  });

  it('is compared exactly', () => {
    const eighty = fraction(2n ** 53n * 4n, 2n ** 53n * 5n);
    expect(compareFractions(eighty, parseDecimal('0.8'))).toBe(0);
    expect(compareFractions(eighty, parseDecimal('0.800000000000000001'))).toBe(-1);
    expect(compareFractions(parseDecimal('-0.5'), parseDecimal('-0.6'))).toBe(1);
  });

  it.each([
    [1n, 3n, 3, '0.333'],
    [2n, 3n, 3, '0.667'],
    [-2n, 3n, 3, '-0.667'],
    [1n, 8n, 2, '0.12'],
    [3n, 8n, 2, '0.38'],
    [-1n, 1000n, 2, '0.00'],
    [5n, 2n, 0, '2'],
    [12345n, 1n, 2, '12345.00'],
  ])('%i/%i with %i places is %s', (num, den, places, text) => {
    expect(formatFraction(fraction(num, den), places)).toBe(text);
  });

  it('is read back from its decimal to within half a unit', () => {
    fc.assert(
      fc.property(small, positive, (num, den) => {
        const back = parseDecimal(formatFraction(fraction(num, den), 12));
        const twice = 2n * (back.num * den - num * back.den);
        expect((twice < 0n ? -twice : twice) * 10n ** 12n <= back.den * den).toBe(true);
      }),
    );
  });
});

describe('rounding outward', () => {
  it('has the number between its two neighbours', () => {
    fc.assert(
      fc.property(small, positive, (num, den) => {
        const value = fraction(num, den);
        const [down, up] = [roundDown(real(value)), roundUp(real(value))].map(parseDecimal);
        if (down === undefined || up === undefined) throw new Error('not rounded');
        expect(compareFractions(down, value)).toBeLessThanOrEqual(0);
        expect(compareFractions(up, value)).toBeGreaterThanOrEqual(0);
        expect((up.num - down.num) * 10n ** 12n).toBeLessThanOrEqual(down.den);
      }),
    );
  });

  it('leaves what is exact, and what is exact but for the last digits', () => {
    for (const value of [real('0.8'), real(4n).div(3).times(3).div(5), real(2n).sqrt().pow(2).div('2.5')]) {
      expect([roundDown(value), roundUp(value)]).toEqual(['0.800000000000', '0.800000000000']);
    }
    expect([roundDown(real('1e-20')), roundUp(real('1e-20'))]).toEqual(['0.000000000000', '0.000000000001']);
    expect([roundDown(real('-1e-20')), roundUp(real('-1e-20'))]).toEqual(['-0.000000000001', '0.000000000000']);
  });

  it('writes small and large numbers without an exponent', () => {
    expect(roundDown(real('123456789012345678.5'))).toBe('123456789012345678.500000000000');
    expect(roundUp(real('1e-12'))).toBe('0.000000000001');
  });
});
