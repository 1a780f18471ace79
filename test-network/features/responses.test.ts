import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attestation, model, response, uniqueName, World } from '../harness/world.js';

describe('a provider’s response to an attestation', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  it('stands beside the attestation for everybody, and vetoes nothing', async () => {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('answered')));
    const { record: audit } = await world.as('auditor-a', 'auditor').attestations.create(attestation(version.id));
    const provider = world.as('cleveland', 'qa');
    const { record: said } = await provider.responses.create(response(audit.id));
    expect(said).toMatchObject({ status: 'active', private: { position: 'contests' } });

    const at = { minBlock: said.ledger.block };
    const outside = world.as('hungarian', 'reader');
    const seen = await outside.attestations.get(audit.id, at);
    expect(seen).toMatchObject({
      status: 'active',
      beside: [{ id: said.id, type: 'response', status: 'active', recordedAt: said.recordedAt }],
    });
    expect(await outside.responses.get(said.id, at)).toMatchObject({ private: 'withheld' });
    expect(await world.as('auditor-a', 'auditor').responses.get(said.id, at)).toMatchObject({
      private: { position: 'contests' },
    });
    const before = { knownAt: audit.recordedAt };
    expect((await outside.attestations.get(audit.id, { ...at, ...before })).beside).toEqual([]);

    const revoked = await provider.responses.transition(said.id, { to: 'revoked', reasonCode: 'settled' });
    const later = await outside.attestations.get(audit.id, { minBlock: revoked.ledger.block });
    expect(later.beside).toMatchObject([{ id: said.id, status: 'revoked' }]);
    expect((await outside.attestations.get(audit.id, { ...at, knownAt: said.recordedAt })).beside).toMatchObject([
      { id: said.id, status: 'active' },
    ]);
  });

  it('is the provider’s alone', async () => {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('answered')));
    const { record: audit } = await world.as('auditor-a', 'auditor').attestations.create(attestation(version.id));
    await expect(world.as('hungarian', 'qa').responses.create(response(audit.id))).rejects.toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      pointer: '/attestation',
    });
  });
});
