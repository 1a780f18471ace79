import type { ChaincodeStub } from 'fabric-shim-api';
import {
  attestationPartiesOf,
  authorAndOneOther,
  bytesToHex,
  collectionName,
  counterpartOf,
  consortiumCollection,
  consortiumSlug,
  type HeaderOf,
  implicitCollection,
  isAmendmentOf,
  isConfidential,
  markHash,
  markKey,
  markValue,
  type Parties,
  parseId,
  type Placement,
  placementOf,
  placements,
  type PlacedType,
  ProofwardError,
  type RecordId,
  settledType,
  type ProviderCollection,
  subjectOf,
  writingOrganizations,
} from '@proofward/evidence';
import type { MarkPlace } from '../state/records';
import { findRole, membersOf, type RoleHeader } from '../state/roles';

/** Where a record of one provider's collections lives, and between whom. */
export interface Home {
  provider: RoleHeader;
  epoch: number;
  collection: string;
  /** The MSP ids of those who hold what is in it. */
  members: string[];
  parties: Parties;
  markCollection: string;
  /** Undefined where the policy of the mark's collection is enough. */
  markPolicy: Uint8Array | undefined;
  /** Further collections that have the private part and the mark too. */
  copies?: readonly string[];
}

/** Whose a record is by its id: an organisation's, or all of theirs. */
export type Owner = RoleHeader | typeof consortiumSlug;

/** Of what belongs to all, policies and settings have ids of their own. */
export async function findOwner(stub: ChaincodeStub, { type, org }: RecordId): Promise<Owner | undefined> {
  if (org === consortiumSlug) return type === 'policy' || type === 'setting' ? consortiumSlug : undefined;
  return (await findRole(stub, org))?.header;
}

/** Where the mark of a record of `owner` may lie; nowhere, where such an organisation writes none. */
export function markPlacesOf(id: Pick<RecordId, 'name'> & { type: PlacedType }, owner: Owner): MarkPlace[] {
  if (owner === consortiumSlug) return [{ collection: consortiumCollection }];
  const type = settledType(id);
  if (type === undefined) return [];
  const { collection, holder } = placementOf(type, owner.role);
  if (holder === 'consortium') return [{ collection: consortiumCollection, author: owner.mspId }];
  if (holder === 'author') {
    const own = owner.epochs.map((_, index) => {
      const epoch = index + 1;
      return { collection: collectionName(collection, parseId(owner.id).org, epoch), author: owner.mspId, epoch };
    });
    // An amendment lies where anybody else could check it.
    const placement: Placement = placements[id.type];
    if (placement.confidentially !== true) return own;
    const kept = { collection: implicitCollection(owner.mspId), author: owner.mspId, confidential: true };
    return [...own.map((place) => ({ ...place, confidential: false })), kept];
  }
  // In `audits-P` any two members could write a mark in the author's name; in the author's implicit collection nobody else
  // can. Every organisation has an implicit collection, and puts there what it likes.
  if (!writingOrganizations(type).includes(owner.role)) return [];
  return [{ collection: implicitCollection(owner.mspId), author: owner.mspId }];
}

/**
 * Where a record lives; without `epoch`, where a new one goes.
 *
 * @param owner the author's role record
 * @param subject the id of the record that it is about, where its placement is the subject's
 * @throws ProofwardError UNKNOWN_ORGANIZATION, SELF_ATTESTATION, NOT_A_MEMBER
 */
export async function homeOf(
  stub: ChaincodeStub,
  type: PlacedType,
  owner: RoleHeader,
  subject: string | undefined,
  epoch?: number,
): Promise<Home> {
  const placement = placementOf(type, owner.role);
  if (placement.holder === 'author') return ownHome(placement.collection, owner, epoch);
  if (placement.holder !== 'subject') throw new Error(`where a ${type} lies is its own contract's to say`);
  const provider = await providerOf(stub, subject);
  if (provider === undefined) {
    throw new ProofwardError('UNKNOWN_ORGANIZATION', 'the subject is not of a provider', { pointer: '/subject' });
  }
  const at = epoch ?? provider.epochs.length;
  const parties = attestationPartiesOf(owner.mspId, provider.mspId, membersOf(provider, at));
  return {
    provider,
    epoch: at,
    collection: collectionName(placement.collection, parseId(provider.id).org, at),
    members: [provider.mspId, ...membersOf(provider, at)],
    parties,
    markCollection: implicitCollection(owner.mspId),
    // The implicit collection's own policy is the author alone, who could then erase his word.
    markPolicy: authorAndOneOther(parties.author, parties.others),
  };
}

