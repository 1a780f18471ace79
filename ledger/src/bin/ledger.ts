import { parseArgs } from 'node:util';
import { readConfig } from '../config/read-config.js';
import { LedgerFault, messageOf } from '../errors.js';
import { createLog, type Log } from '../log.js';
import { RunningLedger } from '../running-ledger.js';

const USAGE = 'usage: ledger --config FILE';

async function main(): Promise<void> {
  const file = configFile();
  const config = readConfig(file);
  const log = createLog(config.logLevel);
  log.info({ channel: config.channel, data: config.data }, 'one operator runs this ledger; it is not a consortium');
  const ledger = await RunningLedger.start(config, log, fail);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    ledger.close().then(() => process.exit(0), fail);
  };
  process.on('SIGHUP', () => {
    reload(file, ledger, log).catch(fail);
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.stdout.write(`ready ${ledger.connectionPath}\n`);
}

/** What cannot be taken leaves everything as it was. */
async function reload(file: string, ledger: RunningLedger, log: Log): Promise<void> {
  try {
    await ledger.redeploy(readConfig(file));
    log.info({ file }, 'the chaincodes of the configuration are taken over');
  } catch (cause) {
    if (!(cause instanceof LedgerFault) || cause.code === 'DISK_FULL' || cause.code === 'DISK_FAILED') throw cause;
    log.error({ file, reason: cause.message }, 'the configuration is not taken; the old one stays in force');
  }
}

function configFile(): string {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } });
    if (values.config !== undefined) return values.config;
  } catch (cause) {
    throw new LedgerFault('CONFIG_INVALID', messageOf(cause), USAGE, { cause });
  }
  throw new LedgerFault('CONFIG_INVALID', 'no configuration file is given', USAGE);
}

/** One line: what, where, and what to do. */
function fail(cause: unknown): never {
  process.stderr.write(
    `ledger: ${cause instanceof LedgerFault ? cause.message : cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`,
  );
  process.exit(1);
}

main().catch(fail);
