import './quiet';
import {
  type CallerRole,
  canonicalJson,
  commitmentOf,
  consortiumSchema,
  hasPrivatePart,
  type PlacedType,
  type PrivateRecord,
  type PrivateType,
  sealPrivate,
} from '@proofward/evidence';
import type { Context } from 'fabric-contract-api';
import { AmendmentContract } from '../contracts/amendments';
import { AttestationContract } from '../contracts/attestations';
import { BatchContract } from '../contracts/batches';
import { DatasetContract } from '../contracts/datasets';
import { DeploymentContract } from '../contracts/deployments';
import { DisclosureRequestContract } from '../contracts/disclosure-requests';
import { DisclosureContract } from '../contracts/disclosures';
import { DisputeStatementContract } from '../contracts/dispute-statements';
import { DisputeContract } from '../contracts/disputes';
import { GrantContract } from '../contracts/grants';
import { IncidentContract } from '../contracts/incidents';
import { ModelContract } from '../contracts/models';
import { PlanContract } from '../contracts/plans';
import { PolicyContract } from '../contracts/policies';
import { ProposalContract } from '../contracts/proposals';
import { ResponseContract } from '../contracts/responses';
import { ReleaseDecisionContract } from '../contracts/release-decisions';
import { RoleContract } from '../contracts/roles';
import { SettingContract } from '../contracts/settings';
import { SignOffContract } from '../contracts/sign-offs';
import { VoteContract } from '../contracts/votes';
import { WaiverContract } from '../contracts/waivers';
import { type Effect, type Proposal, SimulatedLedger } from './simulated-ledger';

const others = { auditors: ['auditor-a', 'auditor-b'], regulators: ['regulator'] };

/** Two providers, of which the second has had a new member, two auditors who are members, one who is not, a regulator. */
export const consortium = consortiumSchema.parse({
  channel: 'proofward',
  organizations: [
    { slug: 'cleveland', mspId: 'ClevelandMSP', role: 'provider', epochs: [others] },
    {
      slug: 'hungarian',
      mspId: 'HungarianMSP',
      role: 'provider',
      epochs: [{ auditors: ['auditor-b'], regulators: ['regulator'] }, others],
    },
    { slug: 'auditor-a', mspId: 'AuditorAMSP', role: 'auditor' },
    { slug: 'auditor-b', mspId: 'AuditorBMSP', role: 'auditor' },
    { slug: 'auditor-c', mspId: 'AuditorCMSP', role: 'auditor' },
    { slug: 'regulator', mspId: 'RegulatorMSP', role: 'regulator' },
  ],
});

export const file = { path: 'patients.csv', size: 3, sha256: 'ba'.repeat(32) };

/** The contracts of that consortium on a ledger of their own, with every role record applied. */
export class SimulatedConsortium {
  readonly ledger = new SimulatedLedger();
  readonly datasets = new DatasetContract();
  readonly models = new ModelContract();
  readonly attestations = new AttestationContract();
  readonly decisions = new ReleaseDecisionContract(consortium);
  readonly deployments = new DeploymentContract(consortium);
  private readonly contracts = {
    dataset: this.datasets,
    grant: new GrantContract(),
    model: this.models,
    plan: new PlanContract(),
    attestation: this.attestations,
    policy: new PolicyContract(),
    response: new ResponseContract(),
    incident: new IncidentContract(),
    dispute: new DisputeContract(consortium),
    'dispute-statement': new DisputeStatementContract(),
    amendment: new AmendmentContract(),
    'disclosure-request': new DisclosureRequestContract(consortium),
    disclosure: new DisclosureContract(),
    'sign-off': new SignOffContract(),
    waiver: new WaiverContract(),
    'release-decision': this.decisions,
    deployment: this.deployments,
    batch: new BatchContract(),
    proposal: new ProposalContract(consortium),
    vote: new VoteContract(consortium),
    setting: new SettingContract(consortium),
  } as const;
  /** What each transaction did, in order. */
  readonly transcript: Effect[][] = [];
  private roles = new RoleContract(consortium);

  static async open(): Promise<SimulatedConsortium> {
    const opened = new SimulatedConsortium();
    for (const { slug } of consortium.organizations) await opened.applyRole(slug);
    return opened;
  }

  as(mspId: string, role: CallerRole, more: Partial<Proposal> = {}): Proposal {
    return { mspId, attributes: { 'hf.EnrollmentID': 'e1'.repeat(16), role }, ...more };
  }

  async call(proposal: Proposal, transaction: (ctx: Context) => Promise<string>): Promise<unknown> {
    const { answer, effects } = await this.ledger.submit(proposal, transaction);
    this.transcript.push(effects);
    return JSON.parse(answer) as unknown;
  }

  /** As by default the approved consortium has it, or as a later one does. */
  applyRole(org: string, approved = consortium): Promise<unknown> {
    this.roles = new RoleContract(approved);
    return this.call(this.as('ClevelandMSP', 'admin'), (ctx) => this.roles.apply(ctx, JSON.stringify({ org })));
  }

  /** A private record, as a gateway would salt it. */
  seal(type: PrivateType, id: string, values: Record<string, unknown>): { record: PrivateRecord; commitment: string } {
    const channel = this.ledger.channel;
    const record = sealPrivate(new Uint8Array(32).fill(7), { channel, type, id, revision: 1 }, values);
    return { record, commitment: commitmentOf(channel, record) };
  }

  create(
    caller: Proposal,
    type: PlacedType,
    id: string,
    fields: object,
    values: Record<string, unknown> = {},
  ): Promise<unknown> {
    if (!hasPrivatePart(type)) {
      return this.call(caller, (ctx) => this.contracts[type].create(ctx, canonicalJson({ id, ...fields })));
    }
    const { record, commitment } = this.seal(type, id, values);
    const argument = canonicalJson({ id, commitment, ...fields });
    const contract = this.contracts[type];
    return this.call({ ...caller, transient: { ...caller.transient, private: canonicalJson(record) } }, (ctx) =>
      contract.create(ctx, argument),
    );
  }

  read(type: PlacedType, id: string, caller = this.as('RegulatorMSP', 'inspector')): Promise<unknown> {
    return this.call(caller, (ctx) => this.contracts[type].read(ctx, id));
  }

  readPrivate(type: PlacedType, id: string, caller = this.as('RegulatorMSP', 'inspector')): Promise<unknown> {
    return this.call(caller, (ctx) => this.contracts[type].readPrivate(ctx, id));
  }

  transition(caller: Proposal, type: PlacedType, change: { id: string; to: string }): Promise<unknown> {
    return this.call(caller, (ctx) => this.contracts[type].transition(ctx, JSON.stringify(change)));
  }

  dataset(id: string, caller = this.as('ClevelandMSP', 'data-steward'), fields: object = {}): Promise<unknown> {
    return this.create(caller, 'dataset', id, fields, { files: [file] });
  }

  model(id: string, caller = this.as('ClevelandMSP', 'ml-engineer'), fields: object = {}): Promise<unknown> {
    return this.create(caller, 'model', id, { purpose: 'triage', ...fields }, { fingerprint: { files: [file] } });
  }

  attestation(id: string, subject: string, caller = this.as('AuditorAMSP', 'auditor')): Promise<unknown> {
    return this.create(caller, 'attestation', id, { subject, kind: 'fairness' }, { verdict: { claimed: 'fail' } });
  }
}
