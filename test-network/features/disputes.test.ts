import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disputeName } from '@proofward/evidence';
import { attestation, dispute, disputeStatement, file, model, msp, uniqueName, World } from '../harness/world.js';

describe('a dispute of an attestation', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  async function attested() {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('disputed')));
    const { record: audit } = await world.as('auditor-a', 'auditor').attestations.create(attestation(version.id));
    return { audit: audit.id, request: dispute(audit.id, version.id) };
  }
  const as = {
    cleveland: () => world.as('cleveland', 'qa').disputes,
    hungarian: () => world.as('hungarian', 'qa').disputes,
    'auditor-a': () => world.as('auditor-a', 'auditor').disputes,
    'auditor-b': () => world.as('auditor-b', 'auditor').disputes,
    regulator: () => world.as('regulator', 'inspector').disputes,
  };
  async function changes(who: keyof typeof as, id: string, to: string) {
    await world.settled();
    return as[who]().transition(id, { to });
  }

  it('by an outsider is seen beside the attestation, answered, and decided by two that are no party', async () => {
    const { audit, request } = await attested();
    const { record } = await as.hungarian().create(request);
    expect(record).toMatchObject({
      id: `dispute:hungarian/${disputeName(audit)}@1`,
      status: 'open',
      private: { evidenceDigest: file.sha256 },
    });
    const at = { minBlock: record.ledger.block };
    const seen = await world.as('cleveland', 'reader').attestations.get(audit, at);
    expect(seen).toMatchObject({ status: 'active', beside: [{ id: record.id, type: 'dispute', status: 'open' }] });
    for (const who of ['cleveland', 'auditor-a', 'regulator'] as const) {
      expect(await as[who]().get(record.id, at)).toMatchObject({ private: 'withheld' });
    }

    await expect(changes('cleveland', record.id, 'answered')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await changes('auditor-a', record.id, 'answered')).toMatchObject({ status: 'answered' });
    for (const party of ['cleveland', 'hungarian', 'auditor-a'] as const) {
      await expect(changes(party, record.id, 'upheld')).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
    }
    const first = await changes('auditor-b', record.id, 'upheld');
    expect(first).toMatchObject({
      status: 'answered',
      header: { rulings: [{ organization: msp.auditorB, outcome: 'upheld' }] },
    });
    await expect(changes('auditor-b', record.id, 'upheld')).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    const second = await changes('regulator', record.id, 'upheld');
    expect(second.status).toBe('upheld');
    const after = await world.as('cleveland', 'reader').attestations.get(audit, { minBlock: second.ledger.block });
    expect(after.beside).toMatchObject([{ id: record.id, status: 'upheld' }]);
    const found = await as.cleveland().list({ record: audit, status: 'upheld', minBlock: second.ledger.block });
    expect(found.items.map(({ id }) => id)).toEqual([record.id]);
  });

  it('is answered by the attestation’s author, and who has ruled says why; the text is for those who read the audit', async () => {
    const { request } = await attested();
    const { record } = await as.cleveland().create(request);
    const say = (who: string, role: string, part: 'answer' | 'reasons') =>
      world.as(who, role).disputeStatements.create(disputeStatement(record.id, request.subject, part));
    const { record: answer } = await say('auditor-a', 'auditor', 'answer');
    expect(answer).toMatchObject({ status: 'active', private: { text: 'No patient is in both.' } });
    expect(await changes('auditor-a', record.id, 'answered')).toMatchObject({ status: 'answered' });
    for (const [who, role] of [
      ['auditor-b', 'auditor'],
      ['regulator', 'inspector'],
    ] as const) {
      for (const part of ['answer', 'reasons'] as const) {
        await expect(say(who, role, part)).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN', pointer: '/part' });
      }
    }
    await changes('auditor-b', record.id, 'dismissed');
    await world.settled();
    const { record: reasons } = await say('auditor-b', 'auditor', 'reasons');
    await expect(say('regulator', 'inspector', 'reasons')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const other = disputeStatement(record.id, `model:cleveland/${uniqueName('other')}@1`);
    await expect(world.as('auditor-a', 'auditor').disputeStatements.create(other)).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/subject',
    });

    const at = { minBlock: reasons.ledger.block };
    await world.settled();
    for (const slug of ['cleveland', 'auditor-a', 'auditor-b', 'regulator', 'hungarian']) {
      const reader = world.as(slug, 'reader');
      const seen = await reader.disputes.get(record.id, at);
      expect([slug, seen.beside]).toMatchObject([
        slug,
        [
          { id: reasons.id, type: 'dispute-statement', status: 'active' },
          { id: answer.id, type: 'dispute-statement', status: 'active' },
        ],
      ]);
      const { items } = await reader.disputeStatements.list({ dispute: record.id, part: 'reasons', ...at });
      expect([slug, items.map(({ id, private: part }) => [id, typeof part])]).toEqual([
        slug,
        [[reasons.id, slug === 'hungarian' ? 'string' : 'object']],
      ]);
    }
    // An outsider is shown what its author shows it.
    const shown = await world.as('auditor-b', 'auditor').disputeStatements.present(reasons.id, ['text'], at);
    expect(await world.as('hungarian', 'reader').disputeStatements.verify(reasons.id, shown, at)).toMatchObject({
      result: 'match',
    });
  });

  it('by the provider or another member is read by all members, and may be withdrawn', async () => {
    const { request } = await attested();
    for (const who of ['cleveland', 'auditor-b', 'regulator'] as const) {
      const { record } = await as[who]().create(request);
      const at = { minBlock: record.ledger.block };
      for (const member of ['cleveland', 'auditor-a', 'auditor-b', 'regulator'] as const) {
        expect(await as[member]().get(record.id, at)).toMatchObject({ private: { evidenceDigest: file.sha256 } });
      }
      expect(await as.hungarian().get(record.id, at)).toMatchObject({ private: 'withheld' });
      expect(await changes(who, record.id, 'withdrawn')).toMatchObject({ status: 'withdrawn' });
      await expect(changes('hungarian', record.id, 'upheld')).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    }
  });

  it('of the provider is dismissed by organisations outside its collections too', async () => {
    const { request } = await attested();
    const { record } = await as.cleveland().create(request);
    expect((await changes('hungarian', record.id, 'dismissed')).status).toBe('open');
    expect((await changes('auditor-b', record.id, 'upheld')).status).toBe('open');
    expect((await changes('regulator', record.id, 'dismissed')).status).toBe('dismissed');
  });

  it('is not the author’s, and has its deadline', async () => {
    const { request } = await attested();
    await expect(as['auditor-a']().create(request)).rejects.toMatchObject({ code: 'FORBIDDEN', pointer: '/record' });
    await expect(as.hungarian().create({ ...request, deadline: '2020-01-01T00:00:00.000Z' })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/deadline',
    });
  });
});
