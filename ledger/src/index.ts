export { readConfig } from './config/read-config.js';
export { ledgerConfig, type LedgerConfig, type ReadConfig } from './config/schema.js';
export type { ConnectionProfile, UserProfile } from './connection-profile.js';
export { type FaultCode, LedgerFault } from './errors.js';
export { parsePolicy } from './policy/syntax.js';
