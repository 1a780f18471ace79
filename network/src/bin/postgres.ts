/**
 * The PostgreSQL of a network's gateways as one process: it ends, and the server with it, on SIGTERM.
 *
 * usage: postgres DATA_FOLDER PORT
 */
import { join } from 'node:path';
import { startPostgres, stopPostgres } from '@proofward/gateway-api';
import { writeWhole } from '../state/files.js';

const [dataDir, port] = process.argv.slice(2);
if (dataDir === undefined || port === undefined) throw new Error('usage: postgres DATA_FOLDER PORT');

/** How long its orderly end may take. After SIGQUIT it recovers from its log at the next start: nothing is lost. */
const orderlyMs = 6000;
const folder = dataDir;
const starting = startPostgres({ dataDir: folder, port: Number(port) });
let isEnding = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isEnding) return;
    isEnding = true;
    end().catch(fail);
  });
}
// A server that an earlier, killed process left behind is answered by startPostgres, but does not keep this one alive.
const alive = setInterval(() => undefined, 60_000);
try {
  const server = await starting;
  // It has the password in it, and so has the file `password` beside it.
  await writeWhole(join(folder, 'url'), server.url('postgres'));
  process.stdout.write(`PostgreSQL answers on port ${server.port}\n`);
} catch (error) {
  fail(error);
}

/** A signal may come while the server is being made: what has begun is finished, and then ended. */
async function end(): Promise<void> {
  const server = await starting.catch(() => undefined);
  clearInterval(alive);
  // On a full disk it cannot write its last checkpoint, and would outlive this process, which is not waited for longer.
  const overdue = setTimeout(() => {
    if (server?.pid !== undefined) process.kill(server.pid, 'SIGQUIT');
  }, orderlyMs);
  await server?.stop();
  clearTimeout(overdue);
  // Also one that was running already: it is this folder's, and nobody else's.
  await stopPostgres({ dataDir: folder });
  process.exit(0);
}

function fail(error: unknown): never {
  process.stderr.write(`postgres: error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
