import type { ChaincodeStub } from 'fabric-shim-api';
import {
  type Choice,
  type Consortium,
  consortiumCollection,
  consortiumSlug,
  formatId,
  type HeaderOf,
  headerSchemas,
  initialState,
  longestProposal,
  organizationByMspId,
  outcomeOf,
  parseId,
  type ProposedChange,
  ProofwardError,
  schemaVersionOf,
  settingId,
  type SettingValue,
  voteName,
} from '@proofward/evidence';
import { requireOrganization } from '../access/caller';
import { timesOf } from '../state/clock';
import { isInForce, putInForce } from '../state/policies';
import { createHeader, findRecord, reviseHeader } from '../state/records';
import { findRole } from '../state/roles';
import { ConsortiumRecordContract } from './consortium-record-contract';
import { requireDeadline } from './deadline';
import { markPlacesOf } from './home';
import type { Change, Creation } from './record-contract';
import { requireFound } from './references';

type PolicyChange = Extract<ProposedChange, { kind: 'policy' }>;

/**
 * What an organisation wants changed of what belongs to all. The transaction that carries it counts the votes and makes the
 * change, under the majority policies of the keys that it writes: who counts wrongly is not a majority.
 */
export class ProposalContract extends ConsortiumRecordContract<'proposal'> {
  constructor(consortium: Consortium) {
    super('proposal', consortium);
  }

  protected override async check(stub: ChaincodeStub, { id, fields }: Creation<'proposal'>): Promise<void> {
    requireDeadline(stub, fields.deadline, longestProposal);
    const { change } = fields;
    if (change.kind === 'standing') {
      const found = await findRole(stub, change.organization);
      if (found === undefined) {
        throw new ProofwardError('UNKNOWN_ORGANIZATION', `there is no ${change.organization}`, {
          pointer: '/change/organization',
        });
      }
      if (found.header.status === change.status) {
        throw new ProofwardError('INVALID_FIELD', `it is ${change.status}`, { pointer: '/change/status' });
      }
      return;
    }
    if (change.kind === 'setting') {
      requireKnown(change.value);
      return;
    }
    const isOfAll = change.scope === 'consortium';
    if (parseId(change.policy).org !== (isOfAll ? consortiumSlug : id.org)) {
      const whose = isOfAll ? `of ${consortiumSlug}` : "the proposer's own";
      throw new ProofwardError('INVALID_FIELD', `a policy of that scope is ${whose}`, { pointer: '/change/policy' });
    }
    if (change.line !== undefined && change.scope !== 'vendor') {
      throw new ProofwardError('INVALID_FIELD', "only a vendor's policy has a line", { pointer: '/change/line' });
    }
    if (isOfAll) await requireNext(stub, change);
  }

  protected override async requireChanger(
    stub: ChaincodeStub,
    { caller, header, to }: Omit<Change<'proposal'>, 'home'>,
  ): Promise<void> {
    if (to === 'withdrawn') {
      requireOrganization(caller, header.author, `withdraw ${header.id}`);
      return;
    }
    const { slug } = organizationByMspId(this.consortium, caller.mspId) ?? { slug: consortiumSlug };
    if ((await findRole(stub, slug))?.header.status !== 'active') {
      throw new ProofwardError('FORBIDDEN', `${caller.mspId} is no active organisation of the consortium`);
    }
  }

  protected override async checkChange(stub: ChaincodeStub, { header, to }: Change<'proposal'>): Promise<undefined> {
    if (stub.getTransient().size > 0) {
      throw new ProofwardError('INVALID_FIELD', 'a proposal is changed without a reason code', {
        pointer: '/reasonCode',
      });
    }
    if (to === 'withdrawn') return;
    const votes = await this.votesOn(stub, header.id);
    const outcome = outcomeOf(votes, this.consortium.organizations.length);
    const isOver = header.deadline <= timesOf(stub, undefined).recordedAt;
    const isSo = to === 'carried' ? outcome === 'carried' : outcome === 'rejected' || (isOver && outcome === undefined);
    if (!isSo) {
      const yes = votes.filter((choice) => choice === 'yes').length;
      const all = this.consortium.organizations.length;
      throw new ProofwardError('PROPOSAL_UNDECIDED', `${yes} yes, ${votes.length - yes} no, of ${all} organisations`, {
        pointer: '/to',
      });
    }
    if (to === 'carried') await this.apply(stub, header);
  }

  /** Of each active organisation the vote under its own mark, so that none is counted twice or made up. */
  private async votesOn(stub: ChaincodeStub, proposal: string): Promise<Choice[]> {
    const votes: Choice[] = [];
    for (const { slug } of this.consortium.organizations) {
      const owner = (await findRole(stub, slug))?.header;
      if (owner?.status !== 'active') continue;
      const id = { type: 'vote' as const, org: slug, name: voteName(proposal), version: '1' };
      const found = await findRecord(stub, id, markPlacesOf(id, owner));
      if (typeof found === 'object' && found.header.proposal === proposal) votes.push(found.header.choice);
    }
    return votes;
  }

