import type { ChaincodeStub } from 'fabric-shim-api';
import {
  anyTwo,
  authorAndOneOther,
  bytesToHex,
  type Consortium,
  type DisputeOutcome,
  disputeOutcomes,
  type DisputeEffect,
  disputeName,
  type DisputeParties,
  effectOfDispute,
  type HeaderOf,
  implicitCollection,
  isDisputeOutcome,
  longestDispute,
  outsidersOf,
  panelOf,
  parseId,
  ProofwardError,
  rulingBytes,
  rulingKey,
  rulingsNeeded,
  sha256,
} from '@proofward/evidence';
import { requireOrganization } from '../access/caller';
import { timesOf } from '../state/clock';
import { findRecord } from '../state/records';
import { findRole, type RoleHeader, withStanding } from '../state/roles';
import { type Home, homeOf, markPlacesOf, ownHome, providerOf } from './home';
import { requireDeadline } from './deadline';
import { type Change, type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

type Disputed = Pick<HeaderOf<'dispute'>, 'record' | 'subject'>;

/**
 * An organisation's objection to somebody else's attestation. It does not touch the attestation's header, which its author
 * protects: who relies on the attestation looks for disputes of it, with {@link disputeOf}.
 */
export class DisputeContract extends RecordContract<'dispute'> {
  constructor(private readonly consortium: Consortium) {
    super('dispute');
  }

  protected override async check(stub: ChaincodeStub, { id, caller, fields }: Creation<'dispute'>): Promise<void> {
    const { record, subject, deadline } = fields;
    if (id.name !== disputeName(record) || id.version !== '1') {
      throw new ProofwardError('INVALID_ID', `a dispute of ${record} has the name ${disputeName(record)}@1`, {
        pointer: '/id',
      });
    }
    const attestation = await requireRecord<'attestation'>(stub, record, '/record');
    if (attestation.author === caller.mspId) {
      throw new ProofwardError('FORBIDDEN', `${record} is the caller's own; it is revoked`, { pointer: '/record' });
    }
    if (attestation.subject !== subject) {
      throw new ProofwardError('INVALID_FIELD', `${record} is about ${attestation.subject}`, { pointer: '/subject' });
    }
    requireDeadline(stub, deadline, longestDispute);
    if ((await panel(stub, this.consortium, await partiesOf(stub, caller.mspId, fields))).length < rulingsNeeded) {
      throw new ProofwardError('FORBIDDEN', 'too few organisations are no party, and could decide');
    }
  }

  /** A member's dispute lies with the attestation, the provider's with its own records, an outsider's with itself. */
  protected override async homeOf(
    stub: ChaincodeStub,
    owner: RoleHeader,
    fields: Disputed,
    epoch?: number,
  ): Promise<Home> {
    const provider = await providerOf(stub, fields.subject);
    if (provider === undefined) {
      throw new ProofwardError('UNKNOWN_ORGANIZATION', 'the subject is not of a provider', { pointer: '/subject' });
    }
    const parties = await partiesOf(stub, owner.mspId, fields);
    const at = epoch ?? provider.epochs.length;
    const lies = { ...ownHome('operations', provider, at), markCollection: implicitCollection(owner.mspId) };
    const among = (others: readonly string[], home: Partial<Home>): Home => {
      const rest = others.filter((mspId) => !Object.values(parties).includes(mspId));
      return {
        ...lies,
        ...home,
        parties: { author: owner.mspId, others: rest },
        // The implicit collection's own policy is the opener alone.
        markPolicy: authorAndOneOther(owner.mspId, rest),
      };
    };
    if (owner.mspId === provider.mspId) return among(lies.members, {});
    if (lies.members.includes(owner.mspId)) {
      const { collection } = await homeOf(stub, 'dispute', owner, fields.subject, at);
      return among(lies.members, { collection });
    }
    return among(await panel(stub, this.consortium, parties), {
      collection: implicitCollection(owner.mspId),
      members: [owner.mspId],
    });
  }

  /** Of the panel, so that no party can rewrite what it rules, nor withdraw for another. */
  protected override async headerPolicy(
    { caller, fields }: Creation<'dispute'>,
    stub: ChaincodeStub,
  ): Promise<Uint8Array> {
    return anyTwo(await panel(stub, this.consortium, await partiesOf(stub, caller.mspId, fields)));
  }

  protected override async requireChanger(
    stub: ChaincodeStub,
    { caller, header, to }: Omit<Change<'dispute'>, 'home'>,
  ): Promise<void> {
    const parties = await partiesOf(stub, header.author, header);
    if (isDisputeOutcome(to)) {
      if (!(await panel(stub, this.consortium, parties)).includes(caller.mspId)) {
        throw new ProofwardError('FORBIDDEN', `${caller.mspId} is a party to ${header.id}, or no active organisation`);
      }
    } else requireOrganization(caller, to === 'answered' ? parties.author : header.author, `change ${header.id} so`);
  }

  /** A ruling lies where nobody but its organisation can write, and the second one that says the same decides. */
  protected override async checkChange(
    stub: ChaincodeStub,
    { caller, header, to }: Change<'dispute'>,
  ): Promise<Partial<HeaderOf<'dispute'>> | undefined> {
    if (stub.getTransient().size > 0) {
      throw new ProofwardError('INVALID_FIELD', 'a dispute is changed without a reason code', {
        pointer: '/reasonCode',
      });
    }
    if (!isDisputeOutcome(to)) return undefined;
    if (header.deadline <= timesOf(stub, undefined).recordedAt) {
      throw new ProofwardError('INVALID_TRANSITION', `the deadline was ${header.deadline}`, { pointer: '/to' });
    }
    const rulings = await rulingsOf(stub, this.consortium, header);
    const own = rulings.find(({ organization }) => organization === caller.mspId);
    const all = own === undefined ? [...rulings, { organization: caller.mspId, outcome: to }] : rulings;
    // What an organisation ruled that was suspended since stays in the record, and counts when it is active again.
    const now = await panel(stub, this.consortium, await partiesOf(stub, header.author, header));
    const decision = decisionOf(all.filter(({ organization }) => now.includes(organization)));
    // Said once more, it may be what two say that are active now, and did not say as such before.
    if (own !== undefined && (own.outcome !== to || decision !== to)) {
      throw new ProofwardError('INVALID_TRANSITION', `${caller.mspId} has ruled`, { pointer: '/to' });
    }
    const collection = implicitCollection(caller.mspId);
    await stub.putPrivateData(collection, rulingKey(header.id), rulingBytes(stub.getChannelID(), header.id, to));
    return { rulings: all, status: decision ?? header.status };
  }
}

/**
 * Whether an attestation is disputed: `upheld` where a panel has upheld a dispute of it, for which it counts no more; `open`
 * where one waits for its decision and its deadline is not over.
 */
export async function disputeOf(
  stub: ChaincodeStub,
  consortium: Consortium,
  attestation: string,
): Promise<DisputeEffect | undefined> {
  const now = timesOf(stub, undefined).recordedAt;
  let isOpen = false;
  for (const { slug } of consortium.organizations) {
    const owner = await findRole(stub, slug);
    if (owner === undefined) continue;
    const id = { type: 'dispute' as const, org: slug, name: disputeName(attestation), version: '1' };
    const found = await findRecord(stub, id, markPlacesOf(id, owner.header));
    if (found === undefined || found === 'deleted' || found.header.record !== attestation) continue;
    const { header } = found;
    // An organisation can write a ruling by itself, also after the decision; and two of the panel can write any state.
    const isBorne = decisionOf(await rulingsOf(stub, consortium, header), header.status) !== undefined;
    const status = isDisputeOutcome(header.status) && !isBorne ? 'answered' : header.status;
    const effect = effectOfDispute({ ...header, status }, now);
    if (effect === 'upheld') return effect;
    if (effect === 'open') isOpen = true;
  }
  return isOpen ? 'open' : undefined;
}

/** An attestation's own state, unless it is disputed: then `disputed`, or `revoked` where that was upheld. */
export async function standingOf(
  stub: ChaincodeStub,
  consortium: Consortium,
  { id, status }: HeaderOf<'attestation'>,
): Promise<string> {
  if (status !== 'active') return status;
  const dispute = await disputeOf(stub, consortium, id);
  return dispute === 'upheld' ? 'revoked' : dispute === 'open' ? 'disputed' : status;
}

interface Ruling {
  organization: string;
  outcome: DisputeOutcome;
}

/** The outcome that enough of the rulings say, of all or of those named. */
function decisionOf(rulings: readonly Ruling[], ...among: readonly string[]): DisputeOutcome | undefined {
  return disputeOutcomes.find(
    (outcome) =>
      (among.length === 0 || among.includes(outcome)) &&
      rulings.filter((ruling) => ruling.outcome === outcome).length >= rulingsNeeded,
  );
}

/** The organisations that rule on a dispute now, by what was voted on their standing. */
async function panel(stub: ChaincodeStub, consortium: Consortium, parties: DisputeParties): Promise<string[]> {
  return panelOf(await withStanding(stub, consortium), parties);
}

/**
 * All rulings, each from the collection of who made it: its hash is known to every peer. Also of who was suspended since: a
 * dispute that was decided stays so.
 */
async function rulingsOf(stub: ChaincodeStub, consortium: Consortium, header: HeaderOf<'dispute'>): Promise<Ruling[]> {
  const rulings: Ruling[] = [];
  for (const organization of outsidersOf(consortium, await partiesOf(stub, header.author, header))) {
    const hash = await stub.getPrivateDataHash(implicitCollection(organization), rulingKey(header.id));
    const outcome = disputeOutcomes.find(
      (candidate) => bytesToHex(sha256(rulingBytes(stub.getChannelID(), header.id, candidate))) === bytesToHex(hash),
    );
    if (outcome !== undefined) rulings.push({ organization, outcome });
  }
  return rulings;
}

async function partiesOf(stub: ChaincodeStub, opener: string, { record, subject }: Disputed): Promise<DisputeParties> {
  const mspIds: string[] = [];
  for (const id of [record, subject]) mspIds.push((await findRole(stub, parseId(id).org))?.header.mspId ?? '');
  const [author = '', provider = ''] = mspIds;
  return { author, provider, opener };
}
