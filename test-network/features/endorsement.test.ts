import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, type PrivateType } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { attestation, dataset, file, model, msp, uniqueName, World } from '../harness/world.js';

/** The agreed chaincode, but not the agreed endorsers: what a client gets that names them itself. */
describe('whose endorsement makes a record', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });
  const refused = 'ENDORSEMENT_POLICY_FAILURE';

  async function submit(
    [slug, role]: [string, string],
    [type, contract]: [PrivateType, string],
    id: string,
    fields: Record<string, unknown>,
    values: Record<string, unknown>,
    endorsers: string[],
  ): Promise<string> {
    const { record, commitment } = world.seal(type, id, values);
    const argument = canonicalJson({ id, ...fields, commitment });
    return world
      .ledger(slug, role)
      .submit(`${contract}:create`, [argument], endorsers, { private: canonicalJson(record) });
  }

  it.each([
    ['the provider and an auditor', [msp.cleveland, msp.auditorA], 'VALID'],
    ['the provider and the regulator', [msp.cleveland, msp.regulator], 'VALID'],
    ['two auditors without the provider', [msp.auditorA, msp.auditorB], refused],
    ['the provider alone', [msp.cleveland], refused],
    ['an auditor alone', [msp.auditorA], refused],
  ])('a dataset endorsed by %s: %s', async (_, endorsers, outcome) => {
    const id = `dataset:cleveland/${uniqueName('by')}@1`;
    expect(
      await submit(['cleveland', 'data-steward'], ['dataset', 'datasets'], id, {}, { files: [file] }, endorsers),
    ).toBe(outcome);
  });

  it.each([
    ['another auditor', [msp.auditorA, msp.auditorB], 'VALID'],
    ['the regulator', [msp.auditorA, msp.regulator], 'VALID'],
    ['the provider, who does not count', [msp.auditorA, msp.cleveland], refused],
    ['others without the author', [msp.auditorB, msp.regulator], refused],
  ])('an attestation endorsed by its author and %s: %s', async (_, endorsers, outcome) => {
    const { record: subject } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('subject')));
    const id = `attestation:auditor-a/${randomBytes(16).toString('hex')}@1`;
    const fields = { subject: subject.id, kind: 'fairness' };
    const values = { verdict: { claimed: 'fail' } };
    expect(await submit(['auditor-a', 'auditor'], ['attestation', 'attestations'], id, fields, values, endorsers)).toBe(
      outcome,
    );
  });

  it('a state is changed by the author and one other, not by others', async () => {
    const { record } = await world.as('cleveland', 'data-steward').datasets.create(dataset(uniqueName('state')));
    const steward = world.ledger('cleveland', 'data-steward');
    const change = (to: string) => [JSON.stringify({ id: record.id, to })];
    expect(await steward.submit('datasets:transition', change('flagged'), [msp.auditorA, msp.auditorB])).toBe(refused);
    expect(await steward.submit('datasets:transition', change('flagged'), [msp.cleveland, msp.auditorB])).toBe('VALID');
  });

  it('a role record needs a majority', async () => {
    const apply = (endorsers: string[]) =>
      world.ledger('cleveland', 'admin').submit('roles:apply', [JSON.stringify({ org: 'cleveland' })], endorsers);
    // It is there already, so nothing is written, and two are enough for nothing.
    expect(await apply([msp.cleveland, msp.auditorA])).toBe('VALID');
    const before = await world.ledger('cleveland', 'reader').evaluate('roles:history', 'cleveland');
    expect(JSON.parse(before)).toHaveLength(1);
  });

  it("a private part that does not hash to the commitment, or is another record's, is refused", async () => {
    const id = `dataset:cleveland/${uniqueName('mismatch')}@1`;
    const { record, commitment } = world.seal('dataset', id, { files: [file] });
    const steward = world.ledger('cleveland', 'data-steward');
    const endorsers = [msp.cleveland, msp.auditorA];
    const argument = JSON.stringify({ id, commitment });
    const send = (value: object) =>
      steward.submit('datasets:create', [argument], endorsers, { private: JSON.stringify(value) });
    const other = { ...record, fields: { files: { ...record.fields.files, salt: '0'.repeat(64) } } };
    await expect(send(other)).rejects.toMatchObject({ details: [expect.anything(), expect.anything()] });
    await expect(send({ ...record, id: 'dataset:cleveland/else@1' })).rejects.toThrow();
    expect(await send(record)).toBe('VALID');
  });

  it('an auditor that is its subject’s owner, or no member, attests nothing', async () => {
    const request = attestation('model:cleveland/never@1');
    await expect(world.as('regulator', 'inspector').attestations.create(request)).rejects.toMatchObject({
      status: 403,
    });
  });
});
