import { loadavg } from 'node:os';
import { type Figure, figure, median } from '../measure.js';
import { report } from '../report.js';
import { type RunningGateway, Site } from './site.js';
import { quantile, Traces } from './traces.js';

const slug = 'cleveland';
/** A hundredth of a million. */
const few = 10_000;
const rounds = 6;
const tracesOfRound = 500;
const warmUps = 200;
/** A block comes this often while traces are asked, in milliseconds. */
const blockEvery = 500;

/** A read model of many records beside one of few, both projected from the same chain. */
export class RegistryBench {
  private site: Site | undefined;
  private large: RunningGateway | undefined;
  private rate: number | undefined;

  /** @param records of the larger one */
  constructor(private readonly records: number) {}

  /** `project.rate`: records a second from the first block until all can be read, of a provider's gateway. */
  async project(): Promise<Figure[]> {
    await this.filled();
    return [figure('project.rate', this.rate ?? Number.NaN, '1/s', { atLeast: 5000 })];
  }

  /**
   * `trace.p99.ms.1e6`: of `POST /v1/trace` at the gateway's port, one after the other, while two blocks a second arrive, after the
   * database has cleaned up behind the filling, which takes PostgreSQL some minutes by itself; and
   * `trace.growth`: over the same with ten thousand records. The two are asked in turn, so that a drift of the machine
   * meets both; the growth is the median of the rounds'.
   */
  async trace(): Promise<Figure[]> {
    const { site, large } = await this.filled();
    const small = await site.gateway(slug, 'small');
    await small.fill(few, 'small');
    for (const filled of [large, small]) await filled.settle();
    const arms = [await Traces.open(site, large, slug), await Traces.open(site, small, slug)] as const;
    let asked = large;
    const arriving = setInterval(() => {
      asked.arrive(1);
    }, blockEvery);
    try {
      for (const arm of arms) await ask(arm, warmUps);
      const all: number[][] = [[], []];
      const growths: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const p99: number[] = [];
        for (const arm of round % 2 === 0 ? [0, 1] : [1, 0]) {
          // The other one is at rest: no machine of a site's has two gateways.
          asked = arm === 0 ? large : small;
          const times = await ask(arms[arm === 0 ? 0 : 1], tracesOfRound);
          all[arm]?.push(...times);
          p99[arm] = quantile(times, 0.99);
        }
        const [ours = Number.NaN, theirs = Number.NaN] = p99;
        growths.push(ours / theirs);
        report(`p99 ${ours.toFixed(1)} ms over ${theirs.toFixed(1)} ms, load ${(loadavg()[0] ?? 0).toFixed(1)}`);
      }
      const [ours = [], theirs = []] = all;
      // Under the goal's name only where it is the goal's size.
      const isWhole = this.records === 1_000_000;
      const [size, smaller] = isWhole ? ['1e6', '1e4'] : ['large', 'small'];
      return [
        figure(`trace.p99.ms.${size}`, quantile(ours, 0.99), 'ms', { atMost: 15 }),
        figure('trace.growth', median(growths), 'ratio', { atMost: 2 }),
        figure(`trace.p99.ms.${smaller}`, quantile(theirs, 0.99), 'ms'),
        figure(`trace.p50.ms.${size}`, quantile(ours, 0.5), 'ms'),
      ];
    } finally {
      clearInterval(arriving);
      await small.stop();
    }
  }

  async close(): Promise<void> {
    await this.large?.stop();
    await this.site?.close();
  }

  private async filled(): Promise<{ site: Site; large: RunningGateway }> {
    const site = (this.site ??= await Site.open(Math.max(few, this.records)));
    if (this.large !== undefined) return { site, large: this.large };
    const large = (this.large = await site.gateway(slug, 'large'));
    this.rate = await large.fill(this.records, 'large');
    report(`load ${(loadavg()[0] ?? 0).toFixed(1)}`);
    return { site, large };
  }
}

async function ask(traces: Traces, times: number): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < times; time++) found.push(await traces.ask());
  return found;
}
