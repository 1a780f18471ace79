/**
 * The PostgreSQL of a network's gateways as one process: it ends, and the server with it, on SIGTERM.
 *
 * usage: postgres DATA_FOLDER PORT
 */
import { startPostgres, stopPostgres } from '@proofward/gateway-api';

const [dataDir, port] = process.argv.slice(2);
if (dataDir === undefined || port === undefined) throw new Error('usage: postgres DATA_FOLDER PORT');

const folder = dataDir;
const server = await startPostgres({ dataDir: folder, port: Number(port) });
process.stdout.write(`PostgreSQL answers on port ${server.port}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void end();
  });
}
// A server that an earlier, killed process left behind is answered by startPostgres, but does not keep this one alive.
const alive = setInterval(() => undefined, 60_000);

async function end(): Promise<void> {
  clearInterval(alive);
  await server.stop();
  // Also one that was running already: it is this folder's, and nobody else's.
  await stopPostgres({ dataDir: folder });
  process.exit(0);
}