  private async apply(stub: ChaincodeStub, proposal: HeaderOf<'proposal'>): Promise<void> {
    const { change } = proposal;
    if (change.kind === 'standing') return this.applyStanding(stub, proposal.id, change);
    if (change.kind === 'setting') return this.applySetting(stub, proposal, change.value);
    // Its owner's own policy lies under the owner's endorsement. It makes it, and names this proposal.
    if (change.scope === 'consortium') await this.applyPolicy(stub, proposal, change);
  }

  private async applyStanding(
    stub: ChaincodeStub,
    proposal: string,
    { organization, status }: Extract<ProposedChange, { kind: 'standing' }>,
  ): Promise<void> {
    const found = await findRole(stub, organization);
    if (found === undefined) throw new ProofwardError('UNKNOWN_ORGANIZATION', `there is no ${organization}`);
    const { key, header } = found;
    await reviseHeader(stub, key, {
      ...header,
      status,
      proposal,
      revision: header.revision + 1,
      ...timesOf(stub, undefined),
    });
    await stub.setStateValidationParameter(key, this.headerPolicy());
  }

  private async applySetting(
    stub: ChaincodeStub,
    { id: proposal, author }: HeaderOf<'proposal'>,
    value: SettingValue,
  ): Promise<void> {
    requireKnown(value);
    const id = settingId(value.of);
    const times = timesOf(stub, undefined);
    const found = await findRecord(stub, id, markPlacesOf(id, consortiumSlug));
    if (typeof found === 'object') {
      const { key, header } = found;
      await reviseHeader(stub, key, { ...header, value, proposal, revision: header.revision + 1, ...times });
      // A key's policy names the organisations of when it was written.
      await stub.setStateValidationParameter(key, this.headerPolicy());
      return;
    }
    const header = headerSchemas.setting.parse({
      type: 'setting',
      id: formatId(id),
      schema: schemaVersionOf('setting'),
      author,
      createdTx: stub.getTxID(),
      status: initialState('setting'),
      revision: 1,
      epoch: 1,
      value,
      proposal,
      ...times,
    });
    await createHeader(stub, id, header, {
      markCollections: [consortiumCollection],
      markPolicy: undefined,
      headerPolicy: this.headerPolicy(),
    });
  }

  private async applyPolicy(
    stub: ChaincodeStub,
    proposal: HeaderOf<'proposal'>,
    { policy, scope, replaces, requirements }: PolicyChange,
  ): Promise<void> {
    await requireNext(stub, { policy, scope, replaces });
    const times = timesOf(stub, undefined);
    const id = parseId(policy);
    const header = headerSchemas.policy.parse({
      type: 'policy',
      id: formatId(id),
      schema: schemaVersionOf('policy'),
      author: proposal.author,
      createdTx: stub.getTxID(),
      status: initialState('policy'),
      revision: 1,
      epoch: 1,
      scope,
      replaces,
      proposal: proposal.id,
      requirements,
      ...times,
    });
    await createHeader(stub, id, header, {
      markCollections: [consortiumCollection],
      markPolicy: undefined,
      headerPolicy: this.headerPolicy(),
    });
    await putInForce(stub, { collection: consortiumCollection }, { scope }, id);
    if (replaces === undefined) return;
    const before = await requireFound<'policy'>(stub, replaces, '/change/replaces');
    await reviseHeader(stub, before.key, {
      ...before.header,
      status: 'superseded',
      revision: before.header.revision + 1,
      ...times,
    });
  }
}

/**
 * A minimum that this chaincode does not know would end all writing of the type.
 *
 * @throws ProofwardError INVALID_FIELD
 */
function requireKnown(value: SettingValue): void {
  if (value.of !== 'schemas') return;
  const index = value.schemas.findIndex(({ type, minimum }) => minimum > schemaVersionOf(type));
  const unknown = value.schemas[index];
  if (unknown === undefined) return;
  const { type } = unknown;
  throw new ProofwardError('INVALID_FIELD', `the last schema version of a ${type} is ${schemaVersionOf(type)}`, {
    pointer: `/change/value/schemas/${index}/minimum`,
  });
}

/** @throws ProofwardError POLICY_NOT_IN_FORCE, RECORD_EXISTS */
async function requireNext(
  stub: ChaincodeStub,
  { policy, scope, replaces }: Pick<PolicyChange, 'policy' | 'scope' | 'replaces'>,
): Promise<void> {
  if (!(await isInForce(stub, consortiumSlug, { scope }, replaces))) {
    const why = replaces === undefined ? 'there is one in force, to be replaced' : `${replaces} is not in force`;
    throw new ProofwardError('POLICY_NOT_IN_FORCE', why, { pointer: '/change/replaces' });
  }
  const id = { ...parseId(policy), type: 'policy' as const };
  if ((await findRecord(stub, id, markPlacesOf(id, consortiumSlug))) !== undefined) {
    throw new ProofwardError('RECORD_EXISTS', `there is a ${policy}`, { pointer: '/change/policy' });
  }
}
