/**
 * Random transactions, the same on real Fabric and on the embedded ledger: what comes of them must be equal.
 *
 *     npm run fuzz:ledger -- --rounds N --seed S [--first K] [--json FILE]
 *
 * It ends with 1 and tells what differs, or with 0.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NetworkError, requireFabric, type TargetName } from '@proofward/network';
import { project } from '../harness/project.js';
import { PlainNetwork } from '../plain/plain-network.js';
import { chaincodes, mspIds } from './channel.js';
import { type Difference, Fuzzer } from './fuzzer.js';
import { preferredMaxBytes, Side } from './side.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    batch: { type: 'string', default: '40' },
    'base-port': { type: 'string', default: '24000' },
    json: { type: 'string' },
  },
});
const number = (name: 'rounds' | 'seed' | 'first' | 'batch' | 'base-port'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  say(`--${name} is a whole number, not ${values[name]}`);
  process.exit(2);
};
const [rounds, seed, first, batch] = [number('rounds'), number('seed'), number('first'), number('batch')];

process.exitCode = await fuzz();

async function fuzz(): Promise<number> {
  const version = await requireFabric().then(
    (release) => release.version,
    (error: unknown) => {
      if (!(error instanceof NetworkError)) throw error;
      say(error.message);
      return undefined;
    },
  );
  if (version === undefined) return 1;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const sides = [open('fabric', number('base-port')), open('embedded', number('base-port') + 500)] as const;
  const fuzzer = new Fuzzer(...sides, seed);
  let finished = false;
  const end = () => Promise.all(sides.map((side) => side.stop(!finished || fuzzer.differences.length > 0)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      void end().then(() => process.exit(1));
    });
  let done = 0;
  try {
    await Promise.all(sides.map((side) => side.start()));
    say(`both ledgers are up after ${seconds().toFixed(1)} s; Fabric is ${version}`);
    const start = seconds();
    while (done < rounds && fuzzer.differences.length === 0) {
      const count = Math.min(batch, rounds - done);
      await fuzzer.run(first + done, count);
      done += count;
      say(`${done} rounds, ${(done / (seconds() - start)).toFixed(1)} a second`);
    }
    finished = true;
  } finally {
    await end();
  }
  const tally = Object.fromEntries([...fuzzer.tally].sort());
  const report = {
    seed,
    first,
    rounds: done,
    fabric: version,
    seconds: seconds(),
    tally,
    differences: fuzzer.differences,
  };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  for (const difference of fuzzer.differences.slice(0, 20)) tell(difference);
  console.log(`seed ${seed}, rounds ${first} to ${first + done - 1}: ${fuzzer.differences.length} differences`);
  console.log(JSON.stringify(tally));
  return fuzzer.differences.length === 0 ? 0 : 1;
}

function open(target: TargetName, basePort: number): Side {
  const stateDir = join(project, '.proofward', `fuzz-${target}`);
  rmSync(stateDir, { recursive: true, force: true });
  return new Side(
    new PlainNetwork({
      target,
      stateDir,
      basePort,
      mspIds,
      chaincodes,
      // Blocks are cut by size, long before that time: what lies in one must be the same on both.
      ordering: { batchTimeoutMs: 5000, maxMessageCount: 5000, preferredMaxBytes },
    }),
  );
}

function tell({ of, plan, fabric, embedded }: Difference): void {
  console.log(`\n${of}\n  plan     ${JSON.stringify(plan)}`);
  console.log(`  fabric   ${JSON.stringify(fabric)}\n  embedded ${JSON.stringify(embedded)}`);
}

function say(text: string): void {
  process.stderr.write(`fuzz: ${text}\n`);
}
