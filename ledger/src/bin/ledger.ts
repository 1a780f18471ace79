import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments, wrongUsage } from '../commands/arguments.js';
import { LedgerFault } from '../errors.js';

const USAGE = 'ledger --config FILE';
const HELP = `The embedded ledger: Hyperledger Fabric's protocols in one process.

  ledger --config FILE            run a ledger in the foreground; FILE is YAML or JSON
  ledger dev FOLDER               run a chaincode folder on a ledger of its own, anew after each change
  ledger submit --help            submit a transaction
  ledger evaluate --help          ask a chaincode
  ledger inspect --help           print blocks, transactions, read-write sets and who endorsed

  -h, --help                      this text
  -v, --version                   the version

ledger/README.md lists the fields of FILE, and what each command does.
`;

async function main([command, ...rest]: readonly string[]): Promise<void> {
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  switch (command) {
    case 'inspect': {
      const { inspect, INSPECT_USAGE } = await import('../commands/inspect.js');
      if (!wantsHelp) return inspect(rest);
      print(`usage: ${INSPECT_USAGE}\n`);
      return;
    }
    case 'dev': {
      const { dev, DEV_USAGE } = await import('../commands/dev.js');
      if (!wantsHelp) return dev(rest, fail);
      print(`usage: ${DEV_USAGE}\n`);
      return;
    }
    case 'submit': {
      const { submit, SUBMIT_USAGE } = await import('../commands/transaction.js');
      if (!wantsHelp) return submit(rest);
      print(`usage: ${SUBMIT_USAGE}\n`);
      return;
    }
    case 'evaluate': {
      const { evaluate, EVALUATE_USAGE } = await import('../commands/transaction.js');
      if (!wantsHelp) return evaluate(rest);
      print(`usage: ${EVALUATE_USAGE}\n`);
      return;
    }
    default:
      return start(command === undefined ? [] : [command, ...rest]);
  }
}

async function start(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(
    args,
    {
      config: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
    USAGE,
  );
  if (values.help === true) {
    print(HELP);
    return;
  }
  if (values.version === true) {
    print(`${version()}\n`);
    return;
  }
  if (positionals[0] !== undefined)
    throw wrongUsage(`there is no command ${positionals[0]}`, `${USAGE}, or ledger --help`);
  if (values.config === undefined) throw wrongUsage('no configuration file is given', `${USAGE}, or ledger --help`);
  const { run } = await import('../commands/run.js');
  return run(values.config, fail);
}

function print(text: string): void {
  process.stdout.write(text);
}

function version(): string {
  const file = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** One line: what, where, and what to do. */
function fail(cause: unknown): never {
  process.stderr.write(
    `ledger: ${cause instanceof LedgerFault ? cause.message : cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`,
  );
  process.exit(1);
}

process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  // The reader of a pipe has seen enough.
  if (cause.code === 'EPIPE') process.exit(0);
  fail(cause);
});
main(process.argv.slice(2)).catch(fail);
