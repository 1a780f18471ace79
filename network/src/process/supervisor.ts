import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { NetworkError } from '../errors.js';
import { makeFolder } from '../state/files.js';
import type { StateLayout } from '../state/layout.js';
import { withLock } from '../state/lock.js';
import { isSystemError } from '../state/system-error.js';
import { eventually } from './clock.js';
import { startTimeOf } from './identity.js';
import { lastCause } from './log.js';
import { assertPortFree } from './port.js';
import { isAlive, type ProcessRecord, ProcessRecords } from './record.js';

/** A process of the network as it is to run. */
export interface ProcessPlan {
  name: string;
  command: [string, ...string[]];
  /** On top of this process's own environment. */
  environment: Record<string, string>;
  /** Every port it will listen on, the one by which it is known first. */
  ports: number[];
  kept?: boolean;
  timeoutMs: number;
  /** Whether it does its work. Where it was started now, its log from `logOffset` on is of this start. */
  isReady(logOffset: number | undefined): Promise<boolean>;
}

const gracePeriodMs = 10_000;

/** Starts, finds again and stops the detached processes of one network. */
export class Supervisor {
  readonly records: ProcessRecords;

  constructor(
    private readonly layout: StateLayout,
    private readonly owner?: string,
  ) {
    this.records = new ProcessRecords(layout.run);
  }

  /**
   * Answers whether it was started now; one that runs already is left alone, but waited for. `launched` is called right
   * before there is something to stop; when it throws, nothing is started.
   */
  async start(plan: ProcessPlan, launched?: () => void): Promise<boolean> {
    const { record, logOffset } = await this.exclusively(plan.name, async () => {
      const running = await this.records.read(plan.name);
      if (running !== undefined && isAlive(running)) return { record: running, logOffset: undefined };
      for (const port of plan.ports) await assertPortFree(port, plan.name);
      const offset = await this.logSize(plan.name);
      launched?.();
      return { record: await this.launch(plan), logOffset: offset };
    });
    await this.awaitReady(plan, record, logOffset);
    return logOffset !== undefined;
  }

  /** Runs what a record says once more, if the record still stands and its process is gone. */
  async revive(name: string): Promise<boolean> {
    return this.exclusively(name, async () => {
      const record = await this.records.read(name);
      if (record === undefined || !record.kept || isAlive(record)) return false;
      const { command, environment, ports } = record;
      const [executable, ...parameters] = command;
      if (executable === undefined) return false;
      await this.launch({ name, command: [executable, ...parameters], environment, ports, kept: true }, record.owner);
      return true;
    });
  }

  /** SIGTERM, and SIGKILL for one that does not mind it. Answers whether there was anything to stop. */
  async stop(name: string): Promise<boolean> {
    try {
      return await this.exclusively(name, () => this.stopNow(name));
    } catch (error) {
      // On a full disk nobody can take the lock, so nobody starts it either; it can be stopped all the same.
      if (isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT')) return this.stopNow(name);
      throw error;
    }
  }

  /** Sends a signal to the recorded process, and waits for its end where the signal means the end. */
  async kill(name: string, kind: NodeJS.Signals): Promise<void> {
    const record = await this.records.read(name);
    if (record === undefined || !isAlive(record)) throw new NetworkError('PROCESS_UNKNOWN', `${name} does not run`);
    signal(record, kind);
    if (kind === 'SIGKILL') await eventually(() => !isAlive(record), { timeoutMs: gracePeriodMs, intervalMs: 10 });
  }

  private async stopNow(name: string): Promise<boolean> {
    const record = await this.records.read(name);
    const wasAlive = record !== undefined && isAlive(record);
    if (wasAlive) {
      signal(record, 'SIGTERM');
      // One that was halted does not see the first before it goes on.
      signal(record, 'SIGCONT');
      if (!(await eventually(() => !isAlive(record), { timeoutMs: gracePeriodMs, intervalMs: 20 }))) {
        signal(record, 'SIGKILL');
        await eventually(() => !isAlive(record), { timeoutMs: gracePeriodMs, intervalMs: 20 });
      }
    }
    await this.records.remove(name);
    return wasAlive;
  }

  private async launch(
    plan: Pick<ProcessPlan, 'name' | 'command' | 'environment' | 'ports' | 'kept'>,
    owner = this.owner,
  ): Promise<ProcessRecord> {
    const [executable, ...parameters] = plan.command;
    await makeFolder(this.layout.logs);
    const log = openSync(this.layout.log(plan.name), 'a', 0o600);
    const child = spawn(executable, parameters, {
      cwd: this.layout.root,
      detached: true,
      env: { ...inherited(), ...plan.environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        reject(
          new NetworkError('PROCESS_FAILED', `${plan.name} cannot be started: ${cause.message}`, undefined, { cause }),
        );
      });
      child.once('spawn', () => {
        resolve(child.pid ?? 0);
      });
    });
    child.unref();
    const record: ProcessRecord = {
      name: plan.name,
      pid,
      startedAt: startTimeOf(pid) ?? 'gone',
      command: [...plan.command],
      environment: plan.environment,
      ports: plan.ports,
      kept: plan.kept ?? false,
      ...(owner === undefined ? {} : { owner }),
    };
    try {
      await this.records.write(record);
    } catch (error) {
      // Without a record, as on a full disk, nobody would ever find it again.
      signal(record, 'SIGKILL');
      throw error;
    }
    return record;
  }

  private async awaitReady(plan: ProcessPlan, record: ProcessRecord, logOffset: number | undefined): Promise<void> {
    const ready = await eventually(async () => !isAlive(record) || (await plan.isReady(logOffset)), {
      timeoutMs: plan.timeoutMs,
      intervalMs: 50,
    });
    const alive = isAlive(record);
    if (alive && ready) return;
    const log = this.layout.log(plan.name);
    const cause = (await lastCause(log, logOffset)) ?? 'it wrote nothing';
    const what = alive ? `is not ready after ${plan.timeoutMs / 1000} s` : 'ended while it started';
    throw new NetworkError('PROCESS_FAILED', `${plan.name} ${what}: ${cause}`, `its log is ${log}`);
  }

  private async logSize(name: string): Promise<number> {
    return stat(this.layout.log(name)).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** The keeper and whoever starts or stops must not do so for the same process at once. */
  private exclusively<Result>(name: string, action: () => Promise<Result>): Promise<Result> {
    return withLock(`${this.layout.run}/${name}.lock`, { patienceMs: 30_000 }, action);
  }
}

function signal({ pid }: ProcessRecord, kind: NodeJS.Signals): void {
  try {
    process.kill(pid, kind);
  } catch (error) {
    // It ended between the look and the signal, which is what was wanted.
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}

/** Settings of another network, or for this process alone, must not reach the processes of this one. */
const foreign = /^(?:CORE_|ORDERER_|FABRIC_CFG_PATH$|FABRIC_LOGGING_FORMAT$|CHAINCODE_|PROOFWARD_|NODE_OPTIONS$)/;

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
