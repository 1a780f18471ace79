import { pino } from 'pino';

export type Log = pino.Logger;

/** Standard output belongs to the line that says the ledger is ready. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, logTo(2));
}

/** Characters that wait for a disk that is full; what comes above it is not kept. */
const MOST_WAITING = 4 * 1024 * 1024;

/** A full disk is no reason to end: lines are tried again with the next ones. */
export function logTo(fd: number): pino.DestinationStream {
  const destination = pino.destination({ fd, sync: true, maxLength: MOST_WAITING });
  destination.on('error', () => undefined);
  return destination;
}
