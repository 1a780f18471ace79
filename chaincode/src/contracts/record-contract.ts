import { Context, Returns, Transaction } from 'fabric-contract-api';
import type { ChaincodeStub } from 'fabric-shim-api';
import {
  authorAndOneOther,
  canonicalJson,
  codeSchema,
  consortiumSlug,
  digestSchema,
  formatId,
  hasPrivatePart,
  hasRegistrant,
  type Header,
  type HeaderOf,
  headerSchema,
  idSchema,
  implicitCollection,
  initialState,
  isConfidential,
  isPrivateHeader,
  mayTransition,
  parseId,
  parseJson,
  parseWith,
  type PlacedType,
  placements,
  type PrivateRecord,
  privateReaders,
  type PrivateFields,
  type PrivateType,
  privateValues,
  ProofwardError,
  type PublicFields,
  publicSchemaOf,
  publicSchemas,
  type RecordId,
  schemaVersionOf,
  subjectOf,
  timeSchema,
  writers,
  writingOrganizations,
} from '@proofward/evidence';
import { z } from 'zod';
import { confidentialHome, findOwner, type Home, homeOf, isAgreed, markPlacesOf, type Owner } from './home';
import { ProofwardContract } from './proofward-contract';
import { requireRecord } from './references';
import { type Caller, callerOf, requireOrganization, requireRole } from '../access/caller';
import { type Times, timesOf } from '../state/clock';
import { historyOf } from '../state/history';
import {
  getPrivateRecord,
  privateRecordOf,
  putPrivateRecord,
  putTransitionNote,
  transientPrivate,
} from '../state/private';
import { createHeader, findRecord, type Found, reviseHeader } from '../state/records';
import { putRegistrant } from '../state/registrants';
import { activeRole, type RoleHeader } from '../state/roles';
import { requireTaken } from '../state/settings';

type PublicOf<T extends PlacedType> = PublicFields<T> & object;
/** Nothing where the type has no private part. */
type PrivateOf<T extends PlacedType> = T extends PrivateType ? PrivateFields<T> : Record<string, never>;

const reasonSchema = z.strictObject({ reasonCode: codeSchema, salt: digestSchema });

/** A record that is about to be made, for what its own contract checks of it. */
export interface Creation<T extends PlacedType> {
  id: RecordId;
  caller: Caller;
  fields: PublicOf<T>;
  values: PrivateOf<T>;
  home: Home;
  /** When it happened, where the request says so. */
  effectiveAt: string | undefined;
}

/** A change of state that its record's table allows, for what its own contract checks of it. */
export interface Change<T extends PlacedType> {
  caller: Caller;
  header: HeaderOf<T>;
  home: Home;
  to: string;
}

/**
 * What the contracts of all records of a provider's collections have in common: a public header, where the type has one a
 * private part under its commitment, and states. Where a record lies is in evidence's placements; a contract says what else must be true of it.
 */
export abstract class RecordContract<T extends PlacedType> extends ProofwardContract {
  protected constructor(private readonly type: T) {
    super(placements[type].plural);
  }

  /** @throws ProofwardError where a record may not be made as it is, such as for what it refers to */
  protected check?(stub: ChaincodeStub, creation: Creation<T>): Promise<void>;

  /** What the ledger adds to the public fields of a creation. */
  protected added?(creation: Creation<T>, times: Times): object;

  /** What a creation changes beside the record itself. */
  protected alongside?(stub: ChaincodeStub, creation: Creation<T>, header: HeaderOf<T>): Promise<void>;

  /** What a change of state changes beside it. */
  protected changed?(header: HeaderOf<T>, times: Times): object;

  /** A record as it has to be read, where more than its header says so. */
  protected asRead?(stub: ChaincodeStub, found: Found<HeaderOf<T>>): Promise<HeaderOf<T>>;

  /**
   * @returns what the header says after the change beside, or instead of, the state that was asked for
   * @throws ProofwardError where this caller may not change this record so
   */
  protected checkChange?(stub: ChaincodeStub, change: Change<T>): Promise<Partial<HeaderOf<T>> | undefined>;

