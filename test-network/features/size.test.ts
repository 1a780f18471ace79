import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@proofward/evidence';
import { msp, uniqueName, World } from '../harness/world.js';

describe('a record of many files', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });
  const endorsers = [msp.cleveland, msp.auditorA];
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

  function request(count: number, pathLength: number) {
    const id = `dataset:cleveland/${uniqueName('many')}@1`;
    const files = Array.from({ length: count }, (_, index) => ({
      path: `${String(index).padStart(5, '0')}${'x'.repeat(pathLength - 5)}`,
      size: index,
      sha256,
    }));
    const { record, commitment } = world.seal('dataset', id, { files });
    const transient = { private: canonicalJson(record) };
    const call = { id, argument: canonicalJson({ id, commitment }), transient };
    return { ...call, bytes: Buffer.byteLength(transient.private) };
  }

  it('is recorded with 10 000 files, the most that a manifest holds', async () => {
    const steward = world.ledger('cleveland', 'data-steward');
    const { id, argument, transient } = request(10_000, 40);
    expect(await steward.submit('datasets:create', [argument], endorsers, transient)).toBe('VALID');
    const { answer } = await steward.simulate('datasets:readPrivate', [id]);
    expect(answer).toBe(transient.private);
    const more = request(10_001, 20);
    expect(await steward.simulate('datasets:create', [more.argument], msp.auditorA, more.transient)).toEqual({
      code: 'INVALID_FIELD',
    });
  });

  it('is refused by its code when it is too large, while others are recorded', async () => {
    const steward = world.ledger('cleveland', 'data-steward');
    const largest = request(10_000, 310);
    expect(largest.bytes).toBeGreaterThan(4_000_000);
    expect(await steward.submit('datasets:create', [largest.argument], endorsers, largest.transient)).toBe('VALID');

    const tooLarge = request(10_000, 1000);
    const others = Array.from({ length: 8 }, () => request(1, 20));
    // Settled, because a rejection that nobody waits for yet would end the whole run, and leave its processes.
    const submitted = Promise.allSettled(
      others.map(({ argument, transient }) => steward.submit('datasets:create', [argument], endorsers, transient)),
    );
    // Anybody on the channel can send this, and to any peer.
    const hostile = world.ledger('hungarian', 'reader');
    const text = JSON.stringify({ id: 'x'.repeat(6_000_000) });
    const refusals = await Promise.all([
      steward.simulate('datasets:create', [tooLarge.argument], msp.cleveland, tooLarge.transient),
      hostile.simulate('datasets:create', [text], msp.cleveland),
      hostile.simulate('datasets:read', [text], msp.auditorA),
    ]);
    expect(await submitted).toEqual(others.map(() => ({ status: 'fulfilled', value: 'VALID' })));
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('PAYLOAD_TOO_LARGE'));
  });
});
