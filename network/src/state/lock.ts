import { link, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { NetworkError } from '../errors.js';
import { startTimeOf } from '../process/identity.js';
import { writeWhole } from './files.js';
import { isSystemError } from './system-error.js';

const holderSchema = z.strictObject({ pid: z.number(), startedAt: z.string(), command: z.string(), since: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** Runs `action` while this process alone holds the lock; a holder that has died does not count. */
export async function withLock<Result>(
  path: string,
  { patienceMs, remedy = 'wait until it is done' }: { patienceMs: number; remedy?: string },
  action: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const holder = await acquire(path);
    if (holder === undefined) break;
    if (performance.now() >= deadline) {
      throw new NetworkError(
        'STATE_LOCKED',
        `${path} is held by pid ${holder.pid} since ${holder.since} (${holder.command})`,
        remedy,
      );
    }
    await sleep(50);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

/** Takes the lock, or answers who has it. A hard link appears whole or not at all, so nobody reads half a holder. */
async function acquire(path: string): Promise<Holder | undefined> {
  const own: Holder = {
    pid: process.pid,
    startedAt: startTimeOf(process.pid) ?? '',
    command: process.argv.slice(1).join(' '),
    since: new Date().toISOString(),
  };
  const claim = `${path}.${process.pid}-${(claims++).toString()}`;
  await writeWhole(claim, JSON.stringify(own));
  try {
    await link(claim, path);
    return undefined;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    await rm(claim, { force: true });
  }
  const holder = await readHolder(path);
  if (holder !== undefined && startTimeOf(holder.pid) === holder.startedAt) return holder;
  await bury(path, holder, `${claim}.dead`);
  return acquire(path);
}

let claims = 0;

/** Takes a dead holder's lock away; a lock that somebody else took meanwhile is given back. */
async function bury(path: string, dead: Holder | undefined, grave: string): Promise<void> {
  try {
    await rename(path, grave);
  } catch {
    return;
  }
  const taken = await readHolder(grave);
  if (taken?.pid !== dead?.pid || taken?.startedAt !== dead?.startedAt) await link(grave, path).catch(() => undefined);
  await rm(grave, { force: true });
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
