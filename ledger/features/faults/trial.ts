import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { readConfig } from '../../src/config/read-config.js';
import type { ReadConfig } from '../../src/config/schema.js';
import { createLog } from '../../src/log.js';
import { RunningLedger } from '../../src/running-ledger.js';
import type { Consortium } from '../consortium/consortium.js';
import { Member, type Step } from '../consortium/member.js';
import { Chain } from './chain.js';
import { Crash, type Image } from './crash.js';
import { disk, type Fault, type Operation } from './disk.js';
import { allStored, storedPrivately, storedState, storedWriteSets } from './stored.js';

/** Files there are like others, and nothing waits for a disk that others use. */
const MEMORY = '/dev/shm';
const COLLECTION = 'pair';
const KEYS = ['a', 'b', 'c'];

export type { Image };

/** What became of one run of the workload. */
export interface Run {
  readonly image: Image;
  /** Why the ledger could not start or go on. */
  readonly fault: unknown;
  /** How many storage operations there were. */
  readonly operations: number;
}

/** Told of each operation, and by what images it can be followed. */
export interface Observer {
  before?(operation: Operation, crash: Crash): void;
  after?(operation: Operation, crash: Crash): void;
  fault?(operation: Operation): Fault | undefined;
}

/** Runs the workload on ledgers of one consortium, and looks at what a crash leaves behind. */
export class Trial {
  private readonly folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'ledger-faults-'));
  private readonly config: ReadConfig;
  private readonly log = createLog('silent');

  constructor(private readonly consortium: Consortium) {
    this.config = readConfig(consortium.configFile);
  }

  /** From an empty data folder to the end of the ledger. */
  async run(observer: Observer): Promise<Run> {
    const data = mkdtempSync(join(this.folder, 'run-'));
    const acknowledged: string[] = [];
    const crash = new Crash(data, acknowledged);
    disk.watch(data, {
      before: (operation) => {
        crash.before();
        observer.before?.(operation, crash);
      },
      after: (operation) => {
        crash.after(operation);
        observer.after?.(operation, crash);
      },
      fault: (operation) => observer.fault?.(operation),
    });
    let fault: unknown;
    let image: Image | undefined;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const failed = (cause: unknown): void => {
      // The process would end here and now.
      end();
      fault ??= cause;
      image ??= crash.image('the fault');
    };
    let ledger: RunningLedger | undefined;
    try {
      ledger = await RunningLedger.start({ ...this.config, data }, this.log, failed);
      await Promise.race([this.work(acknowledged), ended]);
    } catch (cause) {
      if (ledger === undefined) failed(cause);
    }
    await ledger?.close().catch(failed);
    const operations = disk.unwatch();
    return { image: image ?? crash.image('the end'), fault, operations };
  }

  /** Starts a ledger on what is left, as an operator would, and holds it against the blocks. */
  async check({ name, data, acknowledged }: Image): Promise<void> {
    try {
      await this.checkFolder(data, acknowledged);
    } catch (cause) {
      throw new Error(`after ${name}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`, {
        cause,
      });
    }
    rmSync(data, { recursive: true });
  }

  /** The blocks alone, with what the organisations hold privately, make the same state and indexes again. */
  async checkReplay({ data }: Image): Promise<void> {
    const stored = await allStored(data);
    rmSync(join(data, 'state'), { recursive: true });
    const ledger = await RunningLedger.start({ ...this.config, data }, this.log, () => undefined);
    await ledger.close();
    requireEqual('the state that is made again', await allStored(data), stored);
    await this.requireStored(data);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Alone and together in a block; public, private, deleted, purged. One that fails is not waited for again. */
  private async work(acknowledged: string[]): Promise<void> {
    const member = this.member('Org1MSP');
    const together = async (...transactions: Step[][]): Promise<void> => {
      const endorsed = [];
      for (const steps of transactions)
        endorsed.push(await member.endorse(steps, { endorsers: ['Org1MSP'] }).catch(() => undefined));
      await Promise.all(
        endorsed.map(async (transaction) => {
          try {
            const status = await (await transaction?.submit())?.getStatus();
            if (status?.code === StatusCode.VALID) acknowledged.push(status.transactionId);
          } catch {
            // Whoever is told of a failure has nothing to rely on.
          }
        }),
      );
    };
    try {
      await together([
        ['put', 'a', '1'],
        ['putPrivate', COLLECTION, 'a', 'secret 1'],
        ['putPrivate', COLLECTION, 'b', 'secret 2'],
      ]);
      await together([['put', 'b', '2']], [['put', 'c', '3']], [['putPrivate', COLLECTION, 'c', 'secret 3']]);
      await together([
        ['delete', 'b'],
        ['putPrivate', COLLECTION, 'b', 'secret 4'],
        ['put', 'a', '4'],
        ['purgePrivate', COLLECTION, 'a'],
      ]);
    } finally {
      member.close();
    }
  }

  private async checkFolder(data: string, acknowledged: readonly string[]): Promise<void> {
    const problems: unknown[] = [];
    const ledger = await RunningLedger.start({ ...this.config, data }, this.log, (cause) => problems.push(cause));
    const member = this.member('Org2MSP');
    try {
      const chain = await Chain.read(join(data, 'blocks'));
      const missing = acknowledged.filter((id) => !chain.valid.has(id));
      if (missing.length > 0) throw new Error(`${missing.length} acknowledged transactions are in no block`);
      const read = await member.evaluate(KEYS.map((key) => ['get', key]));
      const expected = KEYS.map((key) =>
        Buffer.from(chain.state.get(`steps ${key}`)?.split('@')[0] ?? '', 'hex').toString(),
      );
      requireEqual('the answers of the chaincode', read, expected);
      const { code } = await member.submit([['put', 'new', 'n']], { endorsers: ['Org2MSP'] });
      requireEqual('the validation code of a new transaction', code, StatusCode.VALID);
    } finally {
      member.close();
      await ledger.close();
    }
    requireEqual('the faults of the ledger', problems, []);
    await this.requireStored(data);
  }

  private async requireStored(data: string): Promise<void> {
    const chain = await Chain.read(join(data, 'blocks'));
    const { state, hashes } = await storedState(data);
    requireEqual('the public state', sorted(state), sorted(chain.state));
    requireEqual('the hashes of private state', sorted(hashes), sorted(chain.hashes));
    for (const mspId of ['Org1MSP', 'Org2MSP']) {
      requireEqual(`the private state of ${mspId}`, sorted(await storedPrivately(data, mspId)), sorted(chain.hashes));
      const others = (await storedWriteSets(data, mspId)).filter((writeSet) => !chain.writeSets.has(writeSet));
      requireEqual(`write sets of ${mspId} that no block has`, others, []);
    }
    requireEqual('the private state of Org3MSP', sorted(await storedPrivately(data, 'Org3MSP')), []);
  }

  private member(mspId: string): Member {
    return Member.connect(this.consortium.organization(mspId), this.consortium.address(mspId));
  }
}

function sorted(map: ReadonlyMap<string, string>): string[] {
  return [...map].map(([key, value]) => `${key}=${value}`).sort();
}

function requireEqual(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found, null, 1), JSON.stringify(expected, null, 1)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}
