import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CallerRole, registrantKey } from '@proofward/evidence';
import { SimulatedConsortium } from '../simulation/consortium';

const refused = (code: string, pointer?: string) =>
  expect.objectContaining({ code, ...(pointer === undefined ? {} : { pointer }) });
const version = 'model:cleveland/m@1';
const signOffId = (org: string) => `sign-off:${org}/${'a1'.repeat(16)}@1`;

let world: SimulatedConsortium;
const person = (enrollmentId: string, role: CallerRole = 'qa', mspId = 'ClevelandMSP') =>
  world.as(mspId, role, { attributes: { 'hf.EnrollmentID': enrollmentId, role } });
const signOff = (caller = person('signer'), fields: object = {}, id = signOffId('cleveland'), values: object = {}) =>
  world.create(
    caller,
    'sign-off',
    id,
    { model: version, role: 'qa', ...fields },
    {
      outcome: 'approved',
      purpose: 'triage',
      printedName: 'Signer',
      title: 'Quality manager',
      meaning: 'approved',
      authentication: 'pin',
      readDigest: 'ab'.repeat(32),
      ...values,
    },
  );
const register = (id = version, triggeredBy?: string) =>
  world.create(
    person('registrant', 'ml-engineer'),
    'model',
    id,
    { purpose: 'triage' },
    { fingerprint: { files: [{ path: 'w', size: 1, sha256: 'ba'.repeat(32) }] }, ...(triggeredBy && { triggeredBy }) },
  );
/** Where the registrant of the record that was made last lies. */
function registrantPlace(): { collection: string; key: string } {
  const keys = (world.transcript.at(-1) ?? []).filter(([verb]) => verb === 'put private');
  const [, collection = '', commitment = ''] = keys[0] ?? [];
  return { collection, key: registrantKey(world.ledger.channel, commitment) };
}

beforeEach(async () => {
  world = await SimulatedConsortium.open();
  await register();
});

describe('a sign-off', () => {
  it('is recorded by a person of the site in the role of his certificate, and withdrawn by the site', async () => {
    expect(await signOff()).toMatchObject({
      header: { status: 'active', model: version, role: 'qa', author: 'ClevelandMSP' },
    });
    expect(
      await world.transition(person('other'), 'sign-off', { id: signOffId('cleveland'), to: 'revoked' }),
    ).toMatchObject({ header: { status: 'revoked' } });
  });

  it('is not in another role than the certificate’s, and not by another role', async () => {
    await expect(signOff(person('signer', 'clinical-safety'))).rejects.toEqual(refused('FORBIDDEN', '/role'));
    await expect(signOff(person('signer', 'ml-engineer'))).rejects.toEqual(refused('FORBIDDEN'));
    await expect(signOff(person('signer'), { role: 'service' })).rejects.toEqual(refused('INVALID_FIELD', '/role'));
  });

  it('is of a model that exists, with the members of an electronic signature', async () => {
    await expect(signOff(person('signer'), { model: 'model:cleveland/never@1' })).rejects.toEqual(
      refused('REFERENCE_NOT_FOUND', '/model'),
    );
    for (const member of ['printedName', 'meaning', 'readDigest', 'outcome']) {
      await expect(signOff(person('signer'), {}, signOffId('cleveland'), { [member]: undefined })).rejects.toEqual(
        refused('INVALID_FIELD', `/private/${member}`),
      );
    }
  });

  it('is not given by who registered the version, whatever role he has now', async () => {
    for (const role of ['qa', 'clinical-safety'] as const) {
      await expect(signOff(person('registrant', role), { role })).rejects.toEqual(
        refused('SIGNED_BY_REGISTRANT', '/model'),
      );
    }
  });

  it('is not given by who triggered the pipeline that registered it', async () => {
    await register('model:cleveland/m@2', 'trigger');
    const fields = { model: 'model:cleveland/m@2' };
    await expect(signOff(person('trigger'), fields)).rejects.toEqual(refused('SIGNED_BY_REGISTRANT', '/model'));
    expect(await signOff(person('signer'), fields)).toMatchObject({ replay: false });
  });

  it('of a foreign version is given by people of another organisation', async () => {
    const id = signOffId('hungarian');
    expect(await signOff(person('registrant', 'qa', 'HungarianMSP'), {}, id)).toMatchObject({ header: { id } });
  });

  it('is not given where nobody can tell any more who registered', async () => {
    await register('model:cleveland/m@3');
    const { collection, key } = registrantPlace();
    world.ledger.putPrivate(collection, key, undefined);
    await expect(signOff(person('signer'), { model: 'model:cleveland/m@3' })).rejects.toEqual(
      refused('PRIVATE_DATA_ERASED'),
    );
    expect(await register('model:cleveland/m@3')).toMatchObject({ replay: true });
  });

  it('does not take another record’s registrant for the version’s', async () => {
    await register('model:cleveland/m@4');
    const { collection, key } = registrantPlace();
    for (const wrong of [
      '{"enrollmentId":"x","id":"model:cleveland/m@1","salt":"' + 'ab'.repeat(32) + '","schema":1}',
      '{"enrollmentId":"x","id":"model:cleveland/m@4","salt":"' + 'ab'.repeat(32) + '","schema":1}',
      '{}',
    ]) {
      world.ledger.putPrivate(collection, key, new TextEncoder().encode(wrong));
      await expect(signOff(person('signer'), { model: 'model:cleveland/m@4' })).rejects.toEqual(refused('INTERNAL'));
    }
  });
});
