import {
  canonicalJson,
  type HeaderOf,
  presentFields,
  type Presentation,
  type PrivateRecord,
  type RequirementOutcome,
} from '@proofward/evidence';
import type { SimulatedConsortium } from './consortium';
import type { Proposal } from './simulated-ledger';

interface Evaluation {
  outcome: 'allowed' | 'refused';
  requirements: RequirementOutcome[];
  until?: string;
  evidence: { attestation: string; presentation: string }[];
}

interface Given {
  policies: string[];
  presentations: { attestation: string; presentation: object }[];
  signOffs: string[];
  waivers: string[];
}

/** A model of cleveland that hungarian wants to run, with the policies of both, an audit of it and a sign-off. */
export class ReleaseWorld {
  readonly model = 'model:cleveland/heart-risk@1';
  readonly vendorPolicy = 'policy:cleveland/release@1';
  readonly sitePolicy = 'policy:hungarian/site@1';
  readonly audit = `attestation:auditor-a/${'a1'.repeat(16)}@1`;
  readonly signOff = `sign-off:hungarian/${'b2'.repeat(16)}@1`;
  private readonly sealed: PrivateRecord;
  private made = 0;

  private constructor(private readonly world: SimulatedConsortium) {
    const metrics = [{ name: 'demographic_parity_ratio', value: '0.95', lower: '0.89', upper: '1.03' }];
    this.sealed = world.seal('attestation', this.audit, { verdict: { claimed: 'pass' }, metrics }).record;
  }

  static async open(world: SimulatedConsortium): Promise<ReleaseWorld> {
    const opened = new ReleaseWorld(world);
    await world.model(opened.model);
    const criteria = [{ metric: 'demographic_parity_ratio', gate: 'bound95', threshold: '0.8' }];
    await world.create(world.as('ClevelandMSP', 'qa'), 'policy', opened.vendorPolicy, {
      scope: 'vendor',
      requirements: [{ name: 'fair', requires: 'attestation', kind: 'fairness', criteria }],
    });
    await world.create(world.as('HungarianMSP', 'qa'), 'policy', opened.sitePolicy, {
      scope: 'site',
      requirements: [{ name: 'qa', waivable: true, requires: 'sign-off', role: 'qa' }],
    });
    const values = Object.fromEntries(Object.entries(opened.sealed.fields).map(([name, { value }]) => [name, value]));
    const audited = { subject: opened.model, kind: 'fairness' };
    await world.create(world.as('AuditorAMSP', 'auditor'), 'attestation', opened.audit, audited, values);
    await world.create(
      opened.person('qa', 2),
      'sign-off',
      opened.signOff,
      { model: opened.model, role: 'qa' },
      {
        outcome: 'approved',
        purpose: 'triage',
        printedName: 'Quality officer 2',
        title: 'Quality officer',
        meaning: 'approved',
        authentication: 'smart-card-pin',
        readDigest: 'cd'.repeat(32),
      },
    );
    return opened;
  }

  /** Somebody of the site. */
  person(role: 'qa' | 'clinical-safety' | 'ml-engineer' | 'service', number: number): Proposal {
    return this.world.as('HungarianMSP', role, { attributes: { 'hf.EnrollmentID': `e${number}`.repeat(16), role } });
  }

  presentation(names: readonly string[]): Presentation {
    return presentFields(this.world.ledger.channel, this.sealed, names);
  }

  /** Asks what it comes to and records that. */
  async decide(
    more: Partial<Given> = {},
    at: Partial<Proposal> = {},
  ): Promise<{ evaluation: Evaluation; header: HeaderOf<'release-decision'> }> {
    const { presentations, ...asked } = { ...this.given(), ...more };
    const transient = { presentations: canonicalJson(presentations) };
    const question = canonicalJson({ site: 'hungarian', model: this.model, purpose: 'triage', ...asked });
    const evaluation = (await this.world.call({ ...this.person('qa', 3), ...at, transient }, (ctx) =>
      this.world.decisions.evaluate(ctx, question),
    )) as Evaluation;
    return { evaluation, header: await this.record(evaluation, more, at) };
  }

  /** Records what is claimed. */
  async record(
    { outcome, requirements, until, evidence }: Evaluation,
    more: Partial<Given> = {},
    at: Partial<Proposal> = {},
  ): Promise<HeaderOf<'release-decision'>> {
    const { presentations, policies, signOffs, waivers } = { ...this.given(), ...more };
    const id = `release-decision:hungarian/decision-${++this.made}@1`;
    const transient = { presentations: canonicalJson(presentations) };
    const { header } = (await this.world.create(
      { ...this.person('qa', 3), ...at, transient },
      'release-decision',
      id,
      { model: this.model, policies, outcome },
      { purpose: 'triage', evidence, signOffs, waivers, requirements, until },
    )) as { header: HeaderOf<'release-decision'> };
    return header;
  }

  /** A waiver that two people approved. */
  async waive(requirement: string, until: string): Promise<{ id: string }> {
    const id = `waiver:hungarian/waiver-${++this.made}@1`;
    const reasons = { reason: 'under way', compensatingControl: 'each output is confirmed' };
    await this.world.create(this.person('qa', 4), 'waiver', id, { model: this.model, requirement, until }, reasons);
    await this.world.transition(this.person('clinical-safety', 5), 'waiver', { id, to: 'active' });
    return { id };
  }

  private given(): Given {
    return {
      policies: [this.vendorPolicy, this.sitePolicy],
      presentations: [{ attestation: this.audit, presentation: this.presentation(['verdict', 'metrics']) }],
      signOffs: [this.signOff],
      waivers: [],
    };
  }
}
