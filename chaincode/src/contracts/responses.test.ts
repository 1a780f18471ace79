import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedConsortium } from '../simulation/consortium';

const attestation = `attestation:auditor-a/${'a1'.repeat(16)}@1`;
let world: SimulatedConsortium;
const respond = (org: string, mspId: string, fields: object = {}) =>
  world.create(
    world.as(mspId, 'qa'),
    'response',
    `response:${org}/${'b2'.repeat(16)}@1`,
    { attestation, ...fields },
    { position: 'contests', text: 'Too few women for the bound that was chosen.' },
  );

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await world.model('model:cleveland/m@1');
  await world.attestation(attestation, 'model:cleveland/m@1');
});

describe('a response', () => {
  it('is of the provider whose model or dataset was audited, and leaves the attestation as it is', async () => {
    const before = await world.call(world.as('ClevelandMSP', 'qa'), (ctx) => world.attestations.read(ctx, attestation));
    expect(await respond('cleveland', 'ClevelandMSP')).toMatchObject({ header: { attestation, status: 'active' } });
    const after = await world.call(world.as('ClevelandMSP', 'qa'), (ctx) => world.attestations.read(ctx, attestation));
    expect(after).toEqual(before);
  });

  it('is no other organisation’s, and to nothing that is not there', async () => {
    await expect(respond('hungarian', 'HungarianMSP')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      pointer: '/attestation',
    });
    await expect(respond('auditor-a', 'AuditorAMSP')).rejects.toMatchObject({ code: 'UNKNOWN_ORGANIZATION' });
    const never = { attestation: `attestation:auditor-a/${'c3'.repeat(16)}@1` };
    await expect(respond('cleveland', 'ClevelandMSP', never)).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      pointer: '/attestation',
    });
  });
});
