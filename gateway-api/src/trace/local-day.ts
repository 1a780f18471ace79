import { ProofwardError } from '@proofward/evidence';

const hour = 3_600_000;

/**
 * When a day of a time zone begins and ends, in milliseconds: 23 or 25 hours apart where the clock is put forward or back.
 *
 * @param day `YYYY-MM-DD`
 * @param zone of the IANA database
 * @throws ProofwardError INVALID_FIELD
 */
export function localDay(day: string, zone: string): { from: number; to: number } {
  const start = Date.parse(`${day}T00:00:00.000Z`);
  const next = new Date(start + 24 * hour).toISOString().slice(0, 10);
  const dayAt = dayIn(zone);
  return { from: beginning(day, dayAt), to: beginning(next, dayAt) };
}

type DayAt = (milliseconds: number) => string;

/** The first moment of a day: zones are at most 14 hours before and 12 after UTC, and a clock only steps by minutes. */
function beginning(day: string, dayAt: DayAt): number {
  const noon = Date.parse(`${day}T00:00:00.000Z`);
  let [before, after] = [noon - 16 * hour, noon + 16 * hour];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayAt(middle) < day) before = middle;
    else after = middle;
  }
  return after;
}

function dayIn(zone: string): DayAt {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  } catch (cause) {
    throw new ProofwardError('INVALID_FIELD', 'no time zone of that name', { pointer: '/zone', cause });
  }
  return (milliseconds) => format.format(milliseconds);
}
