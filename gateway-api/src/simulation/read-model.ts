import { consortiumSchema } from '@proofward/evidence';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import type { Caller } from '../identity/authenticator.js';
import { startPostgres } from '../postgres/server.js';
import { ChangeReader } from '../projection/changes.js';
import { ReadModel } from '../projection/read-model.js';
import { ReceiptSigners } from '../receipts/signers.js';
import { ReceiptStore } from '../receipts/store.js';
import { Viewer } from '../routes/view.js';

const members = { auditors: ['auditor-a', 'auditor-b'], regulators: ['regulator'] };
/** Two providers, and those who look at them. */
export const consortium = consortiumSchema.parse({
  channel: 'proofward',
  organizations: [
    { slug: 'cleveland', mspId: 'ClevelandMSP', role: 'provider', epochs: [members] },
    { slug: 'hungarian', mspId: 'HungarianMSP', role: 'provider', epochs: [members] },
    { slug: 'auditor-a', mspId: 'AuditorAMSP', role: 'auditor', epochs: [] },
    { slug: 'auditor-b', mspId: 'AuditorBMSP', role: 'auditor', epochs: [] },
    { slug: 'regulator', mspId: 'RegulatorMSP', role: 'regulator', epochs: [] },
  ],
});

/** Who may read all that cleveland holds. */
export const caller: Caller = {
  name: 'reader',
  role: 'reader',
  identity: 'reader',
  scopes: ['records:read', 'private:read'],
  reads: new Set(),
};

/** What a trace reads at cleveland's gateway, over a database of its own. */
export async function openReadModel() {
  const folder = mkdtempSync(join(tmpdir(), 'proofward-simulated-'));
  const server = await startPostgres({ dataDir: folder });
  const database = new Database(await server.createDatabase('simulated'), pino({ level: 'silent' }));
  const reader = new ChangeReader(consortium.channel, consortium, 'ClevelandMSP');
  const readModel = new ReadModel(database, reader, { organization: 'cleveland', channel: consortium.channel });
  await readModel.open();
  const receipts = new ReceiptStore(database, consortium.channel);
  const viewer = new Viewer(consortium, 'ClevelandMSP');
  const away = () => Promise.reject(new Error('there is no peer here'));
  const receiptSigners = new ReceiptSigners(consortium.channel, 'ClevelandMSP', away);
  const services = { database, receipts, receiptSigners, viewer, consortium, referenceKey: new Uint8Array(32) };
  const close = async () => {
    await database.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { readModel, receipts, services, close };
}
