import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clockTolerance, NetworkClock } from './network-clock.js';

const at = (time: string): number => Date.parse(`2026-01-01T${time}:00.000Z`);
const year2099 = Date.parse('2099-01-01T00:00:00.000Z');

function clockOf(...claims: [string, number][]): NetworkClock {
  const clock = new NetworkClock();
  for (const claim of claims) clock.observe(...claim);
  return clock;
}

describe('the clock of a network', () => {
  test('is not there until two organisations have claimed a time, and takes each claim as it is', () => {
    expect(new NetworkClock().now).toBeUndefined();
    const clock = clockOf(['A', at('10:00')]);
    expect(clock.now).toBeUndefined();
    expect(clock.place(at('08:00'))).toEqual({ knownAt: at('08:00'), isBehind: false });
  });

  test('is moved by no single organisation, neither ahead nor back', () => {
    expect(clockOf(['A', at('10:00')], ['B', at('10:01')], ['C', year2099]).now).toBe(at('10:01'));
    expect(clockOf(['A', at('10:00')], ['B', at('10:01')], ['C', at('01:00')]).now).toBe(at('10:00'));
  });

  test('marks what claims to be older than the tolerance, and it was not known before it was there', () => {
    const clock = clockOf(['A', at('10:00')], ['B', at('10:01')]);
    expect(clock.place(at('09:00'))).toEqual({ knownAt: at('10:00'), isBehind: true });
    expect(clock.place(at('10:00') - clockTolerance)).toEqual({ knownAt: at('10:00'), isBehind: false });
    expect(clock.place(at('10:00') - clockTolerance - 1)).toEqual({ knownAt: at('10:00'), isBehind: true });
    expect(clock.place(at('10:05'))).toEqual({ knownAt: at('10:05'), isBehind: false });
  });

  test('never runs backwards, and whatever one organisation claims stays between what the others say', () => {
    const claim = fc.tuple(fc.constantFrom('A', 'B', 'C', 'D'), fc.integer({ min: 0, max: 10_000 }));
    fc.assert(
      fc.property(fc.array(claim), fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 5 }), (claims, lies) => {
        const clock = new NetworkClock();
        let before = Number.NEGATIVE_INFINITY;
        for (const each of claims) {
          clock.observe(...each);
          expect(clock.now ?? before).toBeGreaterThanOrEqual(before);
          before = clock.now ?? before;
        }
        const others = [...clock.claims.values()].sort((one, other) => other - one);
        for (const lie of lies) clock.observe('liar', lie);
        if (lies.length > 0 && others.length > 0) {
          expect(clock.now).toBeLessThanOrEqual(others[0] ?? 0);
          expect(clock.now).toBeGreaterThanOrEqual(Math.min(others[1] ?? Math.max(...lies), others[0] ?? 0));
        }
      }),
    );
  });
});
