import { join } from 'node:path';
import type { ProcessPlan } from '../process/supervisor.js';
import { isListening } from '../process/port.js';
import type { Network } from '../network.js';

export const databaseName = 'postgres';
const program = join(import.meta.dirname, '..', 'bin', 'postgres.js');

export function databaseFolder(network: Network): string {
  return join(network.stateDir, 'postgres');
}

/** The one PostgreSQL of all gateways on this machine; in production each organisation has its own (DATABASE_URL). */
export function planDatabase(network: Network): ProcessPlan {
  const port = network.topology.databasePort;
  return {
    name: databaseName,
    command: [process.execPath, program, databaseFolder(network), String(port)],
    environment: {},
    ports: [port],
    kept: true,
    timeoutMs: 60_000,
    isReady: () => isListening(port),
  };
}
