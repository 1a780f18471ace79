import { bytesToHex, canonicalJson, commitmentOf, sealPrivate } from '@proofward/evidence';
import { type LedgerAccess, openLedger, type Stack } from '@proofward/network';
import { randomBytes } from 'node:crypto';
import { alternating, type Figure, figure, median, rate, timed } from '../measure.js';

/**
 * Our POST against a bare fabric-gateway client that submits the very same transaction: the same function, arguments of
 * the same form, transient data and endorsers, against the same peers, with gateways and projections running in both arms.
 */
export class SubmitBench {
  private readonly bare: LedgerAccess;
  private readonly key = randomBytes(32);

  constructor(private readonly stack: Stack) {
    this.bare = openLedger(stack.network, 'cleveland', 'data-steward');
  }

  async warmUp(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await this.post();
      await this.submit();
      await this.put();
    }
    await rate(64, 64, () => this.post());
    await rate(64, 64, () => this.submit());
  }

  /** `submit.p50.ratio`: the median of one client's POST over the bare client's. */
  async latency(): Promise<Figure[]> {
    const { ours, theirs } = await alternating(
      200,
      () => timed(() => this.post()),
      () => timed(() => this.submit()),
    );
    return [
      figure('submit.p50.ratio', median(ours) / median(theirs), 'ratio', { atMost: 1.15 }),
      figure('submit.p50.ours', median(ours), 'ms'),
      figure('submit.p50.bare', median(theirs), 'ms'),
    ];
  }

  /** `submit.rate64.ratio`: POSTs a second of 64 clients over the bare client's. */
  async throughput(): Promise<Figure[]> {
    const { ours, theirs } = await alternating(
      6,
      () => rate(384, 64, () => this.post()),
      () => rate(384, 64, () => this.submit()),
    );
    return [
      figure('submit.rate64.ratio', median(ours) / median(theirs), 'ratio', { atLeast: 0.85 }),
      figure('submit.rate64.ours', median(ours), '1/s'),
      figure('submit.rate64.bare', median(theirs), '1/s'),
    ];
  }

  /** `submit.put.ratio`: our rate over that of a public put of one key: what privacy costs. */
  async privacy(): Promise<Figure[]> {
    const { ours, theirs } = await alternating(
      4,
      () => rate(384, 64, () => this.post()),
      () => rate(384, 64, () => this.put()),
    );
    return [
      figure('submit.put.ratio', median(ours) / median(theirs), 'ratio'),
      figure('submit.put.rate', median(theirs), '1/s'),
    ];
  }

  close(): void {
    this.bare.close();
  }

  private async post(): Promise<void> {
    const { replay } = await this.stack.client('cleveland', 'data-steward').datasets.create({
      name: `bench-${bytesToHex(randomBytes(8))}`,
      version: '1',
      private: values,
    });
    if (replay) throw new Error('a random id was taken');
  }

  private async submit(): Promise<void> {
    const id = `dataset:cleveland/bench-${bytesToHex(randomBytes(8))}@1`;
    const channel = this.stack.network.channel;
    const record = sealPrivate(this.key, { channel, type: 'dataset', id, revision: 1 }, values);
    const argument = canonicalJson({ id, parents: [], commitment: commitmentOf(channel, record) });
    await this.submitBare('datasets:create', [argument], { private: canonicalJson(record) });
  }

  private async put(): Promise<void> {
    const write = { kind: 'put', key: `bench-${bytesToHex(randomBytes(8))}`, value: '00' };
    await this.submitBare('rogue', [], { orders: JSON.stringify([write]) });
  }

  /** What somebody would write without us; throws where the transaction is not valid. */
  private async submitBare(fn: string, args: string[], transientData: Record<string, string>): Promise<void> {
    await this.bare.contract.submit(fn, {
      arguments: args,
      transientData,
      endorsingOrganizations: ['ClevelandMSP', 'AuditorAMSP'],
    });
  }
}

const values = {
  files: [
    { path: 'patients.csv', size: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  ],
  licence: 'CC BY 4.0',
  storageLocation: 'cleveland:/data/patients.csv',
};
