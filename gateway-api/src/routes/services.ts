import type { Consortium } from '@proofward/evidence';
import type { AccessLog } from '../access-log/access-log.js';
import type { GatewayConfig } from '../config.js';
import type { Database } from '../database/database.js';
import type { LedgerIdentities } from '../identity/ledger-identity.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Registrar } from '../ledger/registrar.js';
import type { Follower } from '../projection/follower.js';
import type { Height } from '../projection/height.js';
import type { Records } from '../queries/records.js';
import type { ReceiptBatches } from '../receipts/batches.js';
import type { ReceiptIntake } from '../receipts/intake.js';
import type { ReceiptSigners } from '../receipts/signers.js';
import type { ReceiptStore } from '../receipts/store.js';
import type { StopIncidents } from '../release/stop-incidents.js';
import type { Viewer } from './view.js';

/** What routes are made of. */
export interface Services {
  accessLog: AccessLog;
  config: GatewayConfig;
  consortium: Consortium;
  identities: LedgerIdentities;
  ledger: Ledger;
  registrar: Registrar;
  records: Records;
  database: Database;
  height: Height;
  follower: Follower;
  viewer: Viewer;
  receipts: ReceiptStore;
  receiptBatches: ReceiptBatches;
  receiptIntake: ReceiptIntake;
  receiptSigners: ReceiptSigners;
  stopIncidents: StopIncidents;
  /** See evidence's `referenceKey`. */
  referenceKey: Uint8Array;
}
