/** Started by the network itself: `keeper STATE_FOLDER`. */
import { existsSync } from 'node:fs';
import { keep } from '../process/keeper.js';
import { Supervisor } from '../process/supervisor.js';
import { StateLayout } from '../state/layout.js';

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: keeper STATE_FOLDER');

const ending = new AbortController();
process.once('SIGTERM', () => {
  ending.abort();
});
const layout = new StateLayout(root);
const say = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

// Somebody who removes the state folder by hand wants nothing of it to be started again.
setInterval(() => {
  if (!existsSync(layout.run)) ending.abort();
}, 2000).unref();

await keep(new Supervisor(layout), say, ending.signal);