  /** The header's key policy, where it is another than the private part's. */
  protected headerPolicy?(creation: Creation<T>, stub: ChaincodeStub): Uint8Array | Promise<Uint8Array>;

  /** @throws ProofwardError FORBIDDEN for a caller of an organisation that does not change such a record so */
  protected requireChanger(_stub: ChaincodeStub, { caller, header }: Omit<Change<T>, 'home'>): Promise<void> {
    const { author, id } = header as HeaderOf<PlacedType>;
    requireOrganization(caller, author, `change ${id}`);
    return Promise.resolve();
  }

  /** Where a record lives; without `epoch`, where a new one goes. */
  protected async homeOf(
    stub: ChaincodeStub,
    owner: RoleHeader,
    fields: PublicOf<T> | HeaderOf<T>,
    epoch?: number,
  ): Promise<Home> {
    const home = await homeOf(stub, this.type, owner, subjectOf(fields), epoch);
    return isConfidential(this.type, fields) ? confidentialHome(home, owner.mspId) : home;
  }

  /**
   * Creates a record. `record` is JSON of `{id, commitment, effectiveAt?}` and the public fields; the private part comes as
   * transient data `private`, and a type that has none has no commitment either. Answers `{header, replay}`; a replay wrote nothing and need not be submitted.
   */
  @Transaction()
  @Returns('string')
  async create(ctx: Context, record: string): Promise<string> {
    const { stub } = ctx;
    const version = this.versionOf(stub);
    const fieldsSchema = publicSchemaOf(this.type, version) as (typeof publicSchemas)[T] | undefined;
    if (fieldsSchema === undefined) throw this.differs(version);
    const schema = fieldsSchema.extend({
      id: idSchema(this.type),
      commitment: digestSchema.optional(),
      effectiveAt: timeSchema.optional(),
    });
    const { id: idText, commitment, effectiveAt, ...fields } = parseWith(schema, parseJson(record));
    const id = parseId(idText);

    const caller = callerOf(ctx);
    requireRole(caller, writers[this.type].callers, `create a ${this.type}`);
    const owner = await activeRole(stub, id.org, writingOrganizations(this.type), '/id');
    requireOrganization(caller, owner.mspId, `create records of ${id.org}`);
    const sealed = this.sealedOf(stub, idText, commitment);

    const existing = await this.find(stub, id, owner);
    if (existing === 'deleted') {
      throw new ProofwardError('RECORD_EXISTS', `${idText} was recorded, and its header deleted`, { pointer: '/id' });
    }
    if (existing !== undefined) return this.replay(existing, commitment, fields);
    // The one in force is never under a minimum, so who makes records in it does not ask.
    if (version !== schemaVersionOf(this.type)) await requireTaken(stub, this.type, version);

    const subject = subjectOf(fields);
    if (subject !== undefined) await requireRecord(stub, subject, 'subjects' in fields ? '/subjects/0' : '/subject');
    const home = await this.homeOf(stub, owner, fields as PublicOf<T>);
    const values = (sealed === undefined ? {} : privateValues(sealed.record)) as PrivateOf<T>;
    const creation: Creation<T> = { id, caller, fields: fields as PublicOf<T>, values, home, effectiveAt };
    await this.check?.(stub, creation);
    const times = timesOf(stub, effectiveAt);
    const header = headerSchema.parse({
      type: this.type,
      id: idText,
      schema: version,
      author: caller.mspId,
      createdTx: stub.getTxID(),
      status: initialState(this.type),
      revision: 1,
      ...(sealed && { commitment: sealed.commitment, privateRevision: 1 }),
      epoch: home.epoch,
      ...fields,
      ...this.added?.(creation, times),
      ...times,
    });
    const policy = authorAndOneOther(home.parties.author, home.parties.others);
    if (sealed !== undefined) {
      const { record, commitment } = sealed;
      for (const collection of [home.collection, ...(home.copies ?? [])]) {
        await putPrivateRecord(stub, collection, commitment, record, policy);
      }
      if (hasRegistrant(this.type)) {
        const { enrollmentId } = caller;
        await putRegistrant(stub, home.collection, commitment, { record, enrollmentId, policy });
      }
    }
    // Before the record itself, whose event is then the transaction's.
    await this.alongside?.(stub, creation, header as HeaderOf<T>);
    await createHeader(stub, id, header, {
      markCollections: [home.markCollection, ...(home.copies ?? [])],
      markPolicy: home.markPolicy,
      headerPolicy: (await this.headerPolicy?.(creation, stub)) ?? policy,
    });
    return canonicalJson({ header, replay: false });
  }

