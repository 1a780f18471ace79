import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../failure.js';
import { dropClaimOfZombie, type Cluster } from './cluster.js';
import { probe } from './probe.js';

const startTimeout = 30_000;
const stopTimeout = 20_000;

/** PostgreSQL's own default is 128 MB, and the indexes of a million records are larger. What is not used is not taken. */
function sharedBuffersMiB(): number {
  return Math.max(128, Math.min(1024, Math.floor(totalmem() / 2 ** 20 / 8)));
}

/** Keeps one server running. */
export class Supervisor {
  private child: ChildProcess | undefined;
  private stopping = false;
  private restarting: Promise<void> | undefined;

  constructor(
    private readonly dataDir: string,
    private readonly cluster: Cluster,
    readonly port: number,
  ) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Resolves when the server answers. */
  async start(): Promise<void> {
    await dropClaimOfZombie(this.cluster);
    const child = this.spawn();
    this.child = child;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(reasonOf(error));
      });
      child.once('exit', (code, signal) => {
        resolve(`ended with ${code ?? signal ?? 'nothing'}`);
      });
    });
    const waiting = new AbortController();
    const failure = await Promise.race([ended, this.answers(waiting.signal)]);
    waiting.abort();
    if (failure !== undefined) {
      child.kill('SIGQUIT');
      throw new Error(`PostgreSQL did not start (${failure}), see ${join(this.dataDir, 'postgres.log')}`);
    }
    await writeFile(join(this.dataDir, 'port'), `${this.port}\n`, { mode: 0o600 });
    void ended.then(() => {
      this.restarting = this.restart();
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.restarting;
    const child = this.child;
    if (child === undefined || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve();
      }),
    );
    // SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a checkpoint.
    child.kill('SIGINT');
    await Promise.race([ended, delay(stopTimeout, undefined, { ref: false }).then(() => child.kill('SIGQUIT'))]);
  }

  private spawn(): ChildProcess {
    const { account, directory } = this.cluster;
    const settings = {
      port: this.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'on',
      synchronous_commit: 'on',
      max_connections: 200,
      shared_buffers: `${sharedBuffersMiB()}MB`,
      // A read model that is built again writes fast: fewer checkpoints, and less of the journal for each.
      max_wal_size: '4GB',
      checkpoint_timeout: '15min',
      wal_compression: 'on',
      // After it the planner should soon know how large the tables are.
      autovacuum_naptime: '15s',
      // Statements and their values may hold private records; they stay out of the log.
      log_min_error_statement: 'panic',
      log_parameter_max_length_on_error: 0,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const log = openSync(join(this.dataDir, 'postgres.log'), 'a', 0o600);
    try {
      // Its own process group: an interrupt at the terminal must not end it before the gateway has finished.
      return account.spawn(account.binaries.postgres, ['-D', directory, ...options], {
        cwd: account.folder,
        stdio: ['ignore', log, log],
        detached: true,
      });
    } finally {
      closeSync(log);
    }
  }

  private async answers(waiting: AbortSignal): Promise<string | undefined> {
    const deadline = Date.now() + startTimeout;
    let problem: string | undefined = 'no answer';
    while (!waiting.aborted && Date.now() < deadline) {
      problem = await probe(this.cluster, this.port);
      if (problem === undefined) break;
      await delay(40);
    }
    return problem;
  }

  /** After a crash. A server that somebody stopped in an orderly way stays down. */
  private async restart(): Promise<void> {
    if (this.child?.exitCode === 0) return;
    for (let wait = 500; !this.stopping; wait = Math.min(wait * 2, 10_000)) {
      await delay(wait, undefined, { ref: false });
      if (this.isStopping()) return;
      try {
        await this.start();
        return;
      } catch {
        continue;
      }
    }
  }

  private isStopping(): boolean {
    return this.stopping;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
