import { join } from 'node:path';
import { openNetwork } from '../network.js';
import { type Progress, performing, type Report } from '../progress.js';
import { makeFolder } from '../state/files.js';
import { withLock } from '../state/lock.js';
import { loadTopology } from '../topology/load.js';
import { banner, twoViews } from './banner.js';
import { makeFirstRecords } from './first-records/first-records.js';
import type { StartFlags } from './flags.js';
import { Stack } from './stack.js';
import { writeStackFile } from './stack-file.js';

/** `npm start`: everything up, a first record of each kind, and then until `ended` says to stop. */
export async function start(flags: StartFlags, ended: AbortSignal, print: (text: string) => void): Promise<void> {
  await makeFolder(flags.root);
  await withLock(join(flags.root, 'start.lock'), { patienceMs: 0 }, async () => {
    const report = ({ step, state, detail, elapsedMs }: Progress) => {
      if (state === 'started') return;
      print(
        `${state === 'done' ? '✓' : '✗'} ${step.padEnd(16)}${(elapsedMs / 1000).toFixed(1).padStart(6)} s  ${detail ?? ''}`,
      );
    };
    const topology = loadTopology({
      consortium: flags.consortium,
      ...(flags.basePort === undefined ? {} : { basePort: flags.basePort }),
    });
    const stateDir = join(flags.root, flags.target);
    const network = await openNetwork({ topology, target: flags.target, stateDir, report, owner: 'start' });
    const stack = new Stack(network, report);
    if (flags.fresh) await stack.forget();
    try {
      await orEnded(ended, bringUp(stack, flags, report, print));
      if (!flags.once) await orEnded(ended, forever(ended));
    } finally {
      if (!ended.aborted) print('stopping ...');
      await stack.downOwn();
    }
  });
}

async function bringUp(stack: Stack, flags: StartFlags, report: Report, print: (text: string) => void): Promise<void> {
  await stack.up();
  const startFile = join(flags.root, 'start.json');
  await writeStackFile(startFile, stack.description);
  const records = await performing(report, 'first records', () => makeFirstRecords(stack));
  print(records.created === 0 ? 'all records were there already' : `${records.created} records made`);
  if (flags.once) {
    print((await twoViews(stack, records)).join('\n'));
    return;
  }
  print(await banner(stack, records));
  print(`\nPrograms find this in ${startFile}. Ctrl-C ends it.`);
}

/** Waits for work or for the signal to end, whichever comes first; work that the end overtook fails on its own. */
async function orEnded(ended: AbortSignal, work: Promise<unknown>): Promise<void> {
  work.catch(() => undefined);
  const end = new Promise<never>((_, reject) => {
    const interrupt = () => {
      reject(new Interrupted());
    };
    if (ended.aborted) interrupt();
    else ended.addEventListener('abort', interrupt, { once: true });
  });
  await Promise.race([work, end]);
}

/** Until the signal to end. A promise alone would not keep the process alive. */
function forever(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => undefined, 2 ** 30);
    ended.addEventListener('abort', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

/** Somebody pressed Ctrl-C; not a failure. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
