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
  try {
    await probe(hostOf(address), portOf(address));
  } catch (cause) {
    const taken = errorCode(cause) === 'EADDRINUSE';
    throw new LedgerFault(
      'PORT_IN_USE',
      taken ? `the port of ${address} is in use` : `cannot listen on ${address} (${messageOf(cause)})`,
      'stop what uses it, or configure another port',
      { cause },
    );
  }
}

export async function isFree(address: string): Promise<boolean> {
  return probe(hostOf(address), portOf(address)).then(
    () => true,
    () => false,
  );
}

export async function freePort(host: string): Promise<number> {
  return probe(hostOf(`${host}:`), 0);
}

/** Listens for a moment, and tells the port. */
async function probe(host: string, port: number): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  });
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