  /**
   * Changes a record's state. `change` is JSON of `{id, to, revision?, effectiveAt?}`; `revision` is the one that the caller
   * has seen. The reason, if any, comes as transient data `private`: `{reasonCode, salt}`. Answers `{header}`.
   */
  @Transaction()
  @Returns('string')
  async transition(ctx: Context, change: string): Promise<string> {
    const { stub } = ctx;
    const schema = z.strictObject({
      id: idSchema(this.type),
      to: codeSchema,
      revision: z.int().min(1).optional(),
      effectiveAt: timeSchema.optional(),
    });
    const { id: idText, to, revision, effectiveAt } = parseWith(schema, parseJson(change));
    const id = parseId(idText);

    const caller = callerOf(ctx);
    requireRole(caller, writers[this.type].callers, `change a ${this.type}`);
    const owner = await this.owner(stub, id);
    const { key, header } = await this.get(stub, id, owner);
    await this.requireChanger(stub, { caller, header: header as HeaderOf<T>, to });
    if (revision !== undefined && revision !== header.revision) {
      throw new ProofwardError('REVISION_CONFLICT', `the record is at revision ${header.revision}`, {
        pointer: '/revision',
      });
    }
    if (!mayTransition(this.type, header.status, to)) {
      throw new ProofwardError('INVALID_TRANSITION', `${header.status} cannot become ${to}`, { pointer: '/to' });
    }
    if (owner === consortiumSlug) {
      throw new ProofwardError('FORBIDDEN', 'what belongs to all is changed by votes');
    }

    const home = await this.homeOf(stub, owner, header as HeaderOf<T>, header.epoch);
    const made = await this.checkChange?.(stub, { caller, header: header as HeaderOf<T>, home, to });

    const times = timesOf(stub, effectiveAt);
    const next = headerSchema.parse({
      ...header,
      status: to,
      ...made,
      revision: header.revision + 1,
      ...times,
      ...this.changed?.(header as HeaderOf<T>, times),
    });
    const reason = transientPrivate(stub);
    if (reason !== undefined) {
      const { reasonCode, salt } = parseWith(reasonSchema, reason, '/private');
      const { collection, parties } = home;
      await putTransitionNote(
        stub,
        collection,
        { schema: 1, id: idText, revision: next.revision, to, reasonCode, salt },
        authorAndOneOther(parties.author, parties.others),
      );
    }
    await reviseHeader(stub, key, next);
    return canonicalJson({ header: next });
  }

  /** The public header of a record, as JSON. */
  @Transaction(false)
  @Returns('string')
  async read(ctx: Context, id: string): Promise<string> {
    callerOf(ctx);
    const { header } = await this.locate(ctx.stub, id);
    return canonicalJson(header);
  }

  /** The private record, as JSON with its salts, for members of its collection. */
  @Transaction(false)
  @Returns('string')
  async readPrivate(ctx: Context, id: string): Promise<string> {
    const caller = callerOf(ctx);
    requireRole(caller, privateReaders, 'read private records');
    const { header, owner } = await this.locate(ctx.stub, id);
    if (owner === consortiumSlug || !isPrivateHeader(header)) {
      throw new ProofwardError('INVALID_FIELD', `a ${this.type} has no private part`);
    }
    const {
      members,
      collection,
      copies = [],
    } = await this.homeOf(ctx.stub, owner, header as HeaderOf<T>, header.epoch);
    // A peer answers its own organisation's clients from any collection that it holds, so membership is checked here too.
    if (!members.includes(caller.mspId)) {
      throw new ProofwardError('NOT_A_MEMBER', `${caller.mspId} is not a member of ${collection}`);
    }
    const own = implicitCollection(caller.mspId);
    return getPrivateRecord(ctx.stub, copies.includes(own) ? own : collection, header);
  }

