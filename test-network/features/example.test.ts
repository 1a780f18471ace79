import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reconfigure, shortWindows } from '../harness/gateways.js';
import { project } from '../harness/project.js';
import { World } from '../harness/world.js';

const program = join(project, 'examples', 'heart-disease', 'dist', 'main.js');

/** `npm run example -- heart-disease`, as a process, at the two hospitals of the features' network. */
describe('the example heart-disease', () => {
  let folder: string;
  let restore: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofward-example-'));
    const world = await World.attach();
    restore = [];
    for (const slug of ['cleveland', 'hungarian']) {
      restore.push(await reconfigure(world, slug, { receipts: shortWindows }));
    }
    await writeFile(join(folder, 'start.json'), JSON.stringify(world.stack.description));
    world.close();
  });
  afterAll(async () => {
    for (const back of restore) await back();
    await rm(folder, { recursive: true, force: true });
  });

  async function tell(...options: string[]) {
    const child = spawn(process.execPath, [program, '--start', join(folder, 'start.json'), ...options], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
    const status = await new Promise((done) => child.once('close', done));
    return { status, ...texts };
  }

  it('tells its story to the end, and again on the same network', async () => {
    for (let time = 0; time < 2; time++) {
      const { status, out, err } = await tell('--inferences', '300');
      expect({ status, failure: err.split('\n').filter((line) => line.startsWith('example: ')) }).toEqual({
        status: 0,
        failure: [],
      });
      for (const sentence of [
        'missing are fair, quality, safe-here',
        'a model that is never wrong comes to a ratio of',
        'hungarian alone is inconclusive: of 7 ill women',
        'is allowed: fair met, quality met, safe-here met',
        'for 150 receipts and no gap',
        'The trace finds receipt 76 of',
        'The recall of incident:hungarian/',
        'rolls back to model:cleveland/heart-risk-',
        'cleveland shows 2 fields, which fit the commitment',
        'Everything is as it was told',
      ]) {
        expect(out).toContain(sentence);
      }
    }
  }, 300_000);

  it('is an error with a code where no network runs, and with the usage for what it does not know', async () => {
    const none = await tell('--start', join(folder, 'none.json'));
    expect(none).toMatchObject({ status: 1, out: '' });
    expect(none.err).toMatch(/^example: NOT_READY: .*none\.json tells of no network; run `npm start`[^\n]*\n$/);
    await writeFile(
      join(folder, 'gone.json'),
      JSON.stringify({
        target: 'embedded',
        channel: 'proofward',
        // Port 9 is reserved for a service that answers nobody.
        organizations: [
          { slug: 'cleveland', mspId: 'ClevelandMSP', role: 'provider', url: 'http://127.0.0.1:9', apiKeys: {} },
        ],
      }),
    );
    const gone = await tell('--start', join(folder, 'gone.json'));
    expect(gone).toMatchObject({ status: 1, out: '' });
    expect(gone.err).toMatch(/^example: NOT_READY: the gateway of cleveland does not answer at [^\n]*\n$/);
    for (const options of [['--inferences', 'many'], ['--nonsense']]) {
      expect(await tell(...options)).toMatchObject({ status: 2, out: '' });
    }
  });
});
