import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { weightsRoot } from '@proofward/evidence';
import { deployLive } from '../harness/deployed.js';
import { reconfigure, shortWindows } from '../harness/gateways.js';
import { batched, eventually, hex, ReceiptMaker } from '../harness/receipts.js';
import { attestation, dataset, model, uniqueName, World } from '../harness/world.js';

describe('a compliance script', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('finds models, releases and deployments without a valid bias audit, whoever runs it', async () => {
    const endpoint = uniqueName('unaudited');
    const { version, decision, live } = await deployLive(world, endpoint);
    const reader = world.as('hungarian', 'reader');
    const without = async (minBlock: number, kind = 'fairness') => {
      const asked = { 'without-valid': kind, minBlock };
      const found = [
        await reader.models.list({ ...asked, owner: 'cleveland' }),
        await reader.releases.list({ ...asked, model: version.id, outcome: 'allowed' }),
        await reader.deployments.list({ ...asked, endpoint, status: 'running' }),
      ];
      const wanted = [version.id, decision.id, live.id];
      return wanted.filter((id, index) => found[index]?.items.some((item) => item.id === id));
    };
    const all = [version.id, decision.id, live.id];
    expect(await without(live.ledger.block)).toEqual(all);
    const { record: audit } = await world.as('auditor-a', 'auditor').attestations.create(attestation(version.id));
    expect(await without(audit.ledger.block)).toEqual([]);
    expect(await without(audit.ledger.block, 'security')).toEqual(all);
    await world.settled();
    const revoked = await world.as('auditor-a', 'auditor').attestations.transition(audit.id, { to: 'revoked' });
    expect(await without(revoked.ledger.block)).toEqual(all);
    await world.as('cleveland', 'qa').deployments.stop(live.id);
  });

  it('finds records by what is in their private parts, where it is a member’s and may read them', async () => {
    const licence = uniqueName('licence');
    const { record } = await world
      .as('cleveland', 'data-steward')
      .datasets.create(dataset(uniqueName('private'), { licence, split: 'training' }));
    const query = { 'private.licence': licence, minBlock: record.ledger.block };
    for (const member of [world.as('cleveland', 'reader'), world.as('auditor-b', 'auditor')]) {
      await eventually('a member has it', async () => {
        const { items } = await member.datasets.list(query);
        return items.length === 1 && items[0]?.id === record.id ? true : undefined;
      });
      const { items } = await member.datasets.list({ ...query, 'private.split': 'testing' });
      expect(items).toEqual([]);
    }
    expect((await world.as('hungarian', 'reader').datasets.list(query)).items).toEqual([]);
    await expect(world.as('cleveland', 'admin').datasets.list(query)).rejects.toMatchObject({
      status: 403,
      code: 'SCOPE_MISSING',
    });
    await expect(world.as('cleveland', 'reader').models.list(query)).rejects.toMatchObject({ code: 'UNKNOWN_FILTER' });
  });

  it('finds batches in which receipts are missing, and a batch by its root', async () => {
    const restore = await reconfigure(world, 'cleveland', { receipts: shortWindows });
    try {
      const maker = await ReceiptMaker.of(world, 'cleveland');
      const endpoint = uniqueName('gaps');
      const at = new Date(Date.now() - 660_000).toISOString();
      const [first, , third] = [1, 2, 3].map((sequence) => maker.make(endpoint, sequence, { at }));
      if (first === undefined || third === undefined) throw new Error('no receipts');
      const service = world.as('cleveland', 'service');
      await service.receipts.add([first, third]);
      const { batch } = await batched(() => service.receipts.get(third.receipt.id));
      const asked = { gaps: 'true', endpoint, minBlock: batch.ledger.block };
      const { items } = await world.as('hungarian', 'reader').batches.list(asked);
      expect(items).toMatchObject([{ header: { missing: [{ first: 2, last: 2 }] } }]);
      const [{ id, header } = { id: '', header: batch.header }] = items;
      const found = await world.as('regulator', 'inspector').search(header.root, { minBlock: batch.ledger.block });
      expect(found.items).toMatchObject([{ id, matches: [{ in: 'root' }] }]);
    } finally {
      await restore();
    }
  });

  it('finds what runs and has never made a receipt, and a trace of it says since when', async () => {
    const restore = await reconfigure(world, 'cleveland', { receipts: shortWindows });
    try {
      const maker = await ReceiptMaker.of(world, 'cleveland');
      const endpoint = uniqueName('silent');
      const { live } = await deployLive(world, endpoint);
      const reader = world.as('hungarian', 'reader');
      const told = async (minBlock: number) => {
        const { items } = await reader.deployments.list({ endpoint, status: 'running', silent: 'true', minBlock });
        const at = new Date().toISOString();
        const { candidates } = await reader.trace({ endpoint, site: 'cleveland', at }, { minBlock });
        return { listed: items.map(({ id }) => id), since: candidates.map(({ silentSince }) => silentSince) };
      };
      expect(await told(live.ledger.block)).toEqual({ listed: [live.id], since: [live.header.from] });
      const service = world.as('cleveland', 'service');
      const signed = maker.make(endpoint, 1, { at: new Date().toISOString() });
      await service.receipts.add([signed]);
      const { batch } = await batched(() => service.receipts.get(signed.receipt.id));
      expect(await told(batch.ledger.block)).toEqual({ listed: [], since: [undefined] });
      await service.deployments.stop(live.id);
    } finally {
      await restore();
    }
  });

  it('finds a version by the root over its files, which receipts name, though its author wrote none', async () => {
    const files = [
      { path: 'b.bin', size: 3, sha256: hex() },
      { path: 'a.bin', size: 3, sha256: hex() },
    ];
    const { record } = await world
      .as('cleveland', 'ml-engineer')
      .models.create({ ...model(uniqueName('rooted')), private: { fingerprint: { files } } });
    const minBlock = record.ledger.block;
    const root = weightsRoot(files);
    expect((await world.as('cleveland', 'reader').search(root, { minBlock })).items).toMatchObject([
      { id: record.id, matches: [{ in: 'private', pointer: '/fingerprint/files' }] },
    ]);
    for (const [org, role] of [
      ['hungarian', 'reader'],
      ['cleveland', 'admin'],
    ] as const)
      expect((await world.as(org, role).search(root, { minBlock })).items).toEqual([]);
  });
});
