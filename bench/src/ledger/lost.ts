import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerAccess } from '@proofward/network';
import { type Figure, figure } from '../measure.js';
import { report } from '../report.js';
import { endorsers } from './puts.js';
import { LedgerSite } from './site.js';
import { fourOrganisations } from './topology.js';

const clients = 32;
/** The kill comes at a moment of this span after the first acknowledgement, so that it meets every stage of a commit. */
const loadMs = 600;
const askedAtOnce = 500;
/** Of the first endorser alone, whatever the chaincode's collections are. */
const collection = '_implicit_org_ClevelandMSP';

/**
 * `ledger.lost`: transactions, each with a public and a private value, that were acknowledged and are not there, or not
 * whole, after `kill -9` and a new start. All of them are looked for again after the last kill.
 */
export async function lostBench(kills: number): Promise<Figure[]> {
  const site = await LedgerSite.open('ledger-lost', fourOrganisations(27400));
  const acknowledged: string[] = [];
  const lost = new Set<string>();
  try {
    await site.start();
    for (let kill = 1; kill <= kills; kill++) {
      const told = await putAndKill(site);
      await site.start();
      for (const key of await absent(site.client('cleveland'), told)) lost.add(key);
      acknowledged.push(...told);
      if (kill % 10 === 0) report(`${kill} of ${kills} kills, ${acknowledged.length} acknowledged, ${lost.size} lost`);
    }
    report(`looking for all ${acknowledged.length} again`);
    for (const key of await absent(site.client('cleveland'), acknowledged)) lost.add(key);
    return [
      figure('ledger.lost', lost.size, 'tx', { atMost: 0 }),
      figure('ledger.lost.kills', kills, ''),
      figure('ledger.lost.acknowledged', acknowledged.length, 'tx'),
    ];
  } finally {
    await site.close();
  }
}

async function putAndKill(site: LedgerSite): Promise<string[]> {
  const client = site.client('cleveland');
  const told: string[] = [];
  const load = Array.from({ length: clients }, async () => {
    for (;;) {
      const key = randomBytes(12).toString('hex');
      await client.contract.submit('put-both', {
        arguments: [key, key, collection],
        endorsingOrganizations: endorsers,
      });
      told.push(key);
    }
  });
  const ended = Promise.allSettled(load);
  const begun = Date.now();
  while (told.length === 0) {
    if (Date.now() - begun > 30_000) throw new Error('no transaction was acknowledged in 30 seconds');
    await sleep(5);
  }
  await sleep(Math.random() * loadMs);
  await site.end('SIGKILL');
  await ended;
  return told;
}

async function absent({ contract }: LedgerAccess, keys: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (let at = 0; at < keys.length; at += askedAtOnce) {
    const answer = await contract.evaluate('absent', {
      arguments: [JSON.stringify(keys.slice(at, at + askedAtOnce)), collection],
      endorsingOrganizations: ['ClevelandMSP'],
    });
    missing.push(...(JSON.parse(Buffer.from(answer).toString()) as string[]));
  }
  return missing;
}
