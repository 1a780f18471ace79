import { type LedgerAccess, openLedger, requireFabric } from '@proofward/network';
import { alternating, type Figure, figure, median, rate } from '../measure.js';
import { report } from '../report.js';
import { put } from './puts.js';
import { putsNetwork } from './site.js';
import { fourOrganisations } from './topology.js';

const clients = 64;
const transactions = 1500;
const rounds = 6;

/**
 * `ledger.rate.ratio`: transactions a second on the embedded ledger over Hyperledger Fabric's, with the same client,
 * chaincode, certificates' profile, endorsers and block cutting, four organisations with a peer each. Both networks are
 * up all the time, the idle one too, and the arms take turns.
 */
export async function rivalryBench(): Promise<Figure[]> {
  const { version } = await requireFabric();
  report(`against Hyperledger Fabric ${version}`);
  const embedded = await putsNetwork('rate-embedded', 'embedded', fourOrganisations(27600));
  const fabric = await putsNetwork('rate-fabric', 'fabric', fourOrganisations(27800));
  const opened: LedgerAccess[] = [];
  try {
    await embedded.up();
    await fabric.up();
    const ours = openLedger(embedded, 'cleveland', 'admin');
    const theirs = openLedger(fabric, 'cleveland', 'admin');
    opened.push(ours, theirs);
    const arm = (access: LedgerAccess, name: string) => async (): Promise<number> => {
      const perSecond = await rate(transactions, clients, () => put(access));
      report(`${name}: ${perSecond.toFixed(0)}/s`);
      return perSecond;
    };
    await rate(transactions, clients, () => put(theirs));
    await rate(transactions, clients, () => put(ours));
    const measured = await alternating(rounds, arm(ours, 'embedded'), arm(theirs, 'fabric'));
    return [
      figure('ledger.rate.ratio', median(measured.ours) / median(measured.theirs), 'ratio', { atLeast: 1.5 }),
      figure('ledger.rate.embedded', median(measured.ours), '1/s'),
      figure('ledger.rate.fabric', median(measured.theirs), '1/s'),
    ];
  } finally {
    for (const access of opened) access.close();
    await fabric.down({ fresh: true });
    await embedded.down({ fresh: true });
  }
}
