import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataset, file, model, uniqueName, World } from '../harness/world.js';

describe('the log of who has read which private record', () => {
  let world: World;
  let version = '';
  let at = {};
  beforeAll(async () => {
    world = await World.attach();
    const { record } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('logged')));
    version = record.id;
    at = { minBlock: record.ledger.block };
  });
  afterAll(() => {
    world.close();
  });

  const entries = async (slug: string, record: string, role = 'admin') =>
    (await world.as(slug, role).accessLog({ record })).items.map((entry) => `${entry.role} ${entry.operation}`);

  it('is kept by each organisation of its own callers, for every way in which a record is shown', async () => {
    // Its author has the record already: what he wrote was not read.
    expect(await entries('cleveland', version)).toEqual([]);
    const reader = world.as('cleveland', 'reader');
    const name = /\/(.+)@/.exec(version)?.[1];
    await reader.models.get(version, at);
    await reader.models.list({ name });
    for await (const item of reader.models.stream({ name })) expect(item.id).toBe(version);
    await reader.models.verify(version, { files: [file] });
    await reader.search(file.sha256, { limit: 200 });
    const expected = ['reader verifyModel', 'reader listModels', 'reader listModels', 'reader getModel'];
    expect((await entries('cleveland', version)).filter((entry) => !entry.endsWith('searchDigest'))).toEqual(expected);
    expect(await entries('auditor-a', version)).toEqual([]);
    await world.as('auditor-a', 'auditor').models.get(version, at);
    expect(await entries('auditor-a', version)).toEqual(['auditor getModel']);
    expect(await entries('cleveland', version)).not.toContain('auditor getModel');
  });

  it('has no entry where nothing private was shown', async () => {
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('logged')));
    const later = { minBlock: record.ledger.block };
    await world.as('cleveland', 'admin').datasets.get(record.id, later);
    await world.as('cleveland', 'reader').datasets.history(record.id);
    await world.as('hungarian', 'reader').datasets.get(record.id, later);
    for (const slug of ['cleveland', 'hungarian']) expect(await entries(slug, record.id)).toEqual([]);
  });

  it('is told to administrators, auditors and inspectors, and to nobody else', async () => {
    for (const [slug, role] of [
      ['cleveland', 'admin'],
      ['auditor-a', 'auditor'],
      ['regulator', 'inspector'],
    ] as const)
      await expect(entries(slug, version, role)).resolves.toBeDefined();
    for (const role of ['reader', 'qa', 'service', 'data-steward', 'ml-engineer'])
      await expect(entries('cleveland', version, role)).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('comes in lines too, all of it or as many as were asked for, and refuses what it does not know', async () => {
    const { url, apiKeys } = world.stack.organization('cleveland');
    const ask = (query: string, accept: string) =>
      fetch(`${url}/v1/access-log?${query}`, { headers: { accept, authorization: `Bearer ${apiKeys.admin ?? ''}` } });
    const record = `record=${encodeURIComponent(version)}`;
    const lines = (await (await ask(record, 'application/x-ndjson')).text()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { record: string }).record)).toEqual(lines.map(() => version));
    expect(lines.length).toBeGreaterThan(3);
    const table = (await (await ask(`${record}&limit=2`, 'text/csv')).text()).trimEnd().split('\r\n');
    expect(table).toHaveLength(3);
    expect(table[0]).toBe('at,caller,identity,role,operation,record');
    for (const [query, code] of [
      ['owner=cleveland', 'UNKNOWN_FILTER'],
      ['record=x', 'INVALID_FIELD'],
      ['cursor=x', 'INVALID_CURSOR'],
      ['limit=0', 'INVALID_FIELD'],
    ] as const)
      expect(await (await ask(query, 'application/json')).json()).toMatchObject({ code });
  });
});
