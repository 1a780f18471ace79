/** `npm run example -- NAME [options]`: runs one of examples/, against a running `npm start`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'examples');
const programOf = (name) => join(folder, name, 'dist', 'main.js');

const names = readdirSync(folder).filter((name) => existsSync(programOf(name)));
const [name, ...rest] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`example: say which one: npm run example -- ${names.join('|')}`);
  process.exit(2);
}
process.exit(spawnSync(process.execPath, [programOf(name), ...rest], { stdio: 'inherit' }).status ?? 1);
