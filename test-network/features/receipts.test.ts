import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  emptyRoot,
  externalReference,
  isReceiptIn,
  parseId,
  type Receipt,
  referenceKey,
  type SignedReceipt,
  valueCommitment,
  weightsRoot,
} from '@proofward/evidence';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { deployLive } from '../harness/deployed.js';
import { reconfigure, shortWindows } from '../harness/gateways.js';
import { batched, eventually, hex, ReceiptMaker } from '../harness/receipts.js';
import { attestation, dataset, file, model, msp, policy, signOff, uniqueName, World } from '../harness/world.js';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

describe('inference receipts', () => {
  let world: World;
  let maker: ReceiptMaker;
  let channel: string;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    world = await World.attach();
    maker = await ReceiptMaker.of(world, 'cleveland');
    channel = world.stack.network.channel;
    restore = await reconfigure(world, 'cleveland', { receipts: shortWindows });
  });
  afterAll(async () => {
    await restore();
    world.close();
  });

  const receipt = (endpoint: string, sequence: number, more: Partial<Receipt> = {}) =>
    maker.make(endpoint, sequence, { at: minutesAgo(11), ...more });
  const service = () => world.as('cleveland', 'service');

  it('are stored once, put into a batch on the ledger, and proved against its root', async () => {
    const endpoint = uniqueName('triage');
    const all = [1, 2, 3].map((sequence) => receipt(endpoint, sequence));
    expect(await service().receipts.add(all)).toEqual({ stored: 3, known: 0 });
    expect(await service().receipts.add(all)).toEqual({ stored: 0, known: 3 });
    for (const signed of all) {
      const { batch, proof } = await batched(() => service().receipts.get(signed.receipt.id));
      expect(batch.header).toMatchObject({ endpoint, first: 1, last: 3, count: 3, author: msp.cleveland });
      expect(isReceiptIn(channel, signed.receipt, batch.header, proof)).toBe(true);
      expect(isReceiptIn(channel, { ...signed.receipt, output: hex() }, batch.header, proof)).toBe(false);
    }
    // The header is everybody's; the receipt is not there for others, as one that never was.
    const id = all[0]?.receipt.id ?? '';
    expect((await service().receipts.get(id)).signer).toEqual({ state: 'good' });
    const theirs = await world.as('hungarian', 'reader').batches.list({ endpoint });
    expect(theirs.items.length).toBeGreaterThan(0);
    for (const asked of [id, hex(16)]) {
      await expect(world.as('hungarian', 'service').receipts.get(asked)).rejects.toMatchObject({
        status: 404,
        code: 'RECORD_NOT_FOUND',
      });
    }
  });

  it('say of a deployed endpoint that it was silent, in each window, and nothing any more once it has ended', async () => {
    const endpoint = uniqueName('triage');
    const { live } = await deployLive(world, endpoint);
    await service().receipts.add([receipt(endpoint, 1, { at: new Date().toISOString() })]);
    const list = async () => (await service().batches.list({ endpoint, sort: 'effective' })).items;
    const [first, second] = await eventually('a silent window', async () => {
      const items = await list();
      return items.length > 2 ? items : undefined;
    });
    expect(second?.header).toMatchObject({ first: 2, last: 1, count: 0, root: emptyRoot, previous: first?.id });
    expect(second?.header.window.from).toBe(first?.header.window.to);

    const { header } = await service().deployments.stop(live.id);
    const ended = header.to ?? '';
    const last = await eventually('the window in which it ended', async () => {
      const newest = (await list()).at(-1);
      return newest !== undefined && newest.header.window.to >= ended ? newest : undefined;
    });
    await delay(4 * shortWindows.windowSeconds * 1_000);
    expect((await list()).at(-1)?.id).toBe(last.id);
    // What comes late is recorded nevertheless.
    const late = receipt(endpoint, 2);
    await service().receipts.add([late]);
    expect((await batched(() => service().receipts.get(late.receipt.id))).batch.header.count).toBe(1);
  });

  it('are refused where they are not the site’s, or say another thing under a number', async () => {
    const endpoint = uniqueName('triage');
    const first = receipt(endpoint, 1);
    await service().receipts.add([first]);
    const refuse = (receipts: SignedReceipt[], code: string, pointer: string) =>
      expect(service().receipts.add(receipts)).rejects.toMatchObject({ code, pointer });
    await refuse([receipt(endpoint, 1)], 'SEQUENCE_REPEATED', '/receipts/0/receipt/sequence');
    await refuse([receipt(endpoint, 2, { id: first.receipt.id })], 'SEQUENCE_REPEATED', '/receipts/0/receipt/sequence');
    const altered = { ...first, receipt: { ...first.receipt, output: valueCommitment('output', hex(), hex()) } };
    await refuse([receipt(endpoint, 2), altered], 'RECEIPT_INVALID', '/receipts/1/signature');
    await refuse([receipt(endpoint, 2, { site: 'hungarian' })], 'RECEIPT_INVALID', '/receipts/0/receipt/site');
    const forged = createHash('sha256').update('x').digest('base64');
    await refuse([{ ...receipt(endpoint, 2), signature: forged }], 'RECEIPT_INVALID', '/receipts/0/signature');
    const foreign = (await ReceiptMaker.of(world, 'hungarian')).sign(receipt(endpoint, 2).receipt);
    await refuse([foreign], 'RECEIPT_INVALID', '/receipts/0/certificate');
    const early = receipt(endpoint, 2, { at: '2001-01-01T00:00:00.000Z' });
    await refuse([early], 'RECEIPT_INVALID', '/receipts/0/certificate');
    const ahead = receipt(endpoint, 2, { at: new Date(Date.now() + 20 * 60_000).toISOString() });
    await refuse([ahead], 'RECEIPT_AHEAD', '/receipts/0/receipt/at');
    await expect(world.as('hungarian', 'service').receipts.add([first])).rejects.toMatchObject({
      code: 'RECEIPT_INVALID',
    });
    await expect(world.as('cleveland', 'qa').receipts.add([first])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // What was refused was stored in no part.
    expect(await service().receipts.add([receipt(endpoint, 2)])).toEqual({ stored: 1, known: 0 });
  });

  it('are signed by whoever the site’s authority has enrolled, in the gateway’s wallet or not', async () => {
    const endpoint = uniqueName('enrolled');
    await world.enrol('cleveland', 'serving-2', { role: 'service' });
    const signed = (await ReceiptMaker.of(world, 'cleveland', 'serving-2')).make(endpoint, 1);
    expect(signed.certificate).not.toBe(maker.certificate);
    expect(await service().receipts.add([signed])).toEqual({ stored: 1, known: 0 });
  });

  it('are taken one a line too, each for itself, and answered line by line', async () => {
    const endpoint = uniqueName('lines');
    const good = [1, 2, 3, 4].map((sequence) => receipt(endpoint, sequence));
    const [first, second, third, fourth] = good.map((signed) => JSON.stringify(signed));
    const foreign = JSON.stringify(maker.make(endpoint, 5, { site: 'hungarian' }));
    const ahead = JSON.stringify(receipt(endpoint, 6, { at: new Date(Date.now() + 3_600_000).toISOString() }));
    const lines = [first, '{"receipt":', second, '', foreign, 'x'.repeat(20_000), third, ahead, first, '{}', fourth];
    const { url, apiKeys } = world.stack.organization('cleveland');
    const send = (body: string, more: Record<string, string> = {}) =>
      fetch(`${url}/v1/receipts`, {
        method: 'POST',
        body,
        headers: {
          ...{ authorization: `Bearer ${apiKeys.service ?? ''}`, 'content-type': 'application/x-ndjson' },
          ...more,
        },
      });
    const answer = await send(lines.join('\n'));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('application/x-ndjson'),
    ]);
    const told = (await answer.text())
      .trimEnd()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { line: number; outcome: string; problem?: { code: string; pointer?: string } },
      );
    expect(told.map(({ line, outcome, problem }) => [line, outcome, problem?.code, problem?.pointer])).toEqual([
      [1, 'stored', undefined, undefined],
      [2, 'refused', 'INVALID_JSON', undefined],
      [3, 'stored', undefined, undefined],
      [5, 'refused', 'RECEIPT_INVALID', '/receipt/site'],
      [6, 'refused', 'PAYLOAD_TOO_LARGE', undefined],
      [7, 'stored', undefined, undefined],
      [8, 'refused', 'RECEIPT_AHEAD', '/receipt/at'],
      [9, 'known', undefined, undefined],
      [10, 'refused', 'INVALID_FIELD', expect.any(String)],
      [11, 'stored', undefined, undefined],
    ]);
    for (const signed of good) {
      const { batch } = await batched(() => service().receipts.get(signed.receipt.id));
      expect(batch.header).toMatchObject({ first: 1, last: 4, count: 4 });
    }

    // More than one request takes, from the typed client; a repeated number is refused, and no other.
    const many = uniqueName('many');
    const all = Array.from({ length: 1_200 }, (_, index) => maker.make(many, index + 1));
    all.splice(700, 0, maker.make(many, 7));
    const outcomes: string[] = [];
    for await (const { line, outcome, problem } of service().receipts.addEach(all)) {
      expect(line).toBe(outcomes.length + 1);
      outcomes.push(problem?.code ?? outcome);
    }
    expect(outcomes).toEqual(all.map((_, index) => (index === 700 ? 'SEQUENCE_REPEATED' : 'stored')));

    expect((await send(first ?? '', { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await send(first ?? '', { authorization: `Bearer ${apiKeys.reader ?? ''}` })).status).toBe(403);
    expect(await (await send('')).text()).toBe('');
  });

  it('lead from an output to the version, its evidence and who signed, as it stood then', async () => {
    const cleveland = (role: string) => world.as('cleveland', role);
    const { record: data } = await cleveland('data-steward').datasets.create(dataset(uniqueName('traced')));
    const { record: version } = await cleveland('ml-engineer').models.create(
      model(uniqueName('traced'), [{ id: data.id, role: 'training' }]),
    );
    const audit = await world.as('auditor-a', 'auditor').attestations.create(attestation(version.id));
    const requirements = [{ name: 'signed', requires: 'sign-off' as const, role: 'qa' as const }];
    await cleveland('qa').policies.create({ ...policy(uniqueName('traced'), parseId(version.id).name), requirements });
    const { record: signed } = await cleveland('qa').signOffs.create(signOff(version.id));
    const { record: decision } = await cleveland('qa').releases.request(
      { model: version.id, purpose: 'triage', signOffs: [signed.id] },
      { minBlock: signed.ledger.block },
    );
    const endpoint = uniqueName('traced');
    const running = { model: version.id, endpoint, decision: decision.id };
    const values = { private: { configurationDigest: file.sha256, decisionThreshold: '0.5' } };
    const { record: live } = await cleveland('service').deployments.create({ ...running, mode: 'live', ...values });

    const salt = hex();
    const digest = hex();
    const external = { system: 'urn:accession', id: uniqueName('a') };
    const at = new Date().toISOString();
    const made = receipt(endpoint, 1, {
      at,
      model: weightsRoot([file]),
      output: valueCommitment('output', salt, digest),
      reference: externalReference(referenceKey(await world.commitmentKey('cleveland')), external.system, external.id),
    });
    const other = receipt(endpoint, 2, { at });
    await service().receipts.add([made, other]);
    const read = { minBlock: live.ledger.block };
    const reader = cleveland('reader');
    for (const asked of [
      { receipt: made.receipt.id },
      { output: { digest, salt } },
      { output: { commitment: made.receipt.output } },
      { externalReference: external },
    ]) {
      const answer = await reader.trace(asked, read);
      expect(answer).toMatchObject({ certainty: 'receipt', ambiguous: false, gaps: [], lateBatches: [] });
      expect(answer.receipts).toMatchObject([{ ...made.receipt, signer: { state: 'good' } }]);
      expect(answer.candidates).toMatchObject([
        {
          deployment: { id: live.id, private: { decisionThreshold: '0.5' }, ledger: live.ledger },
          model: { id: version.id, ledger: version.ledger },
          loaded: weightsRoot([file]),
          declared: weightsRoot([file]),
          differs: false,
          datasets: [{ id: data.id, status: 'registered' }],
          attestations: [{ id: audit.record.id, status: 'active' }],
          signOffs: [{ id: signed.id, status: 'active' }],
          decision: { id: decision.id, header: { outcome: 'allowed' } },
          since: [],
        },
      ]);
    }
    expect((await reader.trace({ receipt: other.receipt.id }, read)).candidates).toMatchObject([{ differs: true }]);

    // What changes afterwards is told beside how it stood.
    await world.settled();
    const flagged = await cleveland('data-steward').datasets.transition(data.id, { to: 'flagged' });
    const second = await world.as('auditor-b', 'auditor').attestations.create(attestation(version.id));
    const { record: canary } = await cleveland('service').deployments.create({
      ...running,
      ...values,
      mode: 'canary',
      share: '0.05',
    });
    const later = { minBlock: Math.max(flagged.ledger.block, second.record.ledger.block, canary.ledger.block) };
    const [stood] = (await reader.trace({ receipt: made.receipt.id }, later)).candidates;
    expect(stood?.datasets).toMatchObject([{ status: 'registered', changed: [{ status: 'flagged', revision: 2 }] }]);
    expect(stood?.attestations.map(({ id }) => id)).toEqual([audit.record.id]);
    expect(stood?.since.map(({ id }) => id)).toEqual([second.record.id]);

    // By endpoint and time: an interval, ambiguous where a canary ran beside.
    const now = new Date().toISOString();
    const beside = await reader.trace({ endpoint, at: now }, later);
    expect(beside).toMatchObject({ certainty: 'interval', ambiguous: true, receipts: [] });
    expect(beside.candidates.map(({ mode }) => mode).sort()).toEqual(['canary', 'live']);
    const known = await reader.trace({ endpoint, at, knownAt: live.recordedAt }, later);
    expect(known.candidates.map(({ deployment }) => deployment.id)).toEqual([live.id]);
    const day = await reader.trace({ endpoint, localDay: now.slice(0, 10), zone: 'UTC' }, later);
    expect(day).toMatchObject({ certainty: 'interval', ambiguous: true });

    // Others see what is public, are told whom to ask, and find no receipts.
    const theirs = await world.as('hungarian', 'reader').trace({ endpoint, site: 'cleveland', at }, later);
    expect(theirs.candidates).toMatchObject([{ deployment: { id: live.id, private: 'withheld' } }]);
    expect(theirs.withheld.find(({ id }) => id === live.id)?.ask).toContain(msp.cleveland);
    for (const id of [made.receipt.id, hex(16)]) {
      const nothing = await world.as('hungarian', 'reader').trace({ receipt: id }, later);
      expect({ ...nothing, blockHeight: 0 }).toEqual({
        certainty: 'none',
        reason: expect.stringContaining('no receipt'),
        ...{
          receipts: [],
          candidates: [],
          ambiguous: false,
          batches: [],
          gaps: [],
          lateBatches: [],
          truncated: false,
          withheld: [],
        },
        blockHeight: 0,
      });
    }
    expect(await reader.trace({ endpoint, at: '2020-01-01' }, later)).toMatchObject({
      certainty: 'none',
      candidates: [],
    });
    await expect(reader.trace({ endpoint, localDay: '2026-01-01', zone: 'Nowhere' })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/zone',
    });
  });
});
