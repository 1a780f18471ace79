import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join, relative, resolve } from 'node:path';
import { checkConfig, readConfig } from '../config/read-config.js';
import type { ReadConfig } from '../config/schema.js';
import { build } from '../dev/build.js';
import { withChaincode } from '../dev/deployed-chaincode.js';
import { projectIn } from '../dev/project.js';
import { ServerProcess } from '../dev/server-process.js';
import { watchFolder } from '../dev/watch.js';
import { LedgerFault } from '../errors.js';
import { createLog } from '../log.js';
import { RunningLedger } from '../running-ledger.js';
import { readArguments, wrongUsage } from './arguments.js';
import { DEFAULT_CONNECTION } from './transaction.js';

export const DEV_USAGE = 'ledger dev FOLDER [--name NAME] [--config FILE]';

/** Runs a ledger with the chaincode of a folder, and runs the folder's chaincode anew whenever it changes. */
export async function dev(args: readonly string[], failed: (cause: unknown) => never): Promise<void> {
  const options = { name: { type: 'string' }, config: { type: 'string' } } as const;
  const { values, positionals } = readArguments(args, options, DEV_USAGE);
  const [given, unexpected] = positionals;
  if (given === undefined) throw wrongUsage('no chaincode folder is given', DEV_USAGE);
  if (unexpected !== undefined) throw wrongUsage(`unexpected argument ${unexpected}`, DEV_USAGE);
  const folder = folderAt(given);
  const name =
    values.name ??
    basename(folder)
      .replace(/[^a-zA-Z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
  const config = values.config === undefined ? defaultConfig() : readConfig(values.config);
  const session = new DevSession(folder, name, config);
  const stopped = new AbortController();
  const stop = (): void => {
    stopped.abort();
    session.close().then(() => process.exit(0), failed);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await session.start(failed);
  await watchFolder(folder, [config.data], () => session.redeploy('the chaincode has changed'), stopped.signal);
}

function folderAt(given: string): string {
  try {
    const folder = realpathSync(resolve(given));
    if (statSync(folder).isDirectory()) return folder;
  } catch {
    // Said below.
  }
  throw new LedgerFault('CONFIG_INVALID', `there is no folder ${given}`, 'name the folder of a chaincode');
}

/** Two organisations, so that an endorsement is by more than one; all is made in ./ledger-data. */
function defaultConfig(): ReadConfig {
  return checkConfig(
    { logLevel: 'warn', organizations: [{ mspId: 'Org1MSP' }, { mspId: 'Org2MSP' }] },
    join(process.cwd(), 'ledger dev'),
  );
}

class DevSession {
  private servers: ServerProcess[] = [];
  private ledger: RunningLedger | undefined;
  private builds = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly config: ReadConfig,
  ) {}

  async start(failed: (cause: unknown) => never): Promise<void> {
    const next = await this.buildAndServe();
    try {
      this.ledger = await RunningLedger.start(this.configWith(next), createLog(this.config.logLevel), failed);
    } catch (cause) {
      for (const server of next) server.stop();
      throw cause;
    }
    this.servers = next;
    const { connectionPath } = this.ledger;
    process.stdout.write(`ready ${connectionPath}\n`);
    const command = launcher();
    const connection = relative(process.cwd(), connectionPath);
    const to = connection === DEFAULT_CONNECTION ? '' : `--connection ${connection} `;
    say(`chaincode ${this.name} runs for ${this.config.organizations.map(({ mspId }) => mspId).join(' and ')}`);
    say(`what it offers:  ${command} evaluate ${to}${this.name} org.hyperledger.fabric:GetMetadata`);
    say(`a transaction:   ${command} submit ${to}${this.name} FUNCTION ARGUMENT...`);
    say(`what happened:   ${command} inspect --data ${relative(process.cwd(), this.config.data)}`);
    say(`watching ${this.folder}; Ctrl-C ends all`);
  }

  async redeploy(why: string): Promise<void> {
    this.last = this.last.then(() => this.replaceServers(why));
    await this.last;
  }

  /** As a peer does it; where both ended in one transaction, they come back together. */
  private revive(how: string): void {
    this.last = this.last.then(async () => {
      if (this.servers.some((server) => !server.isRunning)) await this.replaceServers(how);
    });
  }

  /** What does not build or start leaves the chaincode that runs as it is. */
  private async replaceServers(why: string): Promise<void> {
    const began = Date.now();
    say(why);
    let next: ServerProcess[] = [];
    try {
      next = await this.buildAndServe();
      await this.ledger?.redeploy(this.configWith(next));
      for (const server of this.servers) server.stop();
      this.servers = next;
      say(`redeployed in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    } catch (cause) {
      if (!(cause instanceof LedgerFault)) throw cause;
      for (const server of next) server.stop();
      say(`${cause.message}; the chaincode as it was before goes on`);
    }
  }

  async close(): Promise<void> {
    await this.ledger?.close();
    for (const server of this.servers) server.stop();
  }

  private get packageId(): string {
    return `${this.name}:dev`;
  }

  private configWith(servers: readonly ServerProcess[]): ReadConfig {
    const endpoints = Object.fromEntries(servers.map(({ mspId, address }) => [mspId, address]));
    return withChaincode(this.config, this.name, this.folder, this.packageId, endpoints);
  }

  private async buildAndServe(): Promise<ServerProcess[]> {
    // A program that runs cannot be written over, so every build has a folder of its own.
    const outputs = join(this.config.data, 'dev', this.name, String(this.builds++ % 2));
    mkdirSync(outputs, { recursive: true });
    const project = projectIn(this.folder, outputs);
    say(`building ${this.folder} (${project.language})`);
    await build(project, this.folder);
    const starting = await Promise.allSettled(
      this.config.organizations.map(({ mspId }) =>
        ServerProcess.start(project, this.folder, mspId, this.packageId, (how) => {
          this.revive(how);
        }),
      ),
    );
    const servers = starting.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failure = starting.find((result) => result.status === 'rejected');
    if (failure === undefined) return servers;
    for (const server of servers) server.stop();
    throw failure.reason;
  }
}

/** As it can be typed where the ledger was started. */
function launcher(): string {
  const folder = join(import.meta.dirname, '..', '..', 'bin');
  const onPath = (process.env['PATH'] ?? '').split(delimiter).includes(folder);
  return onPath ? 'ledger' : relative(process.cwd(), join(folder, 'ledger'));
}

function say(text: string): void {
  process.stderr.write(`ledger: ${text}\n`);
}
