import { createServer } from 'node:net';
import { errorCode, LedgerFault, messageOf } from '../errors.js';

/** One operator runs this ledger: nobody outside the machine is to take it for a network. */
export function requireLoopback(address: string): void {
  const host = hostOf(address);
  if (host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)) return;
  throw new LedgerFault(
    'NOT_LOOPBACK',
    `the embedded ledger does not listen on ${address}`,
    'use 127.0.0.1; for other machines run a Fabric network',
  );
}

/** Says in plain words that a port is taken, before anything of the ledger is up. */
export async function requireFree(address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) => {
      const taken = errorCode(cause) === 'EADDRINUSE';
      reject(
        new LedgerFault(
          'PORT_IN_USE',
          taken ? `the port of ${address} is in use` : `cannot listen on ${address} (${messageOf(cause)})`,
          'stop what uses it, or configure another port',
          { cause },
        ),
      );
    });
    probe.listen({ host: hostOf(address), port: portOf(address), exclusive: true }, () => {
      probe.close(() => {
        resolve();
      });
    });
  });
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
