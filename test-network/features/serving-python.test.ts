import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReceiptIn } from '@proofward/evidence';
import { requireReceipt } from '@proofward/client/serving';
import { deployLive } from '../harness/deployed.js';
import { reconfigure, shortWindows } from '../harness/gateways.js';
import { project } from '../harness/project.js';
import { findPython, servingPython } from '../harness/python.js';
import { batched, ReceiptMaker } from '../harness/receipts.js';
import { askRisk, type Output, type Served, startServed } from '../harness/served.js';
import { file, uniqueName, World } from '../harness/world.js';

const found = findPython();
const python = 'missing' in found ? '' : found.python;
const title = 'missing' in found ? `NOT RUN, because ${found.missing}: the Python middleware` : 'the Python middleware';
const tested = ('missing' in found ? it.skip : it) as typeof it;

describe(title, () => {
  let world: World;
  let maker: ReceiptMaker;
  let room: string;
  let restore: (() => Promise<void>) | undefined;
  const started: Served[] = [];
  beforeAll(async () => {
    world = await World.attach();
    maker = await ReceiptMaker.of(world, 'cleveland');
    room = await mkdtemp(join(tmpdir(), 'proofward-served-'));
    if (python !== '') restore = await reconfigure(world, 'cleveland', { receipts: shortWindows });
  }, 120_000);
  afterAll(async () => {
    for (const served of started) await served.kill();
    await restore?.();
    await rm(room, { recursive: true, force: true });
    world.close();
  });

  tested(
    'has the bytes of the vectors, and a journal that survives what is done to it',
    () => {
      const { status, stderr } = spawnSync(python, ['-m', 'unittest', 'discover', '-t', '.', '-s', 'tests'], {
        cwd: servingPython,
        encoding: 'utf8',
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      });
      expect(stderr).toMatch(/Ran 1\d tests in .*\n\nOK\n$/s);
      expect(status).toBe(0);
    },
    120_000,
  );

  tested(
    'goes on with the journal of the other one, while the gateway is away, and its outputs are traced',
    async () => {
      const endpoint = uniqueName('python');
      const { version, live } = await deployLive(world, endpoint);
      const weights = join(room, file.path);
      await writeFile(weights, 'abc');
      const { channel } = world.stack.network;
      const { url, apiKeys } = world.stack.organization('cleveland');
      const options = {
        ...{ weights, endpoint, channel, site: 'cleveland', journal: join(room, 'journal') },
        ...{ key: maker.keyPem, certificate: maker.certificate, gateway: { url, apiKey: apiKeys.service } },
      };
      const programs = {
        typescript: [process.execPath, join(project, 'test-network', 'dist', 'harness', 'serving.js')],
        python: [python, '-B', 'serve.py'],
      };
      const outputs: Output[] = [];
      const serve = async (program: readonly string[], count: number) => {
        const served = await startServed(program, options, servingPython);
        started.push(served);
        for (let n = 0; n < count; n++) outputs.push(await askRisk(served, outputs.length));
        return served;
      };
      const first = await serve(programs.typescript, 5);
      await world.stack.stop('gateway.cleveland');
      await first.kill();
      const second = await serve(programs.python, 5);
      await second.kill();
      const third = await serve(programs.typescript, 5);
      await third.kill();
      await serve(programs.python, 5);
      await world.stack.start('gateway.cleveland');

      const service = world.as('cleveland', 'service');
      expect(outputs.map(({ issued }) => issued.signed.receipt.sequence)).toEqual(outputs.map((_, index) => index + 1));
      for (const { bytes, input, issued } of outputs) {
        const { signed, salts } = issued;
        const trust = { channel, site: 'cleveland', certificates: [maker.certificate], endpoint, input };
        expect(requireReceipt(bytes, signed, salts, trust)).toEqual(signed);
        const { batch, proof } = await batched(() => service.receipts.get(signed.receipt.id));
        expect(isReceiptIn(channel, signed.receipt, batch.header, proof)).toBe(true);
        expect(batch.header).not.toHaveProperty('missing');
      }
      const disputed = outputs[7];
      if (disputed === undefined) throw new Error('no such output');
      const digest = createHash('sha256').update(disputed.bytes).digest('hex');
      const asked = { output: { digest, salt: disputed.issued.salts.output } };
      const traced = await world.as('cleveland', 'reader').trace(asked, { minBlock: live.ledger.block });
      expect(traced).toMatchObject({
        certainty: 'receipt',
        candidates: [{ deployment: { id: live.id }, model: { id: version.id }, differs: false }],
      });
    },
    180_000,
  );
});
