import { join } from 'node:path';
import { openNetwork } from '../network.js';
import { performing } from '../progress.js';
import { makeFolder } from '../state/files.js';
import { withLock } from '../state/lock.js';
import { loadTopology } from '../topology/load.js';
import { banner, inspectorsAnswer } from './banner.js';
import { oneLine } from './failure.js';
import { makeFirstRecords } from './first-records/first-records.js';
import type { StartFlags } from './flags.js';
import { type Print, stepReport } from './report.js';
import { Stack } from './stack.js';
import { writeStackFile } from './stack-file.js';

export interface Console {
  print: Print;
  /** Where lines can be written over. */
  showCurrent?: Print;
}

/**
 * `npm start`: everything up, a first record of each kind, and then until `ended` says to stop.
 *
 * @throws Interrupted where it was ended before everything was up
 */
export async function start(flags: StartFlags, ended: AbortSignal, { print, showCurrent }: Console): Promise<void> {
  const report = stepReport(print, showCurrent);
  const topology = loadTopology({
    consortium: flags.consortium,
    ...(flags.basePort === undefined ? {} : { basePort: flags.basePort }),
  });
  await makeFolder(flags.root);
  const remedy = 'end that one, or choose another folder with --state and other ports with --base-port';
  await withLock(join(flags.root, 'start.lock'), { patienceMs: 0, remedy }, async () => {
    const stateDir = join(flags.root, flags.target);
    const network = await openNetwork({ topology, target: flags.target, stateDir, owner: 'start', report });
    await network.assertAvailable();
    const stack = new Stack(network, report);
    try {
      ended.throwIfAborted();
      if (flags.fresh) await performing(report, 'forget', () => stack.forget());
      await orEnded(ended, bringUp(stack, flags, print));
      if (!flags.once) await untilEnded(ended);
    } finally {
      if (!ended.aborted) print('stopping ...');
      await downOwn(stack, print);
    }
  });
}

async function bringUp(stack: Stack, { once, root }: StartFlags, print: Print): Promise<void> {
  await stack.up();
  for (const warning of stack.warnings) print(`! ${warning}`);
  const startFile = join(root, 'start.json');
  await writeStackFile(startFile, stack.description);
  const records = await performing(
    stack.report,
    'first records',
    () => makeFirstRecords(stack),
    ({ created }) => (created === 0 ? 'all records were there already' : `${created} records made`),
  );
  print(once ? await inspectorsAnswer(stack, records) : await banner(stack, records, startFile));
}

/** What stops it must not hide why it is stopped. */
async function downOwn(stack: Stack, print: Print): Promise<void> {
  try {
    await stack.downOwn();
    const left = (await stack.network.processes()).filter(({ isAlive }) => isAlive).map(({ name }) => name);
    if (left.length > 0) print(`left running, for \`npm run network -- up\` started them: ${left.join(', ')}`);
  } catch (error) {
    print(`not everything was stopped: ${oneLine(error)}; run \`npm run network -- down\``);
  }
}

/** Waits for work or for the signal to end, whichever comes first. */
async function orEnded(ended: AbortSignal, work: Promise<unknown>): Promise<void> {
  await Promise.race([
    work,
    new Promise<never>((_, reject) => {
      const interrupt = () => {
        reject(new Interrupted());
      };
      if (ended.aborted) interrupt();
      ended.addEventListener('abort', interrupt);
    }),
  ]);
}

/** A promise alone would not keep the process alive. */
async function untilEnded(ended: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, 60_000);
  await orEnded(ended, new Promise(() => undefined)).catch(() => undefined);
  clearInterval(alive);
}

/** Somebody pressed Ctrl-C before everything was up. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
