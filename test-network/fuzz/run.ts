import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NetworkError, requireFabric, type TargetName } from '@proofward/network';
import { project } from '../harness/project.js';
import { PlainNetwork } from '../plain/plain-network.js';
import { chaincodes, mspIds } from './channel.js';
import { type Difference, Fuzzer } from './fuzzer.js';
import type { Round } from './round.js';
import { renamed, shrink } from './shrink.js';
import { preferredMaxBytes, Side } from './side.js';

/** Each takes about a second. */
const shrinkAttempts = 80;

export interface FuzzOptions {
  rounds: number;
  seed: number;
  first: number;
  batch: number;
  basePort: number;
  /** Where the report goes. */
  json: string | undefined;
  shrinks: boolean;
}

/** Both networks from nothing, the rounds on them, the report; what it returns is how the process ends. */
export async function fuzz(options: FuzzOptions): Promise<number> {
  const { rounds, seed, first, batch, basePort, json, shrinks } = options;
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
  const sides = [open('fabric', basePort), open('embedded', basePort + 500)] as const;
  const fuzzer = new Fuzzer(...sides, seed);
  let finished = false;
  const end = () => Promise.all(sides.map((side) => side.stop(!finished || fuzzer.differences.length > 0)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      void end().then(() => process.exit(1));
    });
  let done = 0;
  let smallest: Round | undefined;
  try {
    await Promise.all(sides.map((side) => side.start()));
    say(`both ledgers are up after ${seconds().toFixed(1)} s; Fabric is ${version}`);
    const start = seconds();
    while (done < rounds && fuzzer.differences.length === 0) {
      const count = Math.min(batch, rounds - done);
      await fuzzer.run(first + done, count);
      done += count;
      const rate = done / (seconds() - start);
      const rest = Math.ceil((rounds - done) / rate / 60);
      say(
        `${done} of ${rounds} rounds, ${rate.toFixed(1)} a second, ${rest} min to go; next is --first ${first + done}`,
      );
    }
    finished = true;
    if (fuzzer.differences.length > 0 && shrinks) smallest = await shrunk(fuzzer);
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
    smallest,
  };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  for (const difference of fuzzer.differences.slice(0, 20)) tell(difference);
  if (smallest !== undefined)
    console.log(`\nthe smallest that still differs:\n${JSON.stringify(smallest, undefined, 2)}\n`);
  console.log(`seed ${seed}, rounds ${first} to ${first + done - 1}: ${fuzzer.differences.length} differences`);
  console.log(JSON.stringify(tally));
  return fuzzer.differences.length === 0 ? 0 : 1;
}

/** The first of the rounds that also differs alone, as small as it could be made. */
async function shrunk(fuzzer: Fuzzer): Promise<Round | undefined> {
  for (const number of fuzzer.roundsThatDiffer().slice(0, 5)) {
    const round = fuzzer.plan(number);
    if (!(await fuzzer.differs(renamed(round, `${round.label}x`)))) continue;
    say(`round ${number} differs alone; looking for a smaller one`);
    return shrink(round, (candidate) => fuzzer.differs(candidate), shrinkAttempts);
  }
  say('no round differs alone: begin again with the same --seed, --first and --batch');
  return undefined;
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
