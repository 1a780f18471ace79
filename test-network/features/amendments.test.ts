import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { amendmentId, collectionName, type HeaderOf, type Presentation, verifyPresentation } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import {
  amending,
  attestation,
  dataset,
  file,
  meant,
  misspelt,
  model,
  msp,
  policy,
  uniqueName,
  World,
} from '../harness/world.js';

describe('an amendment', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.attach();
  });
  afterAll(() => {
    world.close();
  });

  const steward = () => world.as('cleveland', 'data-steward');
  /** Without a gateway: from a public header and what somebody has shown. */
  const proved = (header: HeaderOf<'dataset' | 'amendment'>, presentation: Presentation) => {
    const { type, id, privateRevision: revision, schema, commitment } = header;
    const context = { channel: world.stack.network.channel, type, id, revision };
    return verifyPresentation(context, schema, commitment, presentation).map(({ match }) => match);
  };
  const misspeltDataset = async () => {
    const more = { storageLocation: misspelt, licence: 'CC-BY' };
    return (await steward().datasets.create(dataset(uniqueName('amended'), more))).record;
  };

  it('corrects a typo in where a dataset lies; the record stays as it was, and both values are proved', async () => {
    const data = await misspeltDataset();
    const { record, replay } = await steward().amendments.amend(amending(data.id, { reasonCode: 'typo' }));
    expect(replay).toBe(false);
    expect(record).toMatchObject({
      id: amendmentId(data.id, 'storageLocation', 1),
      status: 'recorded',
      header: { record: data.id, field: 'storageLocation', reasonCode: 'typo', author: msp.cleveland },
      private: { earlier: misspelt, corrected: meant },
    });

    const at = { minBlock: record.ledger.block };
    const seen = await world.as('auditor-a', 'auditor').datasets.get(data.id, at);
    const { id, commitment, recordedAt, effectiveAt, ledger } = record;
    expect(seen).toMatchObject({
      header: data.header,
      commitment: data.commitment,
      ledger: data.ledger,
      private: { storageLocation: misspelt },
      amendments: [
        {
          ...{ id, commitment, recordedAt, effectiveAt, ledger },
          field: 'storageLocation',
          reasonCode: 'typo',
          private: { earlier: misspelt, corrected: meant },
        },
      ],
    });
    const { revisions, amendments } = await steward().datasets.history(data.id, at);
    expect(revisions.map(({ header }) => header)).toEqual([data.header]);
    expect(amendments).toEqual(seen.amendments);
    // Before it was known, nothing was corrected.
    expect((await steward().datasets.get(data.id, { ...at, knownAt: data.recordedAt })).amendments).toBeUndefined();

    // Whoever has the fields with their paths, member or not, holds them against what is public.
    const outside = world.as('hungarian', 'reader');
    const before = await steward().datasets.present(data.id, ['storageLocation'], at);
    const after = await steward().amendments.present(id, ['earlier', 'corrected'], at);
    expect(before.fields.map(({ value }) => value)).toEqual([misspelt]);
    expect(after.fields.map(({ value }) => value)).toEqual([misspelt, meant]);
    expect(await outside.amendments.verify(id, after, at)).toMatchObject({ result: 'match' });
    const forged = { ...after, fields: after.fields.map((field) => ({ ...field, value: 's3://elsewhere' })) };
    expect(await outside.amendments.verify(id, forged, at)).toMatchObject({ result: 'mismatch' });
    expect(proved(data.header, before)).toEqual([true]);
    expect(proved(record.header, after)).toEqual([true, true]);
    expect(proved(record.header, before)).toEqual([false]);
  });

  it('shows to non-members that a field was corrected, and not how', async () => {
    const data = await misspeltDataset();
    const { record } = await steward().amendments.amend(amending(data.id));
    const at = { minBlock: record.ledger.block };
    const outside = world.as('hungarian', 'reader');
    const seen = await outside.datasets.get(data.id, at);
    expect(seen).toMatchObject({
      private: 'withheld',
      amendments: [{ id: record.id, field: 'storageLocation', reasonCode: 'typo', private: 'withheld' }],
    });
    expect(JSON.stringify(seen)).not.toContain('cardiol');
    expect(await outside.amendments.get(record.id, at)).toMatchObject({ private: 'withheld' });
    expect((await outside.amendments.history(record.id, at)).revisions).toMatchObject([{ status: 'recorded' }]);
  });

  it('is listed by record, field and reason code', async () => {
    const data = await misspeltDataset();
    const { record: first } = await steward().amendments.amend(amending(data.id));
    const { record: second } = await steward().amendments.amend({
      record: data.id,
      field: 'licence',
      reasonCode: 'source',
      private: { earlier: 'CC-BY', corrected: 'CC-BY-4.0', comment: 'As the repository says.' },
    });
    const at = { minBlock: second.ledger.block };
    const outside = world.as('hungarian', 'reader');
    const ids = async (filter: Record<string, string>) =>
      (await outside.amendments.list({ record: data.id, ...filter, ...at })).items.map(({ id }) => id).sort();
    expect(await ids({})).toEqual([first.id, second.id].sort());
    expect(await ids({ field: 'licence' })).toEqual([second.id]);
    expect(await ids({ reasonCode: 'typo' })).toEqual([first.id]);
    expect(await ids({ field: 'licence', reasonCode: 'typo' })).toEqual([]);
    await expect(ids({ reasonCode: 'because' })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    const fields = (await outside.datasets.get(data.id, at)).amendments?.map(({ field }) => field);
    expect(fields).toEqual(['licence', 'storageLocation']);
  });

  it('is made once, and the second of a field corrects what the first one says', async () => {
    const data = await misspeltDataset();
    const { record: first } = await steward().amendments.amend(amending(data.id));
    expect(await steward().amendments.amend(amending(data.id))).toMatchObject({
      replay: true,
      record: { id: first.id, ledger: first.ledger },
    });
    const moved = { earlier: meant, corrected: `${meant}/2026` };
    await expect(
      steward().amendments.amend(amending(data.id, { private: { ...moved, earlier: misspelt } })),
    ).rejects.toMatchObject({ status: 409, code: 'EARLIER_VALUE_DIFFERS', pointer: '/private/earlier' });
    const { record: second } = await steward().amendments.amend(amending(data.id, { private: moved }));
    expect(second.id).toBe(amendmentId(data.id, 'storageLocation', 2));
    const seen = await steward().datasets.get(data.id, { minBlock: second.ledger.block });
    expect(seen.amendments).toMatchObject([
      { id: second.id, private: moved },
      { id: first.id, private: { earlier: misspelt, corrected: meant } },
    ]);
  });

  it('is one of two that are made at once', async () => {
    const data = await misspeltDataset();
    const corrections = [meant, 's3://cardio-logy'];
    const outcomes = await Promise.allSettled(
      corrections.map((corrected) =>
        steward().amendments.amend(amending(data.id, { private: { earlier: misspelt, corrected } })),
      ),
    );
    const [made, ...more] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(more).toEqual([]);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ status: 409 });
    const { items } = await steward().amendments.list({ record: data.id, minBlock: made?.record.ledger.block });
    expect(items.map(({ id }) => id)).toEqual([made?.record.id]);
  });

  it('of an attestation lies with its subject’s provider, and is its author’s', async () => {
    const { record: version } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('amended')));
    const auditor = world.as('auditor-a', 'auditor');
    const earlier = 'https://reports.example/2025/17';
    const asked = attestation(version.id);
    const { record: audit } = await auditor.attestations.create({
      ...asked,
      private: { ...asked.private, reportLocation: earlier },
    });
    const correction = {
      record: audit.id,
      field: 'reportLocation',
      reasonCode: 'transcription' as const,
      private: { earlier, corrected: 'https://reports.example/2026/17' },
    };
    await expect(world.as('auditor-b', 'auditor').amendments.amend(correction)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      pointer: '/record',
    });
    const { record } = await auditor.amendments.amend(correction);
    expect(record.header).toMatchObject({ subject: version.id });
    const at = { minBlock: record.ledger.block };
    expect((await world.as('cleveland', 'qa').attestations.get(audit.id, at)).amendments).toMatchObject([
      { id: record.id, private: correction.private },
    ]);
    expect((await world.as('hungarian', 'qa').attestations.get(audit.id, at)).amendments).toMatchObject([
      { id: record.id, private: 'withheld' },
    ]);
    // What chaincode has recomputed is not corrected, but attested anew.
    await expect(
      auditor.amendments.amend({
        ...correction,
        field: 'verdict',
        private: { earlier: { claimed: 'fail' }, corrected: { claimed: 'pass' } },
      }),
    ).rejects.toMatchObject({ status: 422, code: 'FIELD_NOT_AMENDABLE', pointer: '/field' });
  });

  it('is not made of what was erased', async () => {
    const owner = world.as('hungarian', 'data-steward');
    const asked = dataset(uniqueName('amended'), { storageLocation: misspelt });
    const { record: data } = await owner.datasets.create(asked);
    const collection = collectionName('datasets', 'hungarian', 1);
    const purge = { kind: 'purge' as const, collection, key: data.header.commitment };
    expect(await world.ledger('hungarian', 'admin').rogue([purge], [msp.hungarian, msp.auditorB])).toBe('VALID');
    await expect(owner.amendments.amend(amending(data.id))).rejects.toMatchObject({
      status: 410,
      code: 'PRIVATE_DATA_ERASED',
    });
  });

  it('is refused for what it names, what it says, and who says it', async () => {
    const data = await misspeltDataset();
    const { record: rules } = await world.as('cleveland', 'qa').policies.create(policy(uniqueName('amended'), 'none'));
    const missing = `dataset:cleveland/${randomBytes(8).toString('hex')}@1`;
    const refusals: [string, object, string, string][] = [
      ['an unknown record', { record: missing }, 'REFERENCE_NOT_FOUND', '/record'],
      ['a public record', { record: rules.id, field: 'scope' }, 'FIELD_NOT_AMENDABLE', '/record'],
      ['an unknown field', { field: 'colour' }, 'FIELD_NOT_AMENDABLE', '/field'],
      [
        'the fingerprint',
        { field: 'files', private: { earlier: [file], corrected: [] } },
        'FIELD_NOT_AMENDABLE',
        '/field',
      ],
      ['a field that is not there', { field: 'retention' }, 'FIELD_NOT_AMENDABLE', '/field'],
      [
        'the same value',
        { private: { earlier: misspelt, corrected: misspelt } },
        'INVALID_FIELD',
        '/private/corrected',
      ],
      [
        'a value of another form',
        { private: { earlier: misspelt, corrected: 7 } },
        'INVALID_FIELD',
        '/private/corrected',
      ],
      [
        'another earlier value',
        { private: { earlier: 'x', corrected: meant } },
        'EARLIER_VALUE_DIFFERS',
        '/private/earlier',
      ],
      ['no reason of the list', { reasonCode: 'because' }, 'INVALID_FIELD', '/reasonCode'],
    ];
    for (const [what, more, code, pointer] of refusals) {
      const refused = await steward()
        .amendments.amend(amending(data.id, more as Record<string, unknown>))
        .catch((error: unknown) => error);
      expect([what, refused]).toEqual([what, expect.objectContaining({ code, pointer })]);
    }
    for (const [slug, role] of [
      ['hungarian', 'data-steward'],
      ['auditor-a', 'auditor'],
      ['cleveland', 'ml-engineer'],
    ] as const)
      await expect(world.as(slug, role).amendments.amend(amending(data.id))).rejects.toMatchObject({
        status: 403,
        code: 'FORBIDDEN',
      });
    expect((await steward().amendments.list({ record: data.id })).items).toEqual([]);
  });
});
