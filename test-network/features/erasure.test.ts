import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, collectionName } from '@proofward/evidence';
import { setTimeout as delay } from 'node:timers/promises';
import { file, msp, uniqueName, World } from '../harness/world.js';

/** Erasure: the owner and one other member purge the private record, by what chaincode of a later version may offer. */
describe('a private record that is erased', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('is gone at every member, while its header, its mark and its replay live on', async () => {
    const id = `dataset:hungarian/${uniqueName('erased')}@1`;
    const { record, commitment } = world.seal('dataset', id, { files: [file] });
    const argument = canonicalJson({ id, commitment });
    const transient = { private: canonicalJson(record) };
    const steward = world.ledger('hungarian', 'data-steward');
    const honest = [msp.hungarian, msp.auditorA];
    expect(await steward.submit('datasets:create', [argument], honest, transient)).toBe('VALID');
    const header = JSON.parse(await steward.evaluate('datasets:read', id)) as unknown;

    const inspector = world.ledger('regulator', 'inspector');
    const seen = async () => (await inspector.simulate('datasets:readPrivate', [id])).code;
    await until(async () => (await seen()) === 'ok');

    const collection = collectionName('datasets', 'hungarian', 1);
    const purge = { kind: 'purge' as const, collection, key: commitment };
    expect(await world.ledger('hungarian', 'admin').rogue([purge], [msp.hungarian, msp.auditorB])).toBe('VALID');
    await until(async () => (await seen()) === 'PRIVATE_DATA_ERASED');
    for (const slug of ['auditor-a', 'auditor-b'] as const) {
      const auditor = world.ledger(slug, 'auditor');
      await until(async () => (await auditor.simulate('datasets:readPrivate', [id])).code === 'PRIVATE_DATA_ERASED');
    }

    expect(JSON.parse(await inspector.evaluate('datasets:read', id))).toEqual(header);
    const again = await steward.simulate('datasets:create', [argument], msp.auditorA, transient);
    expect(JSON.parse(again.answer ?? '{}')).toEqual({ header, replay: true });
    const other = world.seal('dataset', id, { files: [file], licence: 'kinder' });
    const anew = canonicalJson({ id, commitment: other.commitment });
    expect(
      await steward.simulate('datasets:create', [anew], msp.auditorA, { private: canonicalJson(other.record) }),
    ).toEqual({ code: 'RECORD_EXISTS' });
    expect(await steward.submit('datasets:transition', [JSON.stringify({ id, to: 'withdrawn' })], honest)).toBe(
      'VALID',
    );
  });
});

/** What is committed at one peer, another has a moment later. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}
