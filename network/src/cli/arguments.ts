import { parseArgs } from 'node:util';

export const verbs = ['up', 'down', 'status', 'deploy', 'logs', 'binaries'] as const;
export type Verb = (typeof verbs)[number];

export interface Arguments {
  verb: Verb;
  /** For `logs`: whose. */
  process?: string;
  target?: 'fabric' | 'embedded';
  consortium?: string;
  state?: string;
  basePort?: number;
  fresh: boolean;
  follow: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `usage: npm run network -- VERB [options]

  up                start what does not run yet and deploy the chaincode
  down [--fresh]    stop what runs; with --fresh forget certificates, keys and ledger too
  status            processes, ports, heights, chaincode definition
  deploy            package, install, approve and commit the chaincode
  logs [NAME]       the end of a process's log, or of all; --follow to stay
  binaries          which Fabric is found, and where; exit status 1 where none is

  --target fabric|embedded   default: fabric where its binaries are found (FABRIC_BIN or PATH)
  --consortium NAME|FILE     default: consortium, which is org-configs/consortium.yaml
  --state FOLDER             default: .proofward/TARGET
  --base-port N              in place of the consortium file's`;

export function parseArguments(words: string[]): Arguments {
  const { values, positionals } = split(words);
  const [word, process, ...rest] = positionals;
  const verb = verbs.find((candidate) => candidate === word);
  if (verb === undefined) throw new UsageError(word === undefined ? 'no verb' : `unknown verb ${word}`);
  if (rest.length > 0 || (process !== undefined && verb !== 'logs')) {
    throw new UsageError(`${verb} does not take ${[process, ...rest].join(' ')}`);
  }
  if (values.fresh && verb !== 'down') throw new UsageError('--fresh belongs to down');
  if (values.follow && verb !== 'logs') throw new UsageError('--follow belongs to logs');
  const target = values.target;
  if (target !== undefined && target !== 'fabric' && target !== 'embedded') {
    throw new UsageError(`unknown target ${target}`);
  }
  const basePort = values['base-port'];
  if (basePort !== undefined && !/^\d{1,5}$/.test(basePort)) throw new UsageError(`${basePort} is not a port`);
  return {
    verb,
    ...(process === undefined ? {} : { process }),
    ...(target === undefined ? {} : { target }),
    ...(values.consortium === undefined ? {} : { consortium: values.consortium }),
    ...(values.state === undefined ? {} : { state: values.state }),
    ...(basePort === undefined ? {} : { basePort: Number(basePort) }),
    fresh: values.fresh,
    follow: values.follow,
  };
}

function split(words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      strict: true,
      options: {
        target: { type: 'string' },
        consortium: { type: 'string' },
        state: { type: 'string' },
        'base-port': { type: 'string' },
        fresh: { type: 'boolean', default: false },
        follow: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('.')[0] ?? '') : String(error), {
      cause: error,
    });
  }
}
