import { open } from 'node:fs/promises';
import { z } from 'zod';

const tailBytes = 16_384;
const serious = /panic|fatal|fatl|pani\b|erro/i;
const entrySchema = z.looseObject({
  msg: z.string(),
  reason: z.string().optional(),
  err: z.looseObject({ message: z.string() }).optional(),
});
/** A stack's frames say where, not what. */
const frame = /^\s*(?:at |goroutine |\S+\.go:\d+|github\.com\/|main\.main|runtime\.|\s)/;

/** The line of a log that most likely says why its process ended: the last serious one, else the last one. */
export async function lastCause(path: string, from = 0): Promise<string | undefined> {
  const lines = (await tail(path, from)).split('\n').filter((line) => line.trim() !== '' && !frame.test(line));
  return told(lines.findLast((line) => serious.test(line)) ?? lines.at(-1) ?? '');
}

/** A line for people; of one that is JSON, what it says and why. */
function told(line: string): string | undefined {
  try {
    const { msg, reason, err } = entrySchema.parse(JSON.parse(line));
    return [msg, reason, err?.message]
      .filter((part) => part !== undefined)
      .join(': ')
      .slice(0, 400);
  } catch {
    return line === '' ? undefined : line.trim().slice(0, 400);
  }
}

/** The end of a log, at most `tailBytes` of it and nothing before `from`. */
export async function tail(path: string, from = 0): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, undefined, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}
