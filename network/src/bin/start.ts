import { failureLine, oneLine } from '../start/failure.js';
import { parseFlags, type StartFlags, startUsage } from '../start/flags.js';
import type { Console } from '../start/run.js';

/** As a shell says it of a command that was interrupted: 128 + SIGINT. */
const interruptedStatus = 130;

// What is written from here on, also by what is started, is for the eyes of its owner.
process.umask(0o077);
// Whoever reads the output may go away; what was started has to be ended all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const print = (text: string) => process.stdout.write(`${text}\n`);

const flags = readFlags();
// Only now: fabric-network, deep in a gateway, reads this process's arguments too and answers --help and --version itself.
const { Interrupted, start } = await import('../start/run.js');
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    print(ending.signal.aborted ? 'still stopping ...' : '\nstopping ...');
    ending.abort(new Interrupted());
  });
}
process.exit(await run());

async function run(): Promise<number> {
  try {
    await start(flags, ending.signal, onTerminal());
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return interruptedStatus;
    process.stderr.write(`proofward: ${await failureLine(error, flags.root)}\n`);
    return 1;
  }
}

/** What is shown for the moment is written over by what comes next. */
function onTerminal(): Console {
  if (!process.stdout.isTTY) return { print };
  const eraseLine = '\x1b[2K';
  return {
    print: (text) => print(`${eraseLine}${text}`),
    showCurrent: (text) => process.stdout.write(`${eraseLine}${text}`),
  };
}

function readFlags(): StartFlags {
  try {
    const parsed = parseFlags(process.argv.slice(2));
    if (parsed !== 'help') return parsed;
    print(startUsage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`proofward: ${oneLine(error)}\n${startUsage}\n`);
    process.exit(2);
  }
}
