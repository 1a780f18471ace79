import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type LedgerAccess, type Network, openNetwork, type Topology } from '@proofward/network';
import { ended, interruption } from '../ending.js';
import { report } from '../report.js';
import { openClient } from './client.js';

const root = resolve(import.meta.dirname, '../../..');
const putsChaincode = resolve(import.meta.dirname, '../chaincode/puts.js');

/** A network of either target whose chaincode puts keys and does nothing else, and how to end and forget it. */
export async function putsNetwork(
  name: string,
  target: 'embedded' | 'fabric',
  topology: Topology,
): Promise<{ network: Network; end: () => Promise<unknown> }> {
  const network = await openNetwork({
    topology,
    target,
    stateDir: join(root, '.proofward', `bench-${name}`),
    bundle: putsChaincode,
    report: ({ step, state, elapsedMs }) => {
      if (state !== 'started') report(`${name}: ${step} ${state} in ${(elapsedMs / 1000).toFixed(1)} s`);
    },
  });
  await network.down({ fresh: true });
  const end = ended(async () => {
    // It may be coming up just now.
    await network.downOwn();
    await network.down({ fresh: true });
  });
  return { network, end };
}

/**
 * An embedded ledger that is started and killed by its command, as anybody would, while the chaincode of its
 * organisations goes on running.
 */
export class LedgerSite {
  private child: ChildProcess | undefined;
  private errors = '';
  private readonly opened: LedgerAccess[] = [];

  private constructor(
    readonly network: Network,
    private readonly endNetwork: () => Promise<unknown>,
  ) {}

  static async open(name: string, topology: Topology): Promise<LedgerSite> {
    const { network, end } = await putsNetwork(name, 'embedded', topology);
    try {
      await network.up();
      await network.stop('ledger');
    } catch (error) {
      await end();
      throw error;
    }
    const site = new LedgerSite(network, end);
    ended(() => site.end('SIGTERM'));
    return site;
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('the ledger does not run');
    return pid;
  }

  /** Answers when the ledger has said that it is ready. */
  async start(): Promise<void> {
    interruption.throwIfAborted();
    const child = spawn(join(root, 'ledger', 'bin', 'ledger'), ['--config', this.network.layout.ledgerConfig], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.errors = '';
    child.stderr.on('data', (bytes: Buffer) => {
      this.errors = (this.errors + bytes.toString()).slice(-2000);
    });
    await new Promise<void>((ready, reject) => {
      let output = '';
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString();
        if (output.startsWith('ready ')) ready();
      });
      child.once('exit', (code, signal) => {
        reject(new Error(`the ledger ended with ${code ?? signal ?? ''}: ${this.errors}`));
      });
      child.once('error', reject);
    });
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    for (const access of this.opened.splice(0)) access.close();
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.kill(signal);
    });
  }

  /** A client of the organisation; it is closed when the ledger ends. */
  client(slug: string): LedgerAccess {
    const access = openClient(this.network, slug);
    this.opened.push(access);
    return access;
  }

  /** The next start begins with an empty ledger. */
  async forget(): Promise<void> {
    await rm(join(this.network.layout.data, 'ledger'), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.end('SIGTERM');
    await this.endNetwork();
  }
}
