import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { TargetName } from '../state/shape.js';
import { basePortSchema } from '../topology/document.js';

export interface StartFlags {
  target: TargetName;
  once: boolean;
  fresh: boolean;
  consortium: string;
  /** The folder of start.json; each target has a folder in it. */
  root: string;
  basePort: number | undefined;
}

export const startUsage = `usage: npm start -- [--target embedded|fabric] [--once] [--fresh] [--consortium NAME|FILE]
                    [--state DIR] [--base-port N]

  --target      the ledger: embedded (default, one process) or fabric (Hyperledger Fabric's binaries in FABRIC_BIN or PATH)
  --once        start everything, record, print the inspector's answer, stop and exit 0 if every step was right
  --fresh       forget what earlier starts of this target recorded
  --consortium  a file of org-configs/ without .yaml, or a path (default: consortium)
  --state       where everything is kept (default: .proofward)
  --base-port   the first port, in place of the consortium file's

  DATABASE_URL  a PostgreSQL server in which every organisation gets a database (default: one is started)`;

/** @throws Error for an unknown flag or value */
export function parseFlags(argv: readonly string[]): StartFlags | 'help' {
  const values = split(argv);
  if (values.help) return 'help';
  const { target, once, fresh, consortium } = values;
  if (target !== 'embedded' && target !== 'fabric') throw new Error(`--target is embedded or fabric, not ${target}`);
  const basePort = values['base-port'];
  if (basePort !== undefined && !basePortSchema.safeParse(wholeNumber(basePort)).success) {
    const { minValue, maxValue } = basePortSchema;
    throw new Error(
      `--base-port is a port between ${minValue ?? ''} and ${maxValue ?? ''}, not ${basePort || 'nothing'}`,
    );
  }
  if (values.state === '') throw new Error('--state names no folder');
  const root = resolve(values.state ?? resolve(import.meta.dirname, '../../../.proofward'));
  return { target, once, fresh, consortium, root, basePort: basePort === undefined ? undefined : Number(basePort) };
}

function wholeNumber(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : NaN;
}

function split(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        target: { type: 'string', default: 'embedded' },
        once: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        consortium: { type: 'string', default: 'consortium' },
        state: { type: 'string' },
        'base-port': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    // What follows the first sentence is advice for positional arguments, of which there are none.
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(message.split(/\. |\n/)[0] ?? message, { cause });
  }
}
