import {
  alone,
  attestationParties,
  authorAndOneOther,
  batchHeadKey,
  batchHeadValue,
  canonicalBytes,
  collectionName,
  commitmentOf,
  type Consortium,
  consortiumCollection,
  type Header,
  headerBytes,
  headerKey,
  hasRegistrant,
  implicitCollection,
  initialState,
  liveKey,
  liveValue,
  majorityKeyPolicy,
  majoritySets,
  markHash,
  markKey,
  markValue,
  noStopBytes,
  type Organization,
  organizationBySlug,
  type Parties,
  parseId,
  placementOf,
  policyInForceKey,
  policyInForceValue,
  type PrivateRecord,
  type PrivateType,
  privateRecordBytes,
  providerParties,
  registrantBytes,
  registrantKey,
  registrantOf,
  schemaVersionOf,
  sealPrivate,
  stopKey,
  subjectOf,
  transitionNoteKey,
} from '@proofward/evidence';
import type { Draft, Revision, Step } from './history.js';
import { digestOf } from './values.js';

export interface PublicWrite {
  key: string;
  value: Uint8Array;
  policy?: Uint8Array;
}

export interface PrivateWrite {
  collection: string;
  key: string;
  value: Uint8Array;
  policy?: Uint8Array;
}

/** What a transaction writes, and who endorses it. */
export interface Effects {
  endorsers: readonly string[];
  writes: PublicWrite[];
  privateWrites: PrivateWrite[];
  /** The header that the chaincode answers, and announces in an event. */
  header: Header;
  /** The function's argument. */
  argument: Record<string, unknown>;
}

/** Where a record lies: in which collections its private part and mark, and under whose policy. */
interface Home {
  epoch: number;
  collection: string;
  markCollection: string;
  parties: Parties;
  policy: Uint8Array;
  /** Undefined where the policy of the mark's collection is enough. */
  markPolicy: Uint8Array | undefined;
}

/** The effects of steps, as the chaincode has them, with all bytes by evidence's own encoders. */
export class EffectsReader {
  private readonly policies = new Map<string, Uint8Array>();

  /**
   * @param key of the salts, 32 bytes
   * @param txIdOf the id of the transaction of that number, by its author
   */
  constructor(
    private readonly consortium: Consortium,
    private readonly key: Uint8Array,
    private readonly txIdOf: (number: number, author: string) => string,
  ) {}

  of(step: Step): Effects {
    const writes: PublicWrite[] = [];
    const privateWrites: PrivateWrite[] = [];
    const { create, revise } = step;
    const revised = revise && this.revise(step, revise, writes, privateWrites);
    const made = create && this.create(create, writes, privateWrites);
    const found = made ?? revised;
    if (found === undefined) throw new Error('a step that does nothing');
    return { ...found, writes, privateWrites };
  }

  private create(draft: Draft, writes: PublicWrite[], privateWrites: PrivateWrite[]) {
    const { channel } = this.consortium;
    const { id, type, fields } = draft;
    const home = this.homeOf(draft);
    const { header, sealed } = this.headerOf(draft);
    const { collection, markCollection, policy, markPolicy } = home;
    if (sealed !== undefined) {
      const { record, commitment } = sealed;
      privateWrites.push({ collection, key: commitment, value: privateRecordBytes(record), policy });
      if (hasRegistrant(type)) {
        const registrant = registrantOf(channel, record, digestOf(`${draft.author} ${type}`).slice(0, 32));
        privateWrites.push({
          collection,
          key: registrantKey(channel, commitment),
          value: registrantBytes(registrant),
          policy,
        });
      }
    }
    const mark = markValue(channel, header);
    privateWrites.push({
      collection: markCollection,
      key: markKey(parseId(id)),
      value: mark,
      ...(markPolicy && { policy: markPolicy }),
    });
    const key = headerKey(parseId(id), markHash(mark));
    writes.push({ key, value: headerBytes(header), policy });
    this.alongside(header, key, collection, writes, privateWrites);
    const argument = { id, ...(sealed && { commitment: sealed.commitment }), ...fields };
    return { header, endorsers: this.endorsersOf(draft, home), argument };
  }

  /** What a creation writes beside the record. */
  private alongside(
    header: Header,
    key: string,
    collection: string,
    writes: PublicWrite[],
    privateWrites: PrivateWrite[],
  ): void {
    const { channel } = this.consortium;
    const { id, author } = header;
    switch (header.type) {
      case 'policy':
        privateWrites.push({ collection, key: policyInForceKey(header), value: policyInForceValue(channel, id) });
        return;
      case 'deployment':
        writes.push({ key: stopKey(key), value: noStopBytes(id), policy: alone(author) });
        if (header.mode === 'live')
          privateWrites.push({ collection, key: liveKey(header.endpoint), value: liveValue(channel, id) });
        return;
      case 'batch':
        privateWrites.push({ collection, key: batchHeadKey(header), value: batchHeadValue(channel, id) });
        return;
      default:
        return;
    }
  }

