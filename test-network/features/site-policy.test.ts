import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, parseId } from '@proofward/evidence';
import { ownNetwork } from '../harness/place.js';
import { attestation, file, model, msp, policy, proposal, signOff, uniqueName, World } from '../harness/world.js';

/**
 * What may run at hungarian is for three to say: the consortium, the vendor and the site. The network is this feature's own, for
 * the consortium's policy would bind all others.
 */
describe('a site’s own release policy', () => {
  let world: World;
  let subject: string;
  /** The policies in force, by whose they are. */
  const inForce = { consortium: 'policy:consortium/minimum@1', vendor: '', site: '' };
  let running: string;
  let allowed: string;
  let block = 0;
  const endpoint = uniqueName('triage');
  const safety = { name: 'safety', requires: 'sign-off' as const, role: 'clinical-safety' as const };
  const fair = { name: 'fair', requires: 'attestation' as const, kind: 'fairness' as const };
  const signed = { name: 'signed', requires: 'sign-off' as const, role: 'qa' as const };
  const robust = { name: 'robust', requires: 'attestation' as const, kind: 'robustness' as const };

  const site = (role = 'qa') => world.as('hungarian', role);
  /** The latest block that a request has to have seen. */
  const seen = <R extends { ledger: { block: number } }>({ record }: { record: R }): R => {
    block = Math.max(block, record.ledger.block);
    return record;
  };
  const audit = async (kind: 'fairness' | 'robustness') => {
    const auditor = world.as('auditor-a', 'auditor').attestations;
    const said = { ...attestation(subject), kind, private: { verdict: { claimed: 'pass' as const } } };
    const { id } = seen(await auditor.create(said));
    return { attestation: id, presentation: await auditor.present(id, ['verdict'], { minBlock: block }) };
  };
  const request = async (presentations: object[]) => {
    await world.settled();
    const asked = { model: subject, purpose: 'triage', presentations: presentations as never };
    return seen(await site().releases.request(asked, { minBlock: block }));
  };
  const deploy = (decision: string) =>
    site('service').deployments.create({
      ...{ model: subject, endpoint, mode: 'live', decision },
      private: { configurationDigest: file.sha256 },
    });
  const results = ({ private: part }: { private?: unknown }) =>
    (part as { requirements: { policy: string; name: string; result: string }[] }).requirements.map(
      ({ policy: of, name, result }) => [of, name, result],
    );

  beforeAll(async () => {
    world = await World.start(ownNetwork('site-policy'));
    subject = seen(await world.as('cleveland', 'ml-engineer').models.create(model(uniqueName('three')))).id;
    const vendor = policy(uniqueName('vendor'), parseId(subject).name, { requirements: [fair] });
    inForce.vendor = seen(await world.as('cleveland', 'qa').policies.create(vendor)).id;
    const own = { name: uniqueName('site'), version: '1', scope: 'site' as const, requirements: [signed] };
    inForce.site = seen(await site().policies.create(own)).id;
    const admin = (slug: string) => world.as(slug, 'admin');
    const change = { policy: inForce.consortium, scope: 'consortium' as const, requirements: [safety] };
    const proposed = seen(
      await admin('regulator').proposals.create({
        change: { kind: 'policy', ...change },
        deadline: proposal('').deadline,
      }),
    ).id;
    for (const slug of ['regulator', 'auditor-a', 'auditor-b']) {
      await world.settled();
      seen(await admin(slug).votes.create({ proposal: proposed, choice: 'yes' }));
    }
    await world.settled();
    const carried = await admin('regulator').proposals.transition(proposed, { to: 'carried' });
    block = Math.max(block, carried.ledger.block);
    seen(await site().signOffs.create(signOff(subject)));
    seen(await site('clinical-safety').signOffs.create(signOff(subject, 'clinical-safety')));
  }, 300_000);
  afterAll(async () => {
    await world.end();
  }, 60_000);

  it('is in force beside the consortium’s and the vendor’s, and a decision names all three', async () => {
    const record = await request([await audit('fairness')]);
    const { consortium, vendor, site: own } = inForce;
    expect(record.header).toMatchObject({ outcome: 'allowed' });
    expect(new Set(record.header.policies)).toEqual(new Set([consortium, vendor, own]));
    expect(new Set(results(record).map((line) => line.join(' ')))).toEqual(
      new Set([`${consortium} safety met`, `${vendor} fair met`, `${own} signed met`]),
    );
    allowed = record.id;
    await world.settled();
    running = seen(await deploy(allowed)).id;
    // Everybody reads what was asked for, by whom, in which version.
    const reader = world.as('auditor-b', 'reader');
    for (const id of record.header.policies) {
      expect(await reader.policies.get(id, { minBlock: block })).toMatchObject({ status: 'active' });
    }
  });

  it('is tightened by the site alone, and by nobody else', async () => {
    const requirements = [signed, robust];
    const next = { version: '2', scope: 'site' as const, replaces: inForce.site, requirements };
    const { org, name } = parseId(inForce.site);
    const id = `policy:${org}/${name}@2`;
    const asked = canonicalJson({ id, scope: next.scope, replaces: next.replaces, requirements });
    for (const slug of ['cleveland', 'regulator']) {
      // Its certificate authority can put any role into a certificate.
      await world.enrol(slug, 'any qa', { role: 'qa' });
      const answer = await world.ledger(slug, 'any qa').simulate('policies:create', [asked]);
      expect([slug, answer.code]).toEqual([slug, 'FORBIDDEN']);
    }
    const record = seen(await site().policies.create({ name, ...next }));
    expect(record.header).toMatchObject({ id, replaces: inForce.site, status: 'active' });
    expect(record.header.proposal).toBeUndefined();
    const before = await site('reader').policies.get(inForce.site, { minBlock: block });
    expect(before.status).toBe('superseded');
    inForce.site = id;
  });

  it('is what a decision misses, although the consortium’s and the vendor’s are met', async () => {
    const record = await request([await audit('fairness')]);
    const { consortium, vendor, site: own } = inForce;
    expect(record.header.outcome).toBe('refused');
    expect(new Set(record.header.policies)).toEqual(new Set([consortium, vendor, own]));
    expect(
      results(record)
        .filter(([of]) => of !== own)
        .map(([, , result]) => result),
    ).toEqual(['met', 'met']);
    expect(results(record).filter(([of]) => of === own)).toEqual([
      [own, 'signed', 'met'],
      [own, 'robust', 'missing'],
    ]);
    // What runs goes on; neither the refusal nor the decision under the policy before lets anything begin.
    expect((await site('reader').deployments.get(running, { minBlock: block })).status).toBe('running');
    for (const decision of [record.id, allowed]) {
      await expect(deploy(decision)).rejects.toMatchObject({ status: 403, code: 'DECISION_INVALID' });
    }
  });

  it('is not left out, whoever decides, and binds no other site', async () => {
    const { consortium, vendor, site: own } = inForce;
    const evaluate = async (policies: string[]) => {
      const asked = { site: 'hungarian', model: subject, policies, purpose: 'triage', signOffs: [], waivers: [] };
      const ledger = world.ledger('hungarian', 'qa');
      return (await ledger.simulate('release-decisions:evaluate', [canonicalJson(asked)], msp.auditorA)).code;
    };
    expect(await evaluate([consortium, vendor, own])).toBe('ok');
    for (const left of [own, vendor, consortium]) {
      const others = [consortium, vendor, own].filter((id) => id !== left);
      expect([left, await evaluate(others)]).toEqual([left, 'POLICY_NOT_IN_FORCE']);
    }
    const theirs = await world
      .as('cleveland', 'qa')
      .releases.preview({ model: subject, purpose: 'triage' }, { minBlock: block });
    expect(new Set(theirs.policies)).toEqual(new Set([consortium, vendor]));
  });

  it('is met once what it asks for is there', async () => {
    const record = await request([await audit('fairness'), await audit('robustness')]);
    expect(record.header.outcome).toBe('allowed');
    expect(results(record)).toContainEqual([inForce.site, 'robust', 'met']);
    await world.settled();
    const deployed = seen(await deploy(record.id));
    const then = await site('reader').deployments.get(running, { minBlock: deployed.ledger.block });
    expect(then).toMatchObject({ status: 'ended' });
  });
});
