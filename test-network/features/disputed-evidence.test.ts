import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseId } from '@proofward/evidence';
import { dispute, file, model, policy, uniqueName, World } from '../harness/world.js';

describe('what runs on an attestation that is disputed', () => {
  let world: World;
  let subject: string;
  let audit: string;
  let released: string;
  let running: string;
  const endpoint = uniqueName('ward');
  beforeAll(async () => {
    world = await World.attach();
    subject = (await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('contested')))).record.id;
    const rules = await world.as('cleveland', 'qa').policies.create(
      policy(uniqueName('rules'), parseId(subject).name, {
        requirements: [{ name: 'safe', requires: 'attestation', kind: 'safety', maximalAge: 'P365D' }],
      }),
    );
    const auditor = world.as('auditor-a', 'auditor').attestations;
    const { record } = await auditor.create({ subject, kind: 'safety', private: { verdict: { claimed: 'pass' } } });
    audit = record.id;
    const minBlock = Math.max(record.ledger.block, rules.record.ledger.block);
    const presentation = await auditor.present(audit, ['verdict'], { minBlock });
    await world.settled();
    const decision = await world
      .as('hungarian', 'qa')
      .releases.request(
        { model: subject, purpose: 'triage', presentations: [{ attestation: audit, presentation }] },
        { minBlock },
      );
    released = decision.record.id;
    const opened = await world.as('hungarian', 'service').deployments.create({
      model: subject,
      endpoint,
      mode: 'live',
      decision: released,
      private: { configurationDigest: file.sha256 },
    });
    running = opened.record.id;
    expect(await evidence(opened.record.ledger.block)).toEqual({ state: 'current', records: [] });
  });
  afterAll(() => {
    world.close();
  });

  const site = () => world.as('hungarian', 'reader').deployments;
  const evidence = async (minBlock: number, past: { asOf?: string; knownAt?: string } = {}) => {
    await world.settled();
    return (await site().get(running, { minBlock, ...past })).evidence;
  };
  const found = async (state: string, minBlock: number) =>
    (await site().list({ endpoint, evidence: state, minBlock })).items.map(({ id, evidence: shown }) => [id, shown]);
  const is = (state: 'disputed' | 'withdrawn') => ({ state, records: [{ id: audit, state }] });
  const current = { state: 'current', records: [] };
  const before = (time: string) => new Date(Date.parse(time) - 1).toISOString();

  it('is said to rest on it until the dispute is withdrawn, and does not stop', async () => {
    const disputes = world.as('auditor-b', 'auditor').disputes;
    const { record } = await disputes.create(dispute(audit, subject));
    const { block } = record.ledger;
    expect(await evidence(block)).toEqual(is('disputed'));
    expect(await found('disputed', block)).toEqual([[running, is('disputed')]]);
    expect(await found('current', block)).toEqual([]);
    // A dispute that nobody decides has no effect after its deadline.
    expect(await evidence(block, { asOf: before(record.header.deadline) })).toEqual(is('disputed'));
    expect(await evidence(block, { asOf: record.header.deadline })).toEqual(current);

    const answered = await world.as('auditor-a', 'auditor').disputes.transition(record.id, { to: 'answered' });
    expect(await evidence(answered.ledger.block)).toEqual(is('disputed'));
    await world.settled();
    const taken = await disputes.transition(record.id, { to: 'withdrawn' });
    const after = taken.ledger.block;
    expect(await evidence(after)).toEqual(current);
    expect(await found('disputed', after)).toEqual([]);
    expect(await found('current', after)).toEqual([[running, current]]);
    // As it stood, and as far as it was known.
    expect(await evidence(after, { asOf: before(record.effectiveAt) })).toEqual(current);
    expect(await evidence(after, { asOf: before(taken.effectiveAt) })).toEqual(is('disputed'));
    expect(await evidence(after, { knownAt: before(taken.recordedAt) })).toEqual(is('disputed'));
    expect((await site().get(running)).status).toBe('running');
  });

  it('is said to rest on what is withdrawn once two that are no party uphold it', async () => {
    const { record } = await world.as('hungarian', 'qa').disputes.create(dispute(audit, subject));
    expect(await evidence(record.ledger.block)).toEqual(is('disputed'));
    await world.settled();
    const one = await world.as('auditor-b', 'auditor').disputes.transition(record.id, { to: 'upheld' });
    expect(await evidence(one.ledger.block)).toEqual(is('disputed'));
    await world.settled();
    const two = await world.as('regulator', 'inspector').disputes.transition(record.id, { to: 'upheld' });
    const { block } = two.ledger;
    expect(await evidence(block)).toEqual(is('withdrawn'));
    // It stays so after the deadline, and was not so before.
    const end = await evidence(block, { asOf: record.header.deadline });
    expect(end).toEqual(is('withdrawn'));
    expect(await evidence(block, { asOf: before(two.effectiveAt) })).toEqual(is('disputed'));
    // Whoever may not read on what the site's decision rests is not told.
    const outside = await world.as('cleveland', 'reader').deployments.get(running, { minBlock: block });
    expect(outside.evidence).toEqual({ state: 'withheld', records: [] });
  });
});