  private revise(
    step: Step,
    { of, status, added, reasonCode }: Revision,
    writes: PublicWrite[],
    privateWrites: PrivateWrite[],
  ) {
    const { channel } = this.consortium;
    const { header: before } = this.headerOf(of);
    const home = this.homeOf(of);
    const times = { recordedAt: step.at, effectiveAt: step.at };
    const header = { ...before, status, ...added, revision: before.revision + 1, ...times };
    const key = headerKey(parseId(of.id), markHash(markValue(channel, before)));
    writes.push({ key, value: headerBytes(header) });
    if (reasonCode !== undefined) {
      const { id, revision } = header;
      const salt = digestOf(`${id} ${revision} note`);
      const note = { schema: 1 as const, id, revision, to: status, reasonCode, salt };
      const { collection, policy } = home;
      privateWrites.push({ collection, key: transitionNoteKey(channel, note), value: canonicalBytes(note), policy });
    }
    return { header, endorsers: this.endorsersOf(of, home), argument: { id: of.id, to: status } };
  }

  /** A record's first header, as the ledger makes it. */
  private headerOf(draft: Draft): { header: Header; sealed?: { record: PrivateRecord; commitment: string } } {
    const { channel } = this.consortium;
    const { id, type, author, number, recordedAt, fields, added, values } = draft;
    let sealed: { record: PrivateRecord; commitment: string } | undefined;
    if (values !== undefined) {
      const record = sealPrivate(this.key, { channel, type: type as PrivateType, id, revision: 1 }, values());
      sealed = { record, commitment: commitmentOf(channel, record) };
    }
    const header = {
      type,
      id,
      schema: schemaVersionOf(type),
      author: this.organization(author).mspId,
      createdTx: this.txIdOf(number, author),
      status: initialState(type),
      revision: 1,
      ...(sealed && { commitment: sealed.commitment, privateRevision: 1 }),
      ...(type === 'role' ? {} : { epoch: this.homeOf(draft).epoch }),
      ...fields,
      ...added,
      recordedAt,
      effectiveAt: recordedAt,
    } as Header;
    return { header, ...(sealed && { sealed }) };
  }

  private homeOf({ type, author, fields }: Draft): Home {
    const organization = this.organization(author);
    const { mspId } = organization;
    if (type === 'role') {
      const mspIds = this.consortium.organizations.map((one) => one.mspId);
      return {
        epoch: 0,
        collection: consortiumCollection,
        markCollection: consortiumCollection,
        parties: { author: mspId, others: mspIds.filter((one) => one !== mspId) },
        policy: this.policy('majority', () => majorityKeyPolicy(mspIds)),
        markPolicy: undefined,
      };
    }
    const { collection: kind, holder } = placementOf(type, organization.role);
    if (holder !== 'author' && holder !== 'subject')
      throw new Error(`a ${type} is not among the records of this bench`);
    const isOwn = holder === 'author';
    const provider = isOwn ? organization : this.organization(parseId(subjectOf(fields) ?? '').org);
    const epoch = provider.epochs.length;
    const parties = isOwn
      ? providerParties(this.consortium, provider, epoch)
      : attestationParties(this.consortium, organization, provider, epoch);
    const collection = collectionName(kind, provider.slug, epoch);
    const policy = this.policy(`${author} ${provider.slug}`, () => authorAndOneOther(parties.author, parties.others));
    return {
      epoch,
      collection,
      markCollection: isOwn ? collection : implicitCollection(mspId),
      parties,
      policy,
      markPolicy: isOwn ? undefined : policy,
    };
  }

  private endorsersOf({ type }: Draft, { parties }: Home): readonly string[] {
    const [first] = type === 'role' ? majoritySets(this.consortium, parties.author) : [];
    return first ?? [parties.author, ...parties.others.slice(0, 1)];
  }

  private policy(name: string, make: () => Uint8Array): Uint8Array {
    const made = this.policies.get(name) ?? make();
    this.policies.set(name, made);
    return made;
  }

  private organization(slug: string): Organization {
    const found = organizationBySlug(this.consortium, slug);
    if (found === undefined) throw new Error(`no organisation ${slug}`);
    return found;
  }
}

/** Whether a peer of the organisation holds what is in a collection. */
export function holdsOf(consortium: Consortium, mspId: string): (collection: string) => boolean {
  const held = new Set([consortiumCollection, implicitCollection(mspId)]);
  for (const provider of consortium.organizations) {
    for (let epoch = 1; epoch <= provider.epochs.length; epoch++) {
      const { author, others } = providerParties(consortium, provider, epoch);
      if (author !== mspId && !others.includes(mspId)) continue;
      for (const kind of ['datasets', 'models', 'audits', 'operations'] as const)
        held.add(collectionName(kind, provider.slug, epoch));
    }
  }
  return (collection) => held.has(collection);
}
