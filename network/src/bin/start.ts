import { NetworkError } from '../errors.js';
import { parseFlags, type StartFlags, startUsage } from '../start/flags.js';
import { Interrupted, start } from '../start/run.js';

const print = (text: string) => process.stdout.write(`${text}\n`);

const flags = readFlags();
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!ending.signal.aborted) print('\nstopping ...');
    ending.abort();
  });
}
try {
  await start(flags, ending.signal, print);
} catch (error) {
  if (!(error instanceof Interrupted)) {
    process.stderr.write(`proofward: ${oneLine(error)}\n`);
    process.exit(1);
  }
}
process.exit(0);

function oneLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  // What no part of the network has a remedy for comes from a damaged folder or database.
  const remedy = '; restore the state folder from a copy, or begin anew with `npm start -- --fresh`, which forgets it';
  return error instanceof NetworkError ? line : line + remedy;
}

function readFlags(): StartFlags {
  try {
    const parsed = parseFlags(process.argv.slice(2));
    if (parsed !== 'help') return parsed;
    print(startUsage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`proofward: ${error instanceof Error ? error.message : String(error)}\n${startUsage}\n`);
    process.exit(2);
  }
}
