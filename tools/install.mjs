/**
 * Makes the checkout runnable: dependencies exactly as locked, then the compiled rooms. Idempotent, and quick when
 * nothing changed. Runs on any Node from 20.19 on and uses only its standard library, because nothing is installed yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.proofward-lock');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node ${process.versions.node} is too old`, 'install Node 20.19 or newer');

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== lock) {
  say('installing dependencies as locked (once, a minute or two) ...');
  // No install scripts: nothing we need has one, and a native build would need a compiler.
  run(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    'check the network and the npm registry, then run the same command again',
  );
  writeFileSync(stampFile, lock);
}

const newest = newestSource(root);
const builtStamp = join(root, 'node_modules', '.proofward-built');
if (!existsSync(builtStamp) || statSync(builtStamp).mtimeMs < newest) {
  say('building ...');
  const started = Date.now();
  const node = join(root, 'node_modules', '.bin', 'node');
  run(
    existsSync(node) ? node : process.execPath,
    [join(root, 'tools', 'build.mjs')],
    'see the compiler messages above',
  );
  writeFileSync(builtStamp, new Date(started).toISOString());
}

/** The latest change of anything that the build reads, in milliseconds. */
function newestSource(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newestSource(path));
    else if (/\.(ts|mjs|json)$/.test(entry.name)) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

function run(command, args, remedy) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.error !== undefined || result.status !== 0) {
    fail(`${command} ${args[0]} failed (${result.error?.message ?? `exit ${result.status}`})`, remedy);
  }
}

function say(text) {
  process.stderr.write(`proofward: ${text}\n`);
}

function fail(what, remedy) {
  say(`${what}; ${remedy}`);
  process.exit(1);
}
