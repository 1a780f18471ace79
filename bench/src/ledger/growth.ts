import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, figure, median, rate, timed } from '../measure.js';
import { report } from '../report.js';
import { put } from './puts.js';
import { LedgerSite } from './site.js';
import { fourOrganisations } from './topology.js';

const clients = 64;
/** How many transactions lie between two samples of the memory under load. */
const step = 500;
const samples = 10;
const restMs = 10_000;

interface Memory {
  readonly load: number;
  readonly rest: number;
}

/** One ledger that is filled with transactions, for what must not grow with them. */
export class GrowthBench {
  private site: LedgerSite | undefined;
  private filled = 0;

  constructor(private readonly most: number) {}

  /**
   * `ledger.rss.growth`: resident memory of one ledger process after all transactions over that after a tenth of them.
   * Under load it is the median of the last samples while the clients go on; at rest, after ten seconds without any. The
   * greater of the two ratios is the figure.
   */
  async memory(): Promise<Figure[]> {
    const early = await this.memoryAfter(this.most / 10);
    const late = await this.memoryAfter(this.most);
    const ratios = { load: late.load / early.load, rest: late.rest / early.rest };
    return [
      figure('ledger.rss.growth', Math.max(ratios.load, ratios.rest), 'ratio', { atMost: 1.2 }),
      figure('ledger.rss.growth.load', ratios.load, 'ratio'),
      figure('ledger.rss.growth.rest', ratios.rest, 'ratio'),
      figure('ledger.rss.load', late.load, 'MiB'),
      figure('ledger.rss.rest', late.rest, 'MiB'),
    ];
  }

  /**
   * `ledger.recovery.s`: from the command after `kill -9` under load to the first commit that a client is told;
   * `ledger.recovery.ready`: of it, until the ledger says that it is ready.
   */
  async recovery(): Promise<Figure[]> {
    const site = await this.fill(this.most, () => undefined);
    const client = site.client('cleveland');
    const load = Promise.allSettled(Array.from({ length: clients }, () => putUntilFailure(client)));
    await sleep(2000);
    await site.end('SIGKILL');
    await load;
    let ready = 0;
    const whole = await timed(async () => {
      ready = await timed(() => site.start());
      await put(site.client('cleveland'));
    });
    return [
      figure('ledger.recovery.s', whole / 1000, 's', { atMost: 5 }),
      figure('ledger.recovery.ready', ready / 1000, 's'),
    ];
  }

  async close(): Promise<void> {
    await this.site?.close();
  }

  private async memoryAfter(transactions: number): Promise<Memory> {
    const seen: number[] = [];
    const site = await this.fill(transactions, (pid) => seen.push(residentMiB(pid)));
    const load = median(seen.slice(-samples));
    await sleep(restMs);
    const rest = residentMiB(site.pid);
    report(`after ${transactions} transactions ${load.toFixed(0)} MiB under load, ${rest.toFixed(0)} at rest`);
    return { load, rest };
  }

  private async fill(transactions: number, afterStep: (pid: number) => void): Promise<LedgerSite> {
    const site = (this.site ??= await started());
    const client = site.client('cleveland');
    while (this.filled < transactions) {
      const count = Math.min(step, transactions - this.filled);
      const perSecond = await rate(count, clients, () => put(client));
      this.filled += count;
      afterStep(site.pid);
      if (this.filled % (10 * step) === 0)
        report(
          `${this.filled} of ${transactions} transactions, ${perSecond.toFixed(0)}/s, ${residentMiB(site.pid).toFixed(0)} MiB`,
        );
    }
    return site;
  }
}

async function started(): Promise<LedgerSite> {
  const site = await LedgerSite.open('ledger-growth', fourOrganisations(27200));
  await site.forget();
  await site.start();
  return site;
}

async function putUntilFailure(client: Parameters<typeof put>[0]): Promise<never> {
  for (;;) await put(client);
}

/** What the operating system counts as resident, mapped files included. */
function residentMiB(pid: number): number {
  if (process.platform === 'linux') {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) / 1024;
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}
