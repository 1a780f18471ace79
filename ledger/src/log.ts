import { pino } from 'pino';

export type Log = pino.Logger;

/** Standard output belongs to the line that says the ledger is ready. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
