import { pino, type DestinationStream, type Logger } from 'pino';
import { isError } from './failure.js';

/**
 * The gateway's log: JSON lines. Nothing from a request goes in but method, path, key id and outcome; the redaction is
 * the second line of defence.
 */
export function newLog(level: string, base: Record<string, string>, destination: DestinationStream = logTo(1)): Logger {
  const options = {
    level,
    base,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    redact: {
      paths: ['*.headers', 'headers', '*.authorization', 'authorization', '*.body', 'body', '*.private', 'private'],
      remove: true,
    },
  };
  return pino(options, destination);
}

/** Characters that wait for a disk that is full; what comes above it is not kept. */
const mostWaiting = 4 * 1024 * 1024;

/** Lines to a file descriptor. A full disk is no reason to end, nor to wait: they are tried again with the next ones. */
export function logTo(fd: number): DestinationStream {
  const destination = pino.destination({ fd, sync: true, maxLength: mostWaiting });
  destination.on('error', () => undefined);
  return destination;
}

interface LoggedError {
  name: string;
  message?: string;
  code?: unknown;
  at?: string[];
  cause?: LoggedError;
}

/**
 * An error as the log may have it. Parsers and PostgreSQL quote what they were given, which may be a private value, so
 * of theirs only the kind is kept.
 */
export function errorForLog(error: unknown): LoggedError {
  if (!isError(error)) return { name: typeof error };
  const quotes = error instanceof SyntaxError || error.name === 'ZodError' || error.name === 'error';
  const frames = error.stack?.split('\n').filter((line) => /^ +at /.test(line)) ?? [];
  return {
    name: error.name,
    ...(quotes ? {} : { message: error.message.slice(0, 500) }),
    ...('code' in error ? { code: error.code } : {}),
    at: frames.slice(0, 4).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: errorForLog(error.cause) }),
  };
}
