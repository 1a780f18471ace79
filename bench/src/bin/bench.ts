import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { TargetName } from '@proofward/network';
import type { GrowthBench } from '../ledger/growth.js';
import { type Figure, notMeasured } from '../measure.js';
import { endAll, endAllOnSignals, interruption } from '../ending.js';
import type { RegistryBench } from '../registry/bench.js';
import { report } from '../report.js';
import type { SubmitBench } from '../submit/bench.js';

interface Options {
  readonly target: TargetName;
  readonly json: string | undefined;
  readonly kills: number;
  readonly transactions: number;
  readonly records: number;
}

// A bench is loaded when it is measured: fabric-network, deep in one, reads this process's arguments too and answers
// --help itself.

/** What several benches share, one after the other: it is opened when the first of them needs it. */
class Shared {
  private current: { name: string; value: unknown; close: () => Promise<void> } | undefined;

  constructor(readonly options: Options) {}

  submit(): Promise<SubmitBench> {
    const open = async () => (await import('../submit/stack.js')).SubmitStack.open(this.options.target);
    return this.share('submit', open).then(({ bench }) => bench);
  }

  growth(): Promise<GrowthBench> {
    return this.share(
      'growth',
      async () => new (await import('../ledger/growth.js')).GrowthBench(this.options.transactions),
    );
  }

  registry(): Promise<RegistryBench> {
    return this.share(
      'registry',
      async () => new (await import('../registry/bench.js')).RegistryBench(this.options.records),
    );
  }

  /** A bench that shares nothing has the machine for itself. */
  async alone<T>(measure: () => Promise<T>): Promise<T> {
    await this.close();
    return measure();
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.close();
  }

  private async share<T extends { close(): Promise<void> }>(name: string, open: () => Promise<T>): Promise<T> {
    if (this.current?.name === name) return this.current.value as T;
    await this.close();
    const value = await open();
    this.current = { name, value, close: () => value.close() };
    return value;
  }
}

/** What is measured, by the name of its first figure, in the order in which it is. */
const benches: Record<string, (shared: Shared) => Promise<Figure[]>> = {
  'submit.p50.ratio': async (shared) => (await shared.submit()).latency(),
  'submit.rate64.ratio': async (shared) => (await shared.submit()).throughput(),
  'submit.put.ratio': async (shared) => (await shared.submit()).privacy(),
  'ledger.start.s': alone(async () => (await import('../ledger/start.js')).startBench()),
  'ledger.rss.growth': async (shared) => (await shared.growth()).memory(),
  'ledger.recovery.s': async (shared) => (await shared.growth()).recovery(),
  'ledger.rate.ratio': alone(async () => (await import('../ledger/rivalry.js')).rivalryBench()),
  'ledger.lost': alone(async ({ kills }) => (await import('../ledger/lost.js')).lostBench(kills)),
  'project.rate': async (shared) => (await shared.registry()).project(),
  'trace.p99.ms.1e6': async (shared) => (await shared.registry()).trace(),
  'fingerprint.ratio.openssl': alone(async () => (await import('../evidence/fingerprint.js')).oneThreadBench()),
  'fingerprint.ratio.openssl.2': alone(async () => (await import('../evidence/fingerprint.js')).twoThreadsBench()),
  'fingerprint.rss.mb': alone(async () => (await import('../evidence/fingerprint.js')).memoryBench()),
  'membership.1e6.s': alone(async () => (await import('../evidence/membership.js')).membershipBench()),
};

const usage = `usage: npm run bench -- [NAME ...] [--target embedded|fabric] [--json FILE] [--transactions N] [--kills N]
                               [--records N]

Without a name, all: ${Object.keys(benches).join(', ')}.
--target        what submit.* runs on; ledger.* is about the embedded ledger, and ledger.rate.ratio needs Fabric (FABRIC_BIN);
                project.*, trace.*, membership.* and fingerprint.* need neither (but openssl, and 2 or 8 GiB where temporary files are)
--json          writes an array of {name, value, unit, goal, met} to a file
--transactions  of ledger.rss.growth and ledger.recovery.s, instead of 100000
--kills         of ledger.lost, instead of 500
--records       of project.rate and trace.*, instead of 1000000, which take some 20 GB of disk and ten minutes
`;

const { names, areAll, ...options } = chosen();
endAllOnSignals();
const { figures, failed } = await measure();
table(figures);
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
process.exit(failed && !areAll ? 1 : 0);

/** Whoever asks for everything gets what can be measured here; whoever asks by name is told by the exit code. */
async function measure(): Promise<{ figures: Figure[]; failed: boolean }> {
  const shared = new Shared(options);
  const measured: Figure[] = [];
  let anyFailed = false;
  try {
    for (const name of Object.keys(benches).filter((candidate) => names.includes(candidate))) {
      report(name);
      try {
        measured.push(...((await benches[name]?.(shared)) ?? []));
      } catch (error) {
        // What was interrupted is neither measured nor not; whoever ends what was started ends this process.
        if (interruption.aborted) await new Promise(() => undefined);
        anyFailed = true;
        const reason = error instanceof Error ? error.message : String(error);
        report(`${name} was not measured: ${reason}`);
        measured.push(notMeasured(name, reason));
      }
    }
  } finally {
    await shared.close();
    await endAll();
  }
  return { figures: measured, failed: anyFailed };
}

function chosen(): Options & { names: readonly string[]; areAll: boolean } {
  try {
    const { values, positionals } = parseArgs({
      options: {
        target: { type: 'string', default: 'embedded' },
        json: { type: 'string' },
        kills: { type: 'string', default: '500' },
        transactions: { type: 'string', default: '100000' },
        records: { type: 'string', default: '1000000' },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    if (values.target !== 'embedded' && values.target !== 'fabric') throw new Error(`no target ${values.target}`);
    const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
    if (unknown.length > 0) throw new Error(`nothing is measured under the name ${unknown.join(', ')}`);
    return {
      names: positionals.length > 0 ? positionals : Object.keys(benches),
      areAll: positionals.length === 0,
      target: values.target,
      json: values.json,
      kills: count('--kills', values.kills),
      transactions: count('--transactions', values.transactions),
      records: count('--records', values.records),
    };
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

function alone(measure: (options: Options) => Promise<Figure[]>): (shared: Shared) => Promise<Figure[]> {
  return (shared) => shared.alone(() => measure(shared.options));
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} is a whole number from 1 on, not ${text}`);
  return value;
}

function table(rows: readonly Figure[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, goal, met, reason } of rows) {
    const verdict = reason === undefined ? (met === null ? '' : met ? 'met' : 'NOT MET') : `not measured: ${reason}`;
    process.stdout.write(
      `${name.padEnd(width)}  ${String(value ?? '-').padStart(8)} ${unit.padEnd(6)} ${(goal ?? '').padEnd(8)} ${verdict}\n`,
    );
  }
}
