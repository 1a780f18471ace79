import { type Figure, figure, median, timed } from '../measure.js';
import { put } from './puts.js';
import { LedgerSite } from './site.js';
import { sevenOrganisations } from './topology.js';

const rounds = 5;

/**
 * `ledger.start.s`: seven organisations, from the command on an empty data folder to the first commit that a client is
 * told. The chaincode runs already; its servers are dialled within this time.
 */
export async function startBench(): Promise<Figure[]> {
  const site = await LedgerSite.open('ledger-start', sevenOrganisations(27000));
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await site.forget();
      times.push(
        await timed(async () => {
          await site.start();
          await put(site.client('cleveland'));
        }),
      );
      await site.end('SIGTERM');
    }
    return [figure('ledger.start.s', median(times) / 1000, 's', { atMost: 3 })];
  } finally {
    await site.close();
  }
}
