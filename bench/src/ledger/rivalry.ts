import { type LedgerAccess, requireFabric } from '@proofward/network';
import { alternating, type Figure, figure, median, rate } from '../measure.js';
import { report } from '../report.js';
import { openClient } from './client.js';
import { put } from './puts.js';
import { putsNetwork } from './site.js';
import { fourOrganisations } from './topology.js';

const clients = 64;
const transactions = 1000;
const rounds = 10;

/**
 * `ledger.rate.ratio`: transactions a second on the embedded ledger over Hyperledger Fabric's, with the same client,
 * chaincode, certificates' profile, endorsers and block cutting, four organisations with a peer each. Both networks are
 * up all the time, the idle one too. The arms take turns, and each round is a ratio of its own, so that whatever else the
 * machine does meets both; the median of the rounds is the figure.
 */
export async function rivalryBench(): Promise<Figure[]> {
  const { version } = await requireFabric();
  report(`against Hyperledger Fabric ${version}`);
  const { network: embedded, end: endEmbedded } = await putsNetwork(
    'rate-embedded',
    'embedded',
    fourOrganisations(27600),
  );
  const { network: fabric, end: endFabric } = await putsNetwork('rate-fabric', 'fabric', fourOrganisations(27800));
  const opened: LedgerAccess[] = [];
  try {
    await embedded.up();
    await fabric.up();
    const ours = openClient(embedded, 'cleveland');
    const theirs = openClient(fabric, 'cleveland');
    opened.push(ours, theirs);
    const arm = (access: LedgerAccess, name: string) => async (): Promise<number> => {
      const perSecond = await rate(transactions, clients, () => put(access));
      report(`${name}: ${perSecond.toFixed(0)}/s`);
      return perSecond;
    };
    await rate(transactions, clients, () => put(theirs));
    await rate(transactions, clients, () => put(ours));
    const measured = await alternating(rounds, arm(ours, 'embedded'), arm(theirs, 'fabric'));
    const ratios = measured.ours.map((rate, round) => rate / (measured.theirs[round] ?? Number.NaN));
    return [
      figure('ledger.rate.ratio', median(ratios), 'ratio', { atLeast: 1.5 }),
      figure('ledger.rate.embedded', median(measured.ours), '1/s'),
      figure('ledger.rate.fabric', median(measured.theirs), '1/s'),
    ];
  } finally {
    for (const access of opened) access.close();
    await endFabric();
    await endEmbedded();
  }
}
