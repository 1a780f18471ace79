/** An exact rational number; the denominator is positive, and the fraction need not be in lowest terms. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

/** @throws RangeError for a denominator that is not positive */
export function fraction(num: bigint, den: bigint): Fraction {
  if (den <= 0n) throw new RangeError('a fraction has a positive denominator');
  return { num, den };
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareFractions(a: Fraction, b: Fraction): -1 | 0 | 1 {
  const left = a.num * b.den;
  const right = b.num * a.den;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The number that a decimal text (`decimalSchema`) stands for. */
export function parseDecimal(text: string): Fraction {
  const [whole = '', digits = ''] = text.split('.');
  return fraction(BigInt(whole + digits), 10n ** BigInt(digits.length));
}

/** A fraction with a fixed number of decimal places, rounded half to even. */
export function formatFraction({ num, den }: Fraction, places: number): string {
  const scaled = (num < 0n ? -num : num) * 10n ** BigInt(places);
  const below = scaled / den;
  const twice = (scaled - below * den) * 2n;
  const rounded = twice > den || (twice === den && below % 2n === 1n) ? below + 1n : below;
  const digits = rounded.toString().padStart(places + 1, '0');
  const sign = num < 0n && rounded > 0n ? '-' : '';
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
