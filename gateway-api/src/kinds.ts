import {
  attestationParties,
  collectionName,
  consortiumCollection,
  counterpartOf,
  consortiumSlug,
  type Consortium,
  type DisputeParties,
  endorserSets,
  hasPrivatePart,
  type Header,
  type HeaderOf,
  implicitCollection,
  isAmendmentOf,
  isConfidential,
  majoritySets,
  organizationByMspId,
  organizationBySlug,
  type Organization,
  otherMembers,
  othersOf,
  outsidersOf,
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
  settledType,
  subjectOf,
  writingOrganizations,
} from '@proofward/evidence';

/** What a public header, or a request for one, says about where the record belongs. */
type PublicFields = Record<string, unknown>;

/** What the gateway knows of a record type of a provider's collections. */
export type Kind = Placement & {
  type: PlacedType;
  /** What `verify` takes; nothing where there is no private part. */
  verifies: 'files' | 'presentation' | undefined;
};

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

/** The provider whose collection holds a record's private part; where no provider's does, who wrote it. */
export function holderOf(consortium: Consortium, kind: Kind, id: string, fields: PublicFields): Organization {
  const author = ownerOf(consortium, parseId(id), '/id');
  if (placementOf(settledOf(kind, id), author.role).holder !== 'subject') return author;
  const pointer = 'subjects' in fields ? '/subjects/0' : '/subject';
  return ownerOf(consortium, parseId(subjectOf(fields) ?? '', pointer), pointer);
}

/** The type by which the record of this id is placed. */
function settledOf({ type }: Pick<Kind, 'type'>, id: string) {
  const settled = settledType({ ...parseId(id), type });
  if (settled !== undefined) return settled;
  throw new ProofwardError('INVALID_ID', `there is no ${type} of that name`, { pointer: '/id' });
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
  if (kind.holder === 'parties') return partiesEndorsers(consortium, id, fields, caller);
  if (kind.holder === 'consortium')
    return majoritySets(consortium, caller ?? ownerOf(consortium, parseId(id), '/id').mspId);
  const holder = holderOf(consortium, kind, id, fields);
  const inForce = epoch ?? holder.epochs.length;
  if (holder.epochs[inForce - 1] === undefined) {
    throw new ProofwardError('UNKNOWN_ORGANIZATION', `${holder.slug} is no provider of the consortium`);
  }
  const author = ownerOf(consortium, parseId(id), '/id');
  if (placementOf(settledOf(kind, id), author.role).holder === 'author') {
    return endorserSets(providerParties(consortium, holder, inForce));
  }
  return endorserSets(attestationParties(consortium, author, holder, inForce));
}

type PlacedHeader = HeaderOf<PlacedType>;

/**
 * The collection of a header's private part, and its members; undefined where the consortium knows none.
 *
 * @param reader the MSP id of the organisation that looks, since two may each have their own
 */
export function collectionOf(
  consortium: Consortium,
  header: PlacedHeader,
  reader = header.author,
): { collection: string; members: string[] } | undefined {
  const kind = kinds[header.type];
  try {
    if (kind.holder === 'parties') return partiesCollection(consortium, header, reader);
    const holder = holderOf(consortium, kind, header.id, header);
    const members = [holder.mspId, ...otherMembers(consortium, holder, header.epoch)];
    if (header.type === 'dispute') return disputeHome(header, holder, members);
    if (isConfidential(header.type, header)) {
      return { collection: implicitCollection(header.author), members: [header.author] };
    }
    const { role } = ownerOf(consortium, parseId(header.id));
    const { collection } = placementOf(settledOf(kind, header.id), role);
    if (collection === undefined) return undefined;
    return { collection: collectionName(collection, holder.slug, header.epoch), members };
  } catch {
    return undefined;
  }
}

/** The collection in which a header's mark must lie for it to be authentic; undefined where no mark can make it so. */
export function markHome(consortium: Consortium, header: Header): string | undefined {
  if (header.type === 'role') return consortiumCollection;
  if (parseId(header.id).org === consortiumSlug)
    return header.type === 'policy' || header.type === 'setting' ? consortiumCollection : undefined;
  // A setting is of nobody else.
  if (header.type === 'setting') return undefined;
  // A header is its author's word, so the author is the organisation of the id, whoever endorsed.
  const author = organizationByMspId(consortium, header.author);
  if (author?.slug !== parseId(header.id).org) return undefined;
  if (header.type === 'dispute') return implicitCollection(header.author);
  if (header.type === 'amendment' && !isAmendmentOf(header)) return undefined;
  const settled = settledType({ ...parseId(header.id), type: header.type });
  if (settled === undefined) return undefined;
  const { holder } = placementOf(settled, author.role);
  if (holder === 'parties') {
    return writingOrganizations(header.type).includes(author.role) ? implicitCollection(header.author) : undefined;
  }
  if (holder === 'consortium') return consortiumCollection;
  if (holder === 'subject') {
    // The author alone writes his mark, so whether he was one to speak of this subject is asked as chaincode asks it.
    return maySpeak(consortium, header, settled, author) ? implicitCollection(header.author) : undefined;
  }
  if (isConfidential(header.type, header)) {
    return author.epochs[header.epoch - 1] === undefined ? undefined : implicitCollection(header.author);
  }
  return collectionOf(consortium, header)?.collection;
}

