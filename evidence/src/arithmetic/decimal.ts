import { Decimal } from 'decimal.js';
import type { Fraction } from './fraction.js';

/**
 * Decimal arithmetic that gives the same digits on every machine: endorsers compare theirs, and Math.exp, Math.log and
 * Math.pow may differ in the last bit from one engine to the next (docs/decisions/0005).
 *
 * Numbers are computed with 40 significant digits, so what is left of the errors of some thousand operations lies below the
 * 30th place, where {@link roundDown} and {@link roundUp} cut it off before they round outward.
 */
const Real = Decimal.clone({ precision: 40, rounding: Decimal.ROUND_HALF_EVEN });
export type Real = Decimal;

/** Decimal places of every statistic that is recorded. */
export const places = 12;
const certainPlaces = 30;

export function real(value: Fraction | bigint | number | string): Real {
  if (typeof value === 'object') return new Real(value.num.toString()).div(value.den.toString());
  return new Real(typeof value === 'bigint' ? value.toString() : value);
}

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
