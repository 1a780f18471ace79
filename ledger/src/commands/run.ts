import { readConfig } from '../config/read-config.js';
import { LedgerFault } from '../errors.js';
import { createLog, type Log } from '../log.js';
import { RunningLedger } from '../running-ledger.js';

/** Runs a ledger in the foreground, until SIGTERM or SIGINT. `failed` ends the process. */
export async function run(file: string, failed: (cause: unknown) => never): Promise<void> {
  const config = readConfig(file);
  const log = createLog(config.logLevel);
  log.info({ channel: config.channel, data: config.data }, 'one operator runs this ledger; it is not a consortium');
  const starting = RunningLedger.start(config, log, failed);
  process.on('SIGHUP', () => {
    starting.then((started) => reload(file, started, log)).catch(failed);
  });
  const ledger = await starting;
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    ledger.close().then(() => process.exit(0), failed);
  };
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
