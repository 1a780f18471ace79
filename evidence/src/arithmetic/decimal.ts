import { Decimal } from 'decimal.js';
import type { Fraction } from './fraction.js';

/**
 * Decimal arithmetic that gives the same digits on every machine: endorsers compare theirs, and Math.exp, Math.log and
 * Math.pow may differ in the last bit from one engine to the next (docs/decisions/0005).
 */
export type Real = Decimal;

/** Numbers that are computed with so many significant digits, from exact ones. */
export function decimals(precision: number): { real: (value: Fraction | bigint | number | string) => Real } {
  const Precise = Decimal.clone({ precision, rounding: Decimal.ROUND_HALF_EVEN });
  return {
    real: (value) => {
      if (typeof value === 'object') return new Precise(value.num.toString()).div(value.den.toString());
      return new Precise(typeof value === 'bigint' ? value.toString() : value);
    },
  };
}

/**
 * With 40 digits what is left of the errors of some thousand operations lies below the 30th place, where {@link roundDown}
 * and {@link roundUp} cut it off before they round outward.
 */
export const { real } = decimals(40);

/** Decimal places of every statistic that is recorded. */
export const places = 12;
const certainPlaces = 30;

/** The largest decimal of {@link places} places that is not above the value. */
export function roundDown(value: Real): string {
  return rounded(value, Decimal.ROUND_FLOOR);
}

/** The smallest decimal of {@link places} places that is not below the value. */
export function roundUp(value: Real): string {
  return rounded(value, Decimal.ROUND_CEIL);
}

/** Cutting the uncertain digits first keeps what is exact, a bound of 1 for example, from moving by a whole last place. */
function rounded(value: Real, direction: Decimal.Rounding): string {
  return value
    .toDecimalPlaces(certainPlaces, Decimal.ROUND_HALF_EVEN)
    .toDecimalPlaces(places, direction)
    .toFixed(places);
}
