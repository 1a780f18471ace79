import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, LedgerFault, messageOf } from '../errors.js';
import { replaceSynced } from '../identity/made-folder.js';
import type { Log } from '../log.js';
import { freePort, isFree, requireFree, requireLoopback } from '../peer/listen-address.js';
import type { ReadConfig } from './schema.js';

const LOOPBACK = '127.0.0.1:0';
const addressFile = z.record(z.string(), z.string());

/**
 * Where each organisation's node listens, by MSP id: the peers and the orderer. A port that was chosen here is kept over
 * restarts as long as nobody else has taken it.
 */
export async function chooseAddresses(
  { data, organizations, orderer }: ReadConfig,
  log: Log,
): Promise<ReadonlyMap<string, string>> {
  const path = join(data, 'addresses.json');
  const before = readAddresses(path);
  const chosen: Record<string, string> = {};
  const nodes = [...organizations.map(({ mspId, peer }) => ({ mspId, listen: peer.listen })), orderer];
  const taken = new Set(nodes.map(({ listen = LOOPBACK }) => listen));
  const addresses = new Map<string, string>();
  for (const { mspId, listen: wanted = LOOPBACK } of nodes) {
    requireLoopback(wanted);
    if (!wanted.endsWith(':0')) {
      await requireFree(wanted);
      addresses.set(mspId, wanted);
      continue;
    }
    const kept = before[mspId];
    const host = wanted.slice(0, -2);
    let address = kept?.slice(0, kept.lastIndexOf(':')) === host ? kept : undefined;
    if (address !== undefined && (taken.has(address) || !(await isFree(address)))) {
      log.warn({ mspId, address }, 'the port that this node had is in use: it gets another one');
      address = undefined;
    }
    while (address === undefined || taken.has(address)) address = `${host}:${await freePort(host)}`;
    taken.add(address);
    chosen[mspId] = address;
    addresses.set(mspId, address);
  }
  if (JSON.stringify(chosen) !== JSON.stringify(before))
    await replaceSynced(path, `${JSON.stringify(chosen, null, 2)}\n`);
  return addresses;
}

function readAddresses(path: string): Record<string, string> {
  try {
    return addressFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return {};
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `${path} does not name the nodes' addresses (${messageOf(cause).split('\n', 1)[0] ?? ''})`,
      'remove it: the nodes get other ports',
      { cause },
    );
  }
}
