import {
  attestationParties,
  collectionName,
  consortiumCollection,
  type Consortium,
  type DisputeParties,
  endorserSets,
  hasPrivatePart,
  type Header,
  type HeaderOf,
  implicitCollection,
  organizationByMspId,
  type Organization,
  otherMembers,
  ownerOf,
  panelOf,
  parseId,
  type PlacedType,
  placedTypes,
  type Placement,
  placementOf,
  placements,
  providerParties,
  ProofwardError,
  type RecordType,
  subjectOf,
  writingOrganizations,
} from '@proofward/evidence';

/** What a public header, or a request for one, says about where the record belongs. */
type PublicFields = Record<string, unknown>;

/** What the gateway knows of a record type of a provider's collections. */
export interface Kind extends Placement {
  type: PlacedType;
  /** What `verify` takes; nothing where there is no private part. */
  verifies: 'files' | 'presentation' | undefined;
}

const ofFiles: readonly PlacedType[] = ['dataset', 'model'];

export const kindList: readonly Kind[] = placedTypes.map((type) => ({
  type,
  ...placements[type],
  verifies: ofFiles.includes(type) ? 'files' : hasPrivatePart(type) ? 'presentation' : undefined,
}));

export const kinds = Object.fromEntries(kindList.map((kind) => [kind.type, kind])) as Record<PlacedType, Kind>;

/** The type in the names of operations: `SignOff`. */
export function operationNoun({ type }: Pick<Kind, 'type'>): string {
  return type.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The contract of a record type. */
export function contractOf(type: RecordType): string {
  return type === 'role' ? 'roles' : kinds[type].plural;
}

/** The provider whose collection holds a record's private part. */
export function holderOf(consortium: Consortium, kind: Kind, id: string, fields: PublicFields): Organization {
  const author = ownerOf(consortium, parseId(id), '/id');
  if (placementOf(kind.type, author.role).holder === 'author') return author;
  const pointer = 'subjects' in fields ? '/subjects/0' : '/subject';
  return ownerOf(consortium, parseId(subjectOf(fields) ?? '', pointer), pointer);
}

/** The sets of organisations that may endorse a write of the record, in the order in which to try them. */
export function endorsersOf(
  consortium: Consortium,
  kind: Kind,
  id: string,
  fields: PublicFields,
  epoch?: number,
  caller?: string,
): string[][] {
  if (kind.type === 'dispute') return disputeEndorsers(consortium, id, fields, caller);
  const holder = holderOf(consortium, kind, id, fields);
  const inForce = epoch ?? holder.epochs.length;
  if (holder.epochs[inForce - 1] === undefined) {
    throw new ProofwardError('UNKNOWN_ORGANIZATION', `${holder.slug} is no provider of the consortium`);
  }
  const author = ownerOf(consortium, parseId(id), '/id');
  if (placementOf(kind.type, author.role).holder === 'author') {
    return endorserSets(providerParties(consortium, holder, inForce));
  }
  return endorserSets(attestationParties(consortium, author, holder, inForce));
}

type PlacedHeader = HeaderOf<PlacedType>;

/** The collection that a header belongs to, and of its private part, and its members; undefined where the consortium knows none. */
export function collectionOf(
  consortium: Consortium,
  header: PlacedHeader,
): { collection: string; members: string[] } | undefined {
  const kind = kinds[header.type];
  try {
    const holder = holderOf(consortium, kind, header.id, header);
    const members = [holder.mspId, ...otherMembers(consortium, holder, header.epoch)];
    if (header.type === 'dispute') return disputeHome(header, holder, members);
    const { collection } = placementOf(header.type, ownerOf(consortium, parseId(header.id)).role);
    return { collection: collectionName(collection, holder.slug, header.epoch), members };
  } catch {
    return undefined;
  }
}

/** The collection in which a header's mark must lie for it to be authentic; undefined where no mark can make it so. */
export function markHome(consortium: Consortium, header: Header): string | undefined {
  if (header.type === 'role') return consortiumCollection;
  // A header is its author's word, so the author is the organisation of the id, whoever endorsed.
  const author = organizationByMspId(consortium, header.author);
  if (author?.slug !== parseId(header.id).org) return undefined;
  if (header.type === 'dispute') return implicitCollection(header.author);
  if (placementOf(header.type, author.role).holder === 'subject') {
    // The author alone writes his mark, so whether he was one to speak of this subject is asked as chaincode asks it.
    return maySpeak(consortium, header, author) ? implicitCollection(header.author) : undefined;
  }
  return collectionOf(consortium, header)?.collection;
}

/** Whether the author writes such records, and is among the members of the subject's collections but not the subject's owner. */
function maySpeak(consortium: Consortium, header: PlacedHeader, author: Organization): boolean {
  if (!writingOrganizations(header.type).includes(author.role)) return false;
  try {
    return endorsersOf(consortium, kinds[header.type], header.id, header, header.epoch).length > 0;
  } catch {
    return false;
  }
}

/** Where chaincode puts a dispute: with the attestation, with the provider's own records, or with an outsider. */
function disputeHome({ author, epoch }: HeaderOf<'dispute'>, provider: Organization, members: string[]) {
  if (!members.includes(author)) return { collection: implicitCollection(author), members: [author] };
  const collection = author === provider.mspId ? 'operations' : 'audits';
  return { collection: collectionName(collection, provider.slug, epoch), members };
}

/**
 * Who endorses a dispute: the opener and one other that is no party, from the members where it is one of them. A change is
 * endorsed by two of the panel; the one that rules is one of the two.
 *
 * @param caller the MSP id of the organisation that changes it
 */
function disputeEndorsers(
  consortium: Consortium,
  id: string,
  fields: PublicFields,
  caller: string | undefined,
): string[][] {
  const mspIdOf = (text: unknown, pointer: string) =>
    ownerOf(consortium, parseId(String(text), pointer), pointer).mspId;
  const parties: DisputeParties = {
    opener: mspIdOf(id, '/id'),
    author: mspIdOf(fields.record, '/record'),
    provider: mspIdOf(fields.subject, '/subject'),
  };
  const panel = panelOf(consortium, parties);
  if (caller !== undefined) {
    const first = panel.includes(caller) ? [caller] : panel;
    return first.flatMap((one) => panel.filter((other) => other !== one).map((other) => [one, other]));
  }
  const provider = ownerOf(consortium, parseId(String(fields.subject)));
  const members = [provider.mspId, ...otherMembers(consortium, provider, provider.epochs.length)];
  const others = members.includes(parties.opener) ? members.filter((mspId) => panel.includes(mspId)) : panel;
  return others.map((other) => [parties.opener, other]);
}
