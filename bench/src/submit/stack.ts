import { join, resolve } from 'node:path';
import { loadTopology, openNetwork, Stack, type TargetName } from '@proofward/network';
import { ended } from '../ending.js';
import { report } from '../report.js';
import { SubmitBench } from './bench.js';

const root = resolve(import.meta.dirname, '../../..');

/** The gateways and their ledger, as the submit benches need them. */
export class SubmitStack {
  private constructor(
    readonly bench: SubmitBench,
    private readonly end: () => Promise<unknown>,
  ) {}

  static async open(target: TargetName): Promise<SubmitStack> {
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
        if (state !== 'started') report(`${step} ${state} in ${(elapsedMs / 1000).toFixed(1)} s`);
      },
    });
    const stack = new Stack(network);
    await stack.forget();
    const end = ended(async () => {
      // It may be coming up just now.
      await stack.downOwn();
      await stack.down();
    });
    try {
      await stack.up();
      const bench = new SubmitBench(stack);
      report('warming up');
      await bench.warmUp();
      return new SubmitStack(bench, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.bench.close();
    await this.end();
  }
}
