import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadTopology, openNetwork, Stack } from '@proofward/network';
import type { Figure } from '../measure.js';
import { SubmitBench } from '../submit.js';

const usage = `usage: npm run bench -- [NAME ...] [--target embedded|fabric] [--json FILE]

Without a name, all: ${['submit.p50.ratio', 'submit.rate64.ratio', 'submit.put.ratio'].join(', ')}.`;

/** What is measured, by the name of its first figure. */
const benches: Record<string, (bench: SubmitBench) => Promise<Figure[]>> = {
  'submit.p50.ratio': (bench) => bench.latency(),
  'submit.rate64.ratio': (bench) => bench.throughput(),
  'submit.put.ratio': (bench) => bench.privacy(),
};

const root = resolve(import.meta.dirname, '../../..');
const { names, target, json } = options();
const figures = await measure();
table(figures);
if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, undefined, 2)}\n`);
process.exit(0);

async function measure(): Promise<Figure[]> {
  const topology = loadTopology({ consortium: 'small', basePort: target === 'fabric' ? 28000 : 29000 });
  // The goals are for the smallest useful batch timeout: a longer one would hide what the gateway costs.
  topology.ordering.batchTimeoutMs = 10;
  const modified = { bundle: join(root, 'test-network', 'dist', 'harness', 'rogue-chaincode.js') };
  const network = await openNetwork({
    topology,
    target,
    stateDir: join(root, '.proofward', `bench-${target}`),
    // It answers like the agreed chaincode, and can put a single public key.
    chaincode: { cleveland: modified, 'auditor-a': modified },
    report: ({ step, state, elapsedMs }) => {
      if (state !== 'started') process.stderr.write(`bench: ${step} ${state} in ${(elapsedMs / 1000).toFixed(1)} s\n`);
    },
  });
  const stack = new Stack(network);
  await stack.forget();
  try {
    await stack.up();
    const bench = new SubmitBench(stack);
    process.stderr.write('bench: warming up\n');
    await bench.warmUp();
    const measured: Figure[] = [];
    for (const name of names) {
      process.stderr.write(`bench: ${name}\n`);
      measured.push(...((await benches[name]?.(bench)) ?? []));
    }
    bench.close();
    return measured;
  } finally {
    await stack.down();
  }
}

function options() {
  try {
    const { values, positionals } = parseArgs({
      options: { target: { type: 'string', default: 'embedded' }, json: { type: 'string' } },
      allowPositionals: true,
    });
    if (values.target !== 'embedded' && values.target !== 'fabric') throw new Error(`no target ${values.target}`);
    const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
    if (unknown.length > 0) throw new Error(`nothing is measured under the name ${unknown.join(', ')}`);
    const chosen = positionals.length > 0 ? positionals : Object.keys(benches);
    return { names: chosen, target: values.target, json: values.json } as const;
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    process.exit(2);
  }
}

function table(rows: readonly Figure[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, goal, met } of rows) {
    const verdict = met === null ? '' : met ? 'met' : 'NOT MET';
    process.stdout.write(
      `${name.padEnd(width)}  ${String(value).padStart(8)} ${unit.padEnd(6)} ${(goal ?? '').padEnd(8)} ${verdict}\n`,
    );
  }
}
