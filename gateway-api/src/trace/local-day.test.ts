import { describe, expect, test } from '@jest/globals';
import { localDay } from './local-day.js';

describe('a local day', () => {
  test.each([
    ['2026-06-15', 'Etc/UTC', '2026-06-15T00:00:00.000Z', 24],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', 23],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', 25],
    ['2026-06-15', 'Asia/Kathmandu', '2026-06-14T18:15:00.000Z', 24],
    ['2026-06-15', 'Pacific/Kiritimati', '2026-06-14T10:00:00.000Z', 24],
    ['2026-06-15', 'Etc/GMT+12', '2026-06-15T12:00:00.000Z', 24],
    // The clock is put forward at midnight, so the day begins at one.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', 23],
    // Samoa went to the other side of the date line, and had no such day.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', 0],
  ])('%s in %s begins at %s and has %d hours', (day, zone, begins, hours) => {
    const { from, to } = localDay(day, zone);
    expect(new Date(from).toISOString()).toBe(begins);
    expect((to - from) / 3_600_000).toBe(hours);
  });

  test('of an unknown zone is refused', () => {
    expect(() => localDay('2026-06-15', 'Mars/Olympus')).toThrow('no time zone of that name');
  });
});
