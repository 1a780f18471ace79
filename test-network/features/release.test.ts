import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesToHex,
  canonicalJson,
  headerBytes,
  headerKey,
  type HeaderOf,
  markHash,
  markValue,
  noStopBytes,
  parseId,
  stopBytes,
  stopKey,
} from '@proofward/evidence';
import { file, model, msp, policy, signOff, uniqueName, World } from '../harness/world.js';

/** cleveland's model at hungarian, which holds none of cleveland's audits: what it knows of them is presented to it. */
describe('a release', () => {
  let world: World;
  let subject: string;
  let rules: string;
  let block: number;
  let decision: string;
  const endpoint = uniqueName('triage');
  const groups = [
    { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
    { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
  ];
  const criteria = [{ metric: 'demographic_parity_ratio', gate: 'bound95' as const, threshold: '0.8' }];

  beforeAll(async () => {
    world = await World.attach();
    subject = (await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('release')))).record.id;
    const { record } = await world.as('cleveland', 'qa').policies.create(
      policy(uniqueName('rules'), parseId(subject).name, {
        requirements: [
          { name: 'fair', requires: 'attestation', kind: 'fairness', criteria, maximalAge: 'P365D' },
          { name: 'safe-here', waivable: true, requires: 'sign-off', role: 'clinical-safety' },
        ],
      }),
    );
    rules = record.id;
    block = record.ledger.block;
  });
  afterAll(() => {
    world.close();
  });

  const site = (role = 'qa') => world.as('hungarian', role);
  const audit = async (more: object = {}) => {
    const { record } = await world.as('auditor-a', 'auditor').attestations.create({
      subject,
      kind: 'fairness',
      private: { verdict: { claimed: 'pass' }, criteria, evidence: { form: 'confusion-counts', groups } },
      ...more,
    });
    const presentation = await world
      .as('auditor-a', 'auditor')
      .attestations.present(record.id, ['verdict', 'evidence'], { minBlock: record.ledger.block });
    block = Math.max(block, record.ledger.block);
    return { attestation: record.id, presentation };
  };
  const preview = async (more: object = {}) => {
    await world.settled();
    return site().releases.preview({ model: subject, purpose: 'triage', ...more }, { minBlock: block });
  };
  const request = async (more: object = {}) => {
    await world.settled();
    return site().releases.request({ model: subject, purpose: 'triage', ...more }, { minBlock: block });
  };
  const deploy = (more: object = {}) =>
    site('service').deployments.create({
      model: subject,
      endpoint,
      mode: 'live',
      decision,
      private: { configurationDigest: file.sha256, decisionThreshold: '0.5' },
      ...more,
    });
  const running = async (at: number) => {
    const list = await site('reader').deployments.list({ endpoint, mode: 'live', status: 'running', minBlock: at });
    return list.items.map(({ id }) => id);
  };

  it('is asked for without recording it, and says what is missing', async () => {
    expect(await preview()).toEqual({
      outcome: 'refused',
      policies: [rules],
      requirements: [
        { policy: rules, name: 'fair', result: 'missing' },
        { policy: rules, name: 'safe-here', result: 'missing' },
      ],
    });
    expect((await site().releases.list({ model: subject })).items).toEqual([]);
  });

  it('that is refused is recorded, and nothing runs by it', async () => {
    const { record, replay } = await request();
    expect(replay).toBe(false);
    expect(record.header).toMatchObject({ outcome: 'refused', model: subject, policies: [rules], status: 'decided' });
    expect(record.private).toMatchObject({ purpose: 'triage', requirements: [{ result: 'missing' }, {}] });
    decision = record.id;
    await expect(deploy()).rejects.toMatchObject({ status: 403, code: 'DECISION_INVALID', pointer: '/decision' });
  });

  it('is not taken from what its auditor did not say, nor from what has ended', async () => {
    const presented = await audit();
    const forged = {
      attestation: presented.attestation,
      presentation: {
        ...presented.presentation,
        fields: presented.presentation.fields.map((field) =>
          field.name === 'verdict' ? { ...field, value: { claimed: 'pass' } } : field,
        ),
      },
    };
    await expect(preview({ presentations: [forged] })).rejects.toMatchObject({
      status: 422,
      code: 'PRESENTATION_MISMATCH',
    });
    const old = await audit({ validUntil: '2026-01-01T00:00:00.000Z', effectiveAt: '2025-12-31T00:00:00.000Z' });
    expect(await preview({ presentations: [old] })).toMatchObject({
      outcome: 'refused',
      requirements: [{ name: 'fair', result: 'expired', records: [old.attestation] }, {}],
    });
    await expect(preview({ attestations: [old.attestation] })).rejects.toMatchObject({
      status: 403,
      code: 'NOT_A_MEMBER',
      pointer: '/attestations/0',
    });
  });

  it('is allowed when what was missing is supplied, and members see on what it rests', async () => {
    const presented = await audit();
    const { record: signed } = await site('clinical-safety').signOffs.create(signOff(subject, 'clinical-safety'));
    block = Math.max(block, signed.ledger.block);
    const { record } = await request({ presentations: [presented] });
    expect(record.header.outcome).toBe('allowed');
    expect(record.private).toMatchObject({
      evidence: [{ attestation: presented.attestation }],
      signOffs: [signed.id],
      requirements: [
        { name: 'fair', result: 'met', records: [presented.attestation] },
        { name: 'safe-here', result: 'met', records: [signed.id] },
      ],
    });
    expect((record.private as { until?: string }).until).toMatch(/^20/);
    decision = record.id;
    await world.settled();
    const at = { minBlock: record.ledger.block };
    expect(await world.as('auditor-b', 'reader').releases.get(record.id, at)).toMatchObject({
      private: { purpose: 'triage' },
    });
    expect(await world.as('cleveland', 'reader').releases.get(record.id, at)).toMatchObject({
      private: 'withheld',
      header: { outcome: 'allowed' },
    });
  });

  it('lets the version run, with a canary beside it, until the next live one', async () => {
    const { record: first } = await deploy();
    expect(first.header).toMatchObject({ status: 'running', mode: 'live', from: first.effectiveAt });
    const { record: canary } = await deploy({ mode: 'canary', share: '0.05' });
    const { record: second } = await deploy();
    const at = { minBlock: second.ledger.block };
    const reader = world.as('cleveland', 'reader');
    expect((await reader.deployments.get(first.id, at)).header).toMatchObject({
      status: 'ended',
      to: second.header.from,
      revision: 2,
    });
    expect((await reader.deployments.get(canary.id, at)).status).toBe('running');
    expect(await running(second.ledger.block)).toEqual([second.id]);

    const returned = await site('qa').deployments.rollback(canary.id, { returnedTo: subject });
    expect(returned.header).toMatchObject({
      status: 'rolled-back',
      returnedTo: subject,
      to: returned.effectiveAt,
      flags: ['approval-missing'],
    });
    const seen = await reader.deployments.get(canary.id, { minBlock: returned.ledger.block });
    expect(seen.header).toEqual(returned.header);
    expect((await reader.deployments.history(canary.id)).revisions.map(({ status }) => status)).toEqual([
      'rolled-back',
      'running',
    ]);
    const before = await reader.deployments.get(canary.id, { asOf: canary.effectiveAt });
    expect(before.header).toEqual(canary.header);
  });

  it('two that are opened at once leave one running', async () => {
    const opened = await Promise.all([deploy(), deploy()]);
    const last = Math.max(...opened.map(({ record }) => record.ledger.block));
    const left = await running(last);
    expect(left).toHaveLength(1);
    expect(opened.map(({ record }) => record.id)).toContain(left[0]);
  });

  it('is of this site, this model, and begins neither in the future nor before the one that it closes', async () => {
    const theirs = world.as('cleveland', 'service').deployments.create({
      model: subject,
      endpoint,
      mode: 'live',
      decision,
      private: { configurationDigest: file.sha256 },
    });
    await expect(theirs).rejects.toMatchObject({ code: 'DECISION_INVALID', pointer: '/decision' });
    const { record: other } = await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('other')));
    await expect(deploy({ model: other.id })).rejects.toMatchObject({ code: 'DECISION_INVALID', pointer: '/decision' });
    await expect(deploy({ effectiveAt: '2099-01-01T00:00:00.000Z' })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      pointer: '/effectiveAt',
    });
    await expect(deploy({ mode: 'canary' })).rejects.toMatchObject({ code: 'INVALID_FIELD', pointer: '/share' });
    await expect(request({ model: other.id })).rejects.toMatchObject({ code: 'POLICY_MISSING' });
  });

  it('says of what runs whether what it rests on still holds', async () => {
    const [live = ''] = await running(block);
    const deployment = await site('reader').deployments.get(live);
    expect(deployment.evidence).toEqual({ state: 'current', records: [] });
    // What it rests on is the site's; others see what is public.
    expect((await world.as('cleveland', 'reader').deployments.get(live)).evidence).toEqual({
      state: 'withheld',
      records: [],
    });
    const released = await site('reader').releases.get(deployment.header.decision);
    const { evidence, until } = released.private as { evidence: { attestation: string }[]; until: string };
    const attestation = evidence[0]?.attestation ?? '';
    const then = await site('reader').deployments.get(live, { asOf: until });
    expect(then.evidence).toEqual({
      state: 'lapsed',
      records: [attestation, released.id].map((id) => ({ id, state: 'lapsed' })),
    });

    const revoked = await world.as('auditor-a', 'auditor').attestations.transition(attestation, { to: 'revoked' });
    await world.settled();
    const at = { minBlock: revoked.ledger.block };
    const now = await site('reader').deployments.get(live, at);
    expect(now.status).toBe('running');
    expect(now.evidence).toEqual({ state: 'withdrawn', records: [{ id: attestation, state: 'withdrawn' }] });
    const list = async (state: string) =>
      (await site('reader').deployments.list({ endpoint, evidence: state, ...at })).items.map(({ id }) => id);
    expect(await list('withdrawn')).toEqual([live]);
    // Those that ended before are judged by what held until then.
    expect(await list('current')).not.toContain(live);
    expect((await list('current')).length).toBeGreaterThan(2);
    await expect(deploy()).rejects.toMatchObject({ code: 'DECISION_INVALID', pointer: '/decision' });
  });

  it('by a policy that its owner may tighten, and neither loosen nor forget', async () => {
    const owner = world.as('cleveland', 'qa').policies;
    const line = parseId(subject).name;
    const next = (more: object) => owner.create({ ...policy(uniqueName('rules'), line), ...more });
    await expect(next({})).rejects.toMatchObject({ status: 409, code: 'POLICY_NOT_IN_FORCE', pointer: '/replaces' });
    await expect(next({ replaces: rules })).rejects.toMatchObject({
      status: 403,
      code: 'POLICY_LOOSENED',
      pointer: '/requirements',
    });
    const { header } = await owner.get(rules);
    const requirements = header.requirements.map((requirement) => ({ ...requirement, waivable: false }));
    const { record } = await next({ replaces: rules, requirements });
    expect(await owner.get(rules, { minBlock: record.ledger.block })).toMatchObject({ status: 'superseded' });
    block = record.ledger.block;
    await world.settled();
    await expect(deploy()).rejects.toMatchObject({ code: 'DECISION_INVALID', pointer: '/decision' });
  });

  describe('a stop', () => {
    let running: HeaderOf<'deployment'>;
    const key = () => headerKey(parseId(running.id), markHash(markValue(world.stack.network.channel, running)));
    const chaincodeSays = async () =>
      JSON.parse(await world.ledger('hungarian', 'reader').evaluate('deployments:read', running.id)) as typeof running;

    beforeAll(async () => {
      const [found] = (await site('reader').deployments.list({ endpoint, mode: 'live', status: 'running' })).items;
      if (found === undefined) throw new Error('nothing runs');
      running = found.header;
    });

    it('is not made by others, whatever their chaincode does', async () => {
      const stop = stopBytes({
        schema: 1,
        deployment: running.id,
        kind: 'stop',
        approvals: [],
        author: msp.hungarian,
        txId: running.createdTx,
        recordedAt: running.recordedAt,
        effectiveAt: running.effectiveAt,
      });
      const write = { kind: 'put' as const, key: stopKey(key()), value: bytesToHex(stop) };
      const others = [msp.auditorB, msp.regulator];
      expect(await world.ledger('auditor-b', 'admin').rogue([write], others)).toBe('ENDORSEMENT_POLICY_FAILURE');
      expect((await chaincodeSays()).status).toBe('running');
    });

    it('needs nobody but the site, and is the same when asked again', async () => {
      const argument = canonicalJson({ id: running.id, kind: 'stop' });
      const asked = await world.ledger('hungarian', 'qa').submit('deployments:stop', [argument], [msp.hungarian]);
      expect(asked).toBe('VALID');
      const again = await site('service').deployments.stop(running.id);
      expect(again.header).toMatchObject({ status: 'stopped', revision: running.revision + 1 });
      expect((await site('service').deployments.stop(running.id)).header).toEqual(again.header);
    });

    it('is final for every reader, also when the site writes over it or into the header', async () => {
      const admin = world.ledger('hungarian', 'admin');
      const stopped = await chaincodeSays();
      expect(stopped.status).toBe('stopped');
      const alone = [msp.hungarian];
      const value = bytesToHex(headerBytes({ ...running, revision: running.revision + 2 }));
      const header = { kind: 'put' as const, key: key(), value };
      expect(await admin.rogue([header], alone)).toBe('ENDORSEMENT_POLICY_FAILURE');
      const unstop = bytesToHex(noStopBytes(running.id));
      // The key is the site's own, so this is valid; and it changes nothing.
      expect(await admin.rogue([{ kind: 'put', key: stopKey(key()), value: unstop }], alone)).toBe('VALID');
      expect(await admin.rogue([{ kind: 'delete', key: stopKey(key()) }], alone)).toBe('VALID');
      // Not even with one more, who writes the header's next revision with it.
      expect(await admin.rogue([header], [msp.hungarian, msp.auditorB])).toBe('VALID');
      const at = { minBlock: (await admin.height()) - 1 };
      for (const slug of ['hungarian', 'cleveland', 'regulator']) {
        await world.settled();
        const seen = await world.as(slug, 'reader').deployments.get(running.id, at);
        expect([slug, seen.header]).toEqual([slug, stopped]);
      }
    });
  });
});