/** The collections that have a header's mark too, where it is between two organisations. */
export function markCopies(consortium: Consortium, header: Header): string[] {
  if (header.type === 'role' || kinds[header.type].holder !== 'parties') return [];
  const slug = counterpartOf(header);
  return slug === undefined ? [] : [implicitCollection(organizationBySlug(consortium, slug)?.mspId ?? '')];
}

/** Whether the author writes such records, and is among the members of the subject's collections but not the subject's owner. */
function maySpeak(consortium: Consortium, header: PlacedHeader, settled: PlacedType, author: Organization): boolean {
  if (!writingOrganizations(settled).includes(author.role)) return false;
  try {
    return endorsersOf(consortium, kinds[header.type], header.id, header, header.epoch).length > 0;
  } catch {
    return false;
  }
}

/** The own implicit collection of each of the two. */
function partiesCollection(consortium: Consortium, header: PlacedHeader, reader: string) {
  const slug = counterpartOf(header);
  const counterpart = slug === undefined ? undefined : organizationBySlug(consortium, slug)?.mspId;
  const members = [header.author, ...(counterpart === undefined ? [] : [counterpart])];
  return { collection: implicitCollection(members.includes(reader) ? reader : header.author), members };
}

/**
 * Who endorses what is between two: both of them. Where a request was not served here, its author and anybody else, who is
 * then told what it asks for; and so its change of state, since who is silent does not endorse that.
 *
 * @param caller the MSP id of the organisation that changes it
 */
function partiesEndorsers(
  consortium: Consortium,
  id: string,
  fields: PublicFields,
  caller: string | undefined,
): string[][] {
  const { mspId: author } = ownerOf(consortium, parseId(id), '/id');
  const slug = counterpartOf(fields);
  if (slug !== undefined && caller === undefined) {
    const counterpart = organizationBySlug(consortium, slug);
    if (counterpart === undefined) {
      throw new ProofwardError('UNKNOWN_ORGANIZATION', `the consortium has no organisation ${slug}`, {
        pointer: 'recipient' in fields ? '/recipient' : '/addressee',
      });
    }
    return [[author, counterpart.mspId]];
  }
  const silent = organizationBySlug(consortium, String(fields.addressee))?.mspId;
  const others = othersOf(consortium, author);
  return [...others.filter((mspId) => mspId !== silent), ...others.filter((mspId) => mspId === silent)].map((other) => [
    author,
    other,
  ]);
}

/** Where chaincode puts a dispute: with the attestation, with the provider's own records, or with an outsider. */
function disputeHome({ author, epoch }: HeaderOf<'dispute'>, provider: Organization, members: string[]) {
  if (!members.includes(author)) return { collection: implicitCollection(author), members: [author] };
  const collection = author === provider.mspId ? 'operations' : 'audits';
  return { collection: collectionName(collection, provider.slug, epoch), members };
}

/**
 * Who endorses a dispute: the opener and one other that is no party, from the members where it is one of them. A change is
 * endorsed by two of the panel; the one that rules is one of the two. Who is suspended comes last: it was of the panel if
 * that was later than the dispute.
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
  const active = panelOf(consortium, parties);
  const panel = [...active, ...outsidersOf(consortium, parties).filter((mspId) => !active.includes(mspId))];
  if (caller !== undefined) {
    const first = panel.includes(caller) ? [caller] : panel;
    return first.flatMap((one) => panel.filter((other) => other !== one).map((other) => [one, other]));
  }
  const provider = ownerOf(consortium, parseId(String(fields.subject)));
  const members = [provider.mspId, ...otherMembers(consortium, provider, provider.epochs.length)];
  const others = members.includes(parties.opener) ? members.filter((mspId) => panel.includes(mspId)) : panel;
  const rank = (mspId: string) => (active.includes(mspId) ? 0 : 1);
  return others.toSorted((a, b) => rank(a) - rank(b)).map((other) => [parties.opener, other]);
}
