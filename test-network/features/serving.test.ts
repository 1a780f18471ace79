import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReceiptIn } from '@proofward/evidence';
import { readReceipt, receiptHeader, requireReceipt } from '@proofward/client/serving';
import { deployLive } from '../harness/deployed.js';
import { reconfigure, shortWindows } from '../harness/gateways.js';
import { project } from '../harness/project.js';
import { batched, eventually, ReceiptMaker } from '../harness/receipts.js';
import { askRisk, type Output, type Served, startServed } from '../harness/served.js';
import { file, uniqueName, World } from '../harness/world.js';

const program = join(project, 'test-network', 'dist', 'harness', 'serving.js');

/** A model's process that answers over HTTP, as a site runs it, beside the gateway that it hands its receipts to. */
describe('a serving process', () => {
  let world: World;
  let maker: ReceiptMaker;
  let room: string;
  let restore: () => Promise<void>;
  const started: Served[] = [];
  beforeAll(async () => {
    world = await World.attach();
    maker = await ReceiptMaker.of(world, 'cleveland');
    room = await mkdtemp(join(tmpdir(), 'proofward-served-'));
    restore = await reconfigure(world, 'cleveland', { receipts: { ...shortWindows, patienceSeconds: 86_400 } });
  }, 120_000);
  afterAll(async () => {
    for (const served of started) await served.kill();
    await restore();
    await rm(room, { recursive: true, force: true });
    world.close();
  });

  const service = () => world.as('cleveland', 'service');
  const channel = () => world.stack.network.channel;

  async function serve(endpoint: string): Promise<Served & { journal: string }> {
    const weights = join(room, file.path);
    await writeFile(weights, 'abc');
    const journal = join(room, `${endpoint}.journal`);
    const { url, apiKeys } = world.stack.organization('cleveland');
    const served = await startServed([process.execPath, program], {
      ...{ endpoint, journal, weights, site: 'cleveland', channel: channel(), keptBytes: 20_000 },
      ...{ key: maker.keyPem, certificate: maker.certificate, gateway: { url, apiKey: apiKeys.service } },
    });
    started.push(served);
    return { ...served, journal };
  }

  it('gives outputs receipts while the gateway is away, hands them in when it is back, and each is traced', async () => {
    const endpoint = uniqueName('served');
    const { version, live } = await deployLive(world, endpoint);
    const first = await serve(endpoint);
    const outputs: Output[] = [];
    for (let age = 1; age <= 20; age++) outputs.push(await askRisk(first, age));
    const newest = async () => (await service().receipts.endpoints()).find((one) => one.endpoint === endpoint)?.newest;
    await eventually('the first are handed in', async () => ((await newest()) === 20 ? true : undefined));

    await world.stack.stop('gateway.cleveland');
    for (let age = 21; age <= 50; age++) outputs.push(await askRisk(first, age));
    // The process is killed too, and another one goes on with its journal.
    await first.kill();
    const second = await serve(endpoint);
    for (let age = 51; age <= 80; age++) outputs.push(await askRisk(second, age));
    await world.stack.start('gateway.cleveland');

    expect(outputs.map(({ issued }) => issued.signed.receipt.sequence)).toEqual(outputs.map((_, index) => index + 1));
    for (const { issued } of outputs) {
      const { receipt } = issued.signed;
      const { batch, proof } = await batched(() => service().receipts.get(receipt.id));
      expect(isReceiptIn(channel(), receipt, batch.header, proof)).toBe(true);
      expect(batch.header).not.toHaveProperty('missing');
    }
    const { items } = await service().batches.list({ endpoint, sort: 'effective', limit: 200 });
    const filled = items.filter(({ header }) => header.count > 0);
    expect(filled.reduce((sum, { header }) => sum + header.count, 0)).toBe(80);
    expect(filled.at(-1)?.header.last).toBe(80);
    for (const [index, { header }] of items.entries()) {
      expect(header.first).toBe((items[index - 1]?.header.last ?? 0) + 1);
      expect(header.previous).toBe(items[index - 1]?.id);
    }
    // What was handed in is no more in the journal than it may be.
    expect((await stat(second.journal)).size).toBeLessThan(60_000);
    expect(JSON.parse((await readFile(second.journal, 'utf8')).split('\n')[0] ?? '')).toHaveProperty('after');

    // One that was made while the gateway was away leads to the version, by its bytes and salt alone.
    const disputed = outputs[40];
    if (disputed === undefined) throw new Error('no such output');
    const digest = createHash('sha256').update(disputed.bytes).digest('hex');
    const traced = await world
      .as('cleveland', 'reader')
      .trace({ output: { digest, salt: disputed.issued.salts.output } }, { minBlock: live.ledger.block });
    expect(traced).toMatchObject({
      ...{ certainty: 'receipt', ambiguous: false, gaps: [] },
      receipts: [disputed.issued.signed.receipt],
      candidates: [{ deployment: { id: live.id }, model: { id: version.id }, differs: false }],
    });
    await second.kill();
  }, 180_000);

  it('has consumers that take no output without a receipt that holds', async () => {
    const endpoint = uniqueName('served');
    const server = await serve(endpoint);
    const { url } = server;
    const { bytes, input, issued } = await askRisk(server, 61);
    const { signed, salts } = issued;
    const trust = { channel: channel(), site: 'cleveland', certificates: [maker.certificate], endpoint, input };
    expect(requireReceipt(bytes, signed, salts, trust)).toEqual(signed);
    // The same server without the middleware.
    const bare = await fetch(`${url}/bare`, {
      method: 'POST',
      body: '{"age":62}',
      headers: { 'content-type': 'application/json' },
    });
    expect(bare.status).toBe(200);
    const output = new Uint8Array(await bare.arrayBuffer());
    expect(() => readReceipt(bare.headers.get(receiptHeader))).toThrow(expect.objectContaining({ fault: 'missing' }));
    expect(() => requireReceipt(output, undefined, undefined, trust)).toThrow(
      expect.objectContaining({ fault: 'missing' }),
    );
    expect(() => requireReceipt(output, signed, salts, { ...trust, input: undefined })).toThrow(
      expect.objectContaining({ fault: 'output' }),
    );
    await server.kill();
  }, 60_000);
});
