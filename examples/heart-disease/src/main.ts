import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Narrator } from './narrator.js';
import { Parties } from './parties.js';
import { tellStory } from './story.js';

const usage = `usage: npm run example -- heart-disease [--inferences N] [--start FILE]

  --inferences  how many outputs are made, from 2 on (10000)
  --start       what a running \`npm start\` says of itself (default: .proofward/start.json)`;

// Dataset keys and journals are for the eyes of their owner.
process.umask(0o077);
const options = readOptions();
try {
  const parties = await Parties.open(options.start);
  const run = randomBytes(4).toString('hex');
  const folder = join(dirname(options.start), 'heart-disease', run);
  await mkdir(folder, { recursive: true });
  await tellStory({ parties, tell: new Narrator(), folder, run }, options.inferences);
} catch (error) {
  process.stderr.write(`example: ${lineOf(error)}\n`);
  process.exitCode = 1;
}

/** In one line, with the code where there is one. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.message.startsWith(code) ? error.message : `${code}: ${error.message}`;
}

function readOptions(): { inferences: number; start: string } {
  try {
    const { values } = parseArgs({
      options: {
        inferences: { type: 'string', default: '10000' },
        start: { type: 'string', default: resolve(import.meta.dirname, '../../../.proofward/start.json') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    const inferences = /^\d{1,7}$/.test(values.inferences) ? Number(values.inferences) : 0;
    if (inferences < 2) throw new Error(`--inferences is a whole number from 2 on, not ${values.inferences}`);
    return { inferences, start: resolve(values.start) };
  } catch (error) {
    process.stderr.write(`example: ${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    process.exit(2);
  }
}
