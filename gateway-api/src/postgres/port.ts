import { createServer } from 'node:net';
import { join } from 'node:path';
import { readIfPresent } from '../files.js';

/** The port that a data folder's server had last, if it is free, or else any free one. */
export async function usualPort(dataDir: string): Promise<number> {
  const kept = Number((await readIfPresent(join(dataDir, 'port')))?.toString('utf8'));
  const port = (Number.isInteger(kept) && kept > 0 ? await freePort(kept) : undefined) ?? (await freePort(0));
  if (port === undefined) throw new Error('no free port for PostgreSQL');
  return port;
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', () => {
      resolve(undefined);
    });
    listener.listen(wanted, '127.0.0.1', () => {
      const address = listener.address();
      listener.close(() => {
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
  });
}