/** What its author keeps to itself: it lies with the author alone, and is protected by the same organisations. */
export function confidentialHome(home: Home, author: string): Home {
  const collection = implicitCollection(author);
  const markPolicy = authorAndOneOther(home.parties.author, home.parties.others);
  return { ...home, collection, members: [author], markCollection: collection, markPolicy };
}

/** A provider's own record: its mark is protected by the collection's policy, AND(provider, 1 of the others). */
export function ownHome(kind: ProviderCollection, owner: RoleHeader, epoch = owner.epochs.length): Home {
  const collection = collectionName(kind, parseId(owner.id).org, epoch);
  return {
    provider: owner,
    epoch,
    collection,
    members: [owner.mspId, ...membersOf(owner, epoch)],
    parties: { author: owner.mspId, others: membersOf(owner, epoch) },
    markCollection: collection,
    markPolicy: undefined,
  };
}

/**
 * Between the author and one other organisation, which also has the mark: so a header that names somebody as recipient, or
 * says that it was served, is taken for true only where that one has endorsed it.
 *
 * @param others the MSP ids of those of whom one protects the record with its author, where there is no counterpart
 */
export async function partiesHome(
  stub: ChaincodeStub,
  owner: RoleHeader,
  fields: object,
  others: readonly string[],
): Promise<Home> {
  const slug = counterpartOf(fields);
  const counterpart = slug === undefined ? undefined : (await findRole(stub, slug))?.header.mspId;
  if (slug !== undefined && counterpart === undefined) {
    throw new ProofwardError('UNKNOWN_ORGANIZATION', `there is no ${slug}`, {
      pointer: 'recipient' in fields ? '/recipient' : '/addressee',
    });
  }
  // Nobody shows anything to itself; what is wrong with that is said where the fields are checked.
  const rest = counterpart === undefined || counterpart === owner.mspId ? [...others] : [counterpart];
  const collection = implicitCollection(owner.mspId);
  return {
    provider: owner,
    epoch: 1,
    collection,
    members: [owner.mspId, ...(counterpart === undefined ? [] : [counterpart])],
    parties: { author: owner.mspId, others: rest },
    markCollection: collection,
    // The implicit collection's own policy is the author alone.
    markPolicy: rest.length === 0 ? undefined : authorAndOneOther(owner.mspId, rest),
    copies: counterpart === undefined ? [] : [implicitCollection(counterpart)],
  };
}

/**
 * Whether a header that is under its mark was its author's to write. About another's record the author alone writes his
 * first mark, and any two put a header under it, the subject's owner too: so whether he was one to speak of this subject is
 * asked again of what is found.
 */
export async function isAgreed(
  stub: ChaincodeStub,
  type: PlacedType,
  owner: Owner,
  header: HeaderOf<PlacedType>,
): Promise<boolean> {
  if (owner === consortiumSlug) return true;
  // Any organisation disputes, and its mark says which.
  if (type === 'dispute') return true;
  if (header.type === 'amendment' && !isAmendmentOf(header)) return false;
  const settled = settledType(parseId(header.id) as RecordId & { type: PlacedType });
  if (settled === undefined) return false;
  const { holder } = placementOf(settled, owner.role);
  if (holder === 'consortium') return true;
  // What is not confidential was found in a collection of its epoch.
  if (holder === 'author') return !isConfidential(type, header) || owner.epochs[header.epoch - 1] !== undefined;
  if (holder === 'parties') return isCountersigned(stub, header);
  const provider = await providerOf(stub, subjectOf(header));
  // The owner itself is in none of its epochs, and an organisation that is no provider has none.
  return provider?.epochs[header.epoch - 1]?.includes(header.author) === true;
}

/** Whether the other party of a header, if it names one, has its mark too. */
async function isCountersigned(stub: ChaincodeStub, header: HeaderOf<PlacedType>): Promise<boolean> {
  const slug = counterpartOf(header);
  if (slug === undefined) return true;
  const counterpart = (await findRole(stub, slug))?.header.mspId;
  if (counterpart === undefined) return false;
  const hash = await stub.getPrivateDataHash(implicitCollection(counterpart), markKey(parseId(header.id)));
  return bytesToHex(hash) === bytesToHex(markHash(markValue(stub.getChannelID(), header)));
}

export async function providerOf(stub: ChaincodeStub, subject: string | undefined): Promise<RoleHeader | undefined> {
  if (subject === undefined) return undefined;
  const found = (await findRole(stub, parseId(subject).org))?.header;
  return found?.role === 'provider' ? found : undefined;
}