  /** All revisions of a record's header, newest first, as JSON. */
  @Transaction(false)
  @Returns('string')
  async history(ctx: Context, id: string): Promise<string> {
    callerOf(ctx);
    const { key } = await this.locate(ctx.stub, id);
    return canonicalJson(await historyOf(ctx.stub, key));
  }

  /** The schema version that a creation is of: its private part says so, and where there is none, it is the one in force. */
  private versionOf(stub: ChaincodeStub): number {
    const given = z.object({ schema: z.int().min(1) }).safeParse(transientPrivate(stub));
    return hasPrivatePart(this.type) && given.success ? given.data.schema : schemaVersionOf(this.type);
  }

  private differs(version: number): ProofwardError {
    const inForce = schemaVersionOf(this.type);
    return new ProofwardError(
      'SCHEMA_VERSION_DIFFERS',
      `a ${this.type} is made in schema version ${inForce} or before, not in ${version}`,
      { pointer: '/private/schema' },
    );
  }

  /** @throws ProofwardError INVALID_FIELD, COMMITMENT_MISMATCH, SCHEMA_VERSION_DIFFERS */
  private sealedOf(
    stub: ChaincodeStub,
    id: string,
    commitment: string | undefined,
  ): { record: PrivateRecord; commitment: string } | undefined {
    const type: PlacedType = this.type;
    if (!hasPrivatePart(type)) {
      if (commitment === undefined) return undefined;
      throw new ProofwardError('INVALID_FIELD', `a ${type} has no private part`, { pointer: '/commitment' });
    }
    const given = parseWith(digestSchema, commitment, '/commitment');
    return { record: privateRecordOf(stub, type, id, given), commitment: given };
  }

  private async locate(stub: ChaincodeStub, idText: string) {
    const id = parseId(parseWith(idSchema(this.type), idText, '/id', 'INVALID_ID'));
    const owner = await this.owner(stub, id);
    return { owner, ...(await this.get(stub, id, owner)) };
  }

  private async owner(stub: ChaincodeStub, id: RecordId): Promise<Owner> {
    const owner = await findOwner(stub, id);
    if (owner === undefined) throw notFound(id);
    return owner;
  }

  private async get(stub: ChaincodeStub, id: RecordId, owner: Owner): Promise<Found<HeaderOf<PlacedType>>> {
    const found = await this.find(stub, id, owner);
    if (found === undefined || found === 'deleted') throw notFound(id);
    return found;
  }

  private async find(
    stub: ChaincodeStub,
    id: RecordId,
    owner: Owner,
  ): Promise<Found<HeaderOf<PlacedType>> | 'deleted' | undefined> {
    const type: PlacedType = this.type;
    const found = await findRecord(stub, { ...id, type }, markPlacesOf({ ...id, type }, owner));
    if (typeof found === 'object' && !(await isAgreed(stub, type, owner, found.header))) {
      throw new ProofwardError('INTERNAL', `${formatId(id)} was not its author's to write`);
    }
    if (typeof found !== 'object' || this.asRead === undefined) return found;
    return { key: found.key, header: await this.asRead(stub, found as Found<HeaderOf<T>>) };
  }

  /** The same record again is the same answer; another one under its id is refused. */
  private replay({ header }: Found<HeaderOf<PlacedType>>, commitment: string | undefined, fields: object): string {
    const recorded = isPrivateHeader(header) ? header.commitment : undefined;
    if (recorded !== commitment || canonicalJson(publicFields(this.type, header)) !== canonicalJson(fields)) {
      throw new ProofwardError('RECORD_EXISTS', `${header.id} is recorded with another content`, { pointer: '/id' });
    }
    return canonicalJson({ header, replay: true });
  }
}

function publicFields(type: PlacedType, header: Header): Record<string, unknown> {
  const names = Object.keys((publicSchemaOf(type, header.schema) ?? publicSchemas[type]).shape);
  return Object.fromEntries(Object.entries(header).filter(([name]) => names.includes(name)));
}

function notFound(id: RecordId): ProofwardError {
  return new ProofwardError('RECORD_NOT_FOUND', `there is no ${formatId(id)}`, { pointer: '/id' });
}
