import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { StateLayout } from '../state/layout.js';
import { isAlive } from './record.js';
import type { ProcessPlan, Supervisor } from './supervisor.js';

export const keeperName = 'keeper';
const program = join(import.meta.dirname, '..', 'bin', 'keeper.js');
const lookEveryMs = 300;
const firstDelayMs = 300;
const longestDelayMs = 10_000;

/**
 * The process that starts chaincode again when it dies. It is one small process a network, detached like the others, so
 * that a network which `up` left behind heals as well as one that `npm start` stands beside. Peers and orderers are not
 * kept: why one of them died is a question for its operator, and a restart must not hide it.
 */
export function planKeeper(layout: StateLayout): ProcessPlan {
  return {
    name: keeperName,
    command: [process.execPath, program, layout.root],
    environment: {},
    ports: [],
    timeoutMs: 10_000,
    isReady: () => Promise.resolve(true),
  };
}

/** Looks after the kept processes until `signal` says to stop; one that keeps dying is tried more and more seldom. */
export async function keep(supervisor: Supervisor, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const attempts = new Map<string, { delayMs: number; at: number }>();
  while (!signal.aborted) {
    for (const record of await supervisor.records.all()) {
      if (!record.kept) continue;
      const attempt = attempts.get(record.name) ?? { delayMs: firstDelayMs, at: 0 };
      const sinceAttempt = Date.now() - attempt.at;
      if (isAlive(record)) {
        if (sinceAttempt > longestDelayMs) attempts.delete(record.name);
        continue;
      }
      if (sinceAttempt < attempt.delayMs) continue;
      attempts.set(record.name, { delayMs: Math.min(attempt.delayMs * 2, longestDelayMs), at: Date.now() });
      if (await supervisor.revive(record.name))
        say(`${record.name} had ended (pid ${record.pid}) and was started again`);
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
