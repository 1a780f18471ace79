import type { StateLayout } from '../state/layout.js';
import { NetworkError } from '../errors.js';
import { keeperName } from './keeper.js';
import { isAlive, type ProcessRecord } from './record.js';
import { type ProcessPlan, Supervisor } from './supervisor.js';
import { together } from './together.js';

export interface ProcessHandle {
  name: string;
  pid: number;
  ports: number[];
  isAlive: boolean;
  log: string;
  /** Whether this very object started it, and not somebody before it. */
  isOwn: boolean;
}

/** The processes of a network, and which of them were started here. */
export class Fleet {
  private readonly supervisor: Supervisor;
  private readonly own = new Set<string>();
  private isEnding = false;

  /** Of an `owner` it also counts as started here what an earlier process started in that name and left behind. */
  constructor(
    private readonly layout: StateLayout,
    private readonly owner?: string,
  ) {
    this.supervisor = new Supervisor(layout, owner);
  }

  /** Lets processes be started again after `stopOwn`. */
  reopen(): void {
    this.isEnding = false;
  }

  async start(plan: ProcessPlan): Promise<void> {
    this.assertOpen(plan);
    await this.supervisor.start(plan, () => {
      // `stopOwn` may have come while its port was looked at, and does not know of it.
      this.assertOpen(plan);
      this.own.add(plan.name);
    });
  }

  /** As `start`, but one that runs by another command, or with another environment, is stopped first. */
  async startAnew(plan: ProcessPlan): Promise<void> {
    const running = await this.supervisor.records.read(plan.name);
    if (running !== undefined && isAlive(running) && !runs(running, plan)) await this.supervisor.stop(plan.name);
    await this.start(plan);
  }

  async stop(name: string): Promise<boolean> {
    return this.supervisor.stop(name);
  }

  async kill(name: string, signal: NodeJS.Signals): Promise<void> {
    await this.supervisor.kill(name, signal);
  }

  /** Stops everything that is recorded, whoever started it; answers what there was to stop. */
  async stopAll(): Promise<string[]> {
    return this.stopThese((await this.supervisor.records.all()).map(({ name }) => name));
  }

  /** Stops what was started here, also while more is being started, and lets nothing more be started until `reopen`. */
  async stopOwn(): Promise<string[]> {
    this.isEnding = true;
    const left = (await this.supervisor.records.all()).filter(
      ({ owner }) => owner !== undefined && owner === this.owner,
    );
    return this.stopThese([...new Set([...this.own, ...left.map(({ name }) => name)])]);
  }

  async handles(): Promise<ProcessHandle[]> {
    const records = await this.supervisor.records.all();
    return records.map((record) => this.handle(record));
  }

  private async stopThese(names: string[]): Promise<string[]> {
    const stopped: string[] = [];
    const stop = async (name: string) => {
      if (await this.supervisor.stop(name)) stopped.push(name);
      this.own.delete(name);
    };
    // The keeper first, or it would start again what is being stopped; then those that use the others.
    const rank = (name: string) => (name === keeperName ? 0 : name.startsWith('gateway.') ? 1 : 2);
    for (const turn of [0, 1, 2]) await together(names.filter((name) => rank(name) === turn).map(stop));
    return stopped;
  }

  private assertOpen({ name }: ProcessPlan): void {
    if (this.isEnding) throw new NetworkError('NOT_READY', `${name} is not started: the network is being stopped`);
  }

  private handle(record: ProcessRecord): ProcessHandle {
    const { name, pid, ports } = record;
    return { name, pid, ports, isAlive: isAlive(record), log: this.layout.log(name), isOwn: this.own.has(name) };
  }
}

function runs({ command, environment }: ProcessRecord, plan: ProcessPlan): boolean {
  return (
    JSON.stringify(command) === JSON.stringify(plan.command) &&
    JSON.stringify(environment) === JSON.stringify(plan.environment)
  );
}
