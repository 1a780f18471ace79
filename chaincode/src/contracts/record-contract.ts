import { Context, Returns, Transaction } from 'fabric-contract-api';
import type { ChaincodeStub } from 'fabric-shim-api';
import {
  authorAndOneOther,
  canonicalJson,
  codeSchema,
  digestSchema,
  formatId,
  type Header,
  headerSchemas,
  idSchema,
  initialState,
  mayTransition,
  type Parties,
  parseId,
  parseJson,
  parseWith,
  privateReaders,
  type PrivateType,
  ProofwardError,
  publicSchemas,
  type RecordId,
  schemaVersion,
  timeSchema,
  writers,
} from '@proofward/evidence';
import { z } from 'zod';
import { ProofwardContract } from './proofward-contract';
import { callerOf, requireOrganization, requireRole } from '../access/caller';
import { timesOf } from '../state/clock';
import { historyOf } from '../state/history';
import {
  getPrivateRecord,
  privateRecordOf,
  putPrivateRecord,
  putTransitionNote,
  transientPrivate,
} from '../state/private';
import {
  createHeader,
  findRecord,
  type Found,
  type MarkPlace,
  type PrivateHeader,
  reviseHeader,
} from '../state/records';
import { activeRole, findRole, membersOf, type RoleHeader } from '../state/roles';

/** Where a record of one provider's collections lives, and between whom. */
export interface Home {
  provider: RoleHeader;
  epoch: number;
  collection: string;
  parties: Parties;
  markCollection: string;
  /** Undefined where the policy of the mark's collection is enough. */
  markPolicy: Uint8Array | undefined;
}

type PublicOf<T extends PrivateType> = z.output<(typeof publicSchemas)[T]>;

const reasonSchema = z.strictObject({ reasonCode: codeSchema, salt: digestSchema });

/**
 * What the contracts of datasets, models and attestations have in common: a record with a public header, a private part
 * under its commitment, and states. A contract says where its records live and what they refer to.
 */
export abstract class RecordContract<T extends PrivateType> extends ProofwardContract {
  protected constructor(
    name: string,
    private readonly type: T,
  ) {
    super(name);
  }

  /** Where the mark of a record of `owner` may lie; nowhere, where such an organisation writes none. */
  protected abstract markPlaces(owner: RoleHeader): MarkPlace[];

  /** Whether a header that is under its mark was its author's to write, where the mark alone does not say so. */
  protected isAgreed?(stub: ChaincodeStub, header: PrivateHeader): Promise<boolean>;

  /** Where a record lives; without `epoch`, where a new one goes. */
  protected abstract home(stub: ChaincodeStub, owner: RoleHeader, fields: PublicOf<T>, epoch?: number): Promise<Home>;

  /** @throws ProofwardError where a record that `fields` refer to is not there, or may not be used */
  protected abstract checkReferences(stub: ChaincodeStub, id: RecordId, fields: PublicOf<T>): Promise<void>;

  /**
   * Creates a record. `record` is JSON of `{id, commitment, effectiveAt?}` and the public fields; the private part comes as
   * transient data `private`. Answers `{header, replay}`; a replay wrote nothing and need not be submitted.
   */
  @Transaction()
  @Returns('string')
  async create(ctx: Context, record: string): Promise<string> {
    const { stub } = ctx;
    const schema = publicSchemas[this.type].extend({
      id: idSchema(this.type),
      commitment: digestSchema,
      effectiveAt: timeSchema.optional(),
    });
    const { id: idText, commitment, effectiveAt, ...fields } = parseWith(schema, parseJson(record));
    const id = parseId(idText);

    const caller = callerOf(ctx);
    const { organization, callers } = writers[this.type];
    requireRole(caller, callers, `create a ${this.type}`);
    if (organization === 'any') throw new ProofwardError('INTERNAL', `${this.type} has no writing organisation`);
    const owner = await activeRole(stub, id.org, organization, '/id');
    requireOrganization(caller, owner.mspId, `create records of ${id.org}`);
    const privateRecord = privateRecordOf(stub, this.type, idText, commitment);

    const existing = await this.find(stub, id, owner);
    if (existing === 'deleted') {
      throw new ProofwardError('RECORD_EXISTS', `${idText} was recorded, and its header deleted`, { pointer: '/id' });
    }
    if (existing !== undefined) return this.replay(existing, commitment, fields);
    await this.checkReferences(stub, id, fields as PublicOf<T>);

    const home = await this.home(stub, owner, fields as PublicOf<T>);
    const header = headerSchemas[this.type].parse({
      type: this.type,
      id: idText,
      schema: schemaVersion,
      author: caller.mspId,
      createdTx: stub.getTxID(),
      status: initialState(this.type),
      revision: 1,
      commitment,
      privateRevision: 1,
      epoch: home.epoch,
      ...fields,
      ...timesOf(stub, effectiveAt),
    });
    const policy = authorAndOneOther(home.parties.author, home.parties.others);
    await putPrivateRecord(stub, home.collection, commitment, privateRecord, policy);
    await createHeader(stub, id, header, {
      markCollection: home.markCollection,
      markPolicy: home.markPolicy,
      headerPolicy: policy,
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
    requireOrganization(caller, header.author, `change ${idText}`);
    if (revision !== undefined && revision !== header.revision) {
      throw new ProofwardError('REVISION_CONFLICT', `the record is at revision ${header.revision}`, {
        pointer: '/revision',
      });
    }
    if (!mayTransition(this.type, header.status, to)) {
      throw new ProofwardError('INVALID_TRANSITION', `${header.status} cannot become ${to}`, { pointer: '/to' });
    }

    const next = headerSchemas[this.type].parse({
      ...header,
      status: to,
      revision: header.revision + 1,
      ...timesOf(stub, effectiveAt),
    });
    const reason = transientPrivate(stub);
    if (reason !== undefined) {
      const { reasonCode, salt } = parseWith(reasonSchema, reason, '/private');
      const { collection, parties } = await this.homeOf(stub, owner, header);
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
    const { provider, collection, epoch } = await this.homeOf(ctx.stub, owner, header);
    // A peer answers its own organisation's clients from any collection that it holds, so membership is checked here too.
    if (caller.mspId !== provider.mspId && !membersOf(provider, epoch).includes(caller.mspId)) {
      throw new ProofwardError('NOT_A_MEMBER', `${caller.mspId} is not a member of ${collection}`);
    }
    return getPrivateRecord(ctx.stub, collection, header);
  }

  /** All revisions of a record's header, newest first, as JSON. */
  @Transaction(false)
  @Returns('string')
  async history(ctx: Context, id: string): Promise<string> {
    callerOf(ctx);
    const { key } = await this.locate(ctx.stub, id);
    return canonicalJson(await historyOf(ctx.stub, key));
  }

  private async locate(stub: ChaincodeStub, idText: string) {
    const id = parseId(parseWith(idSchema(this.type), idText, '/id', 'INVALID_ID'));
    const owner = await this.owner(stub, id);
    return { owner, ...(await this.get(stub, id, owner)) };
  }

  private async owner(stub: ChaincodeStub, id: RecordId): Promise<RoleHeader> {
    const role = await findRole(stub, id.org);
    if (role === undefined) throw notFound(id);
    return role.header;
  }

  private async get(stub: ChaincodeStub, id: RecordId, owner: RoleHeader): Promise<Found<PrivateHeader>> {
    const found = await this.find(stub, id, owner);
    if (found === undefined || found === 'deleted') throw notFound(id);
    return found;
  }

  private async find(
    stub: ChaincodeStub,
    id: RecordId,
    owner: RoleHeader,
  ): Promise<Found<PrivateHeader> | 'deleted' | undefined> {
    const type: PrivateType = this.type;
    const found = await findRecord(stub, { ...id, type }, this.markPlaces(owner));
    if (typeof found === 'object' && (await this.isAgreed?.(stub, found.header)) === false) {
      throw new ProofwardError('INTERNAL', `${formatId(id)} was not its author's to write`);
    }
    return found;
  }

  private homeOf(stub: ChaincodeStub, owner: RoleHeader, header: PrivateHeader): Promise<Home> {
    return this.home(stub, owner, publicFields(this.type, header) as PublicOf<T>, header.epoch);
  }

  /** The same record again is the same answer; another one under its id is refused. */
  private replay({ header }: Found<PrivateHeader>, commitment: string, fields: object): string {
    if (header.commitment !== commitment || canonicalJson(publicFields(this.type, header)) !== canonicalJson(fields)) {
      throw new ProofwardError('RECORD_EXISTS', `${header.id} is recorded with another content`, { pointer: '/id' });
    }
    return canonicalJson({ header, replay: true });
  }
}

function publicFields(type: PrivateType, header: Header): Record<string, unknown> {
  const names = Object.keys(publicSchemas[type].shape);
  return Object.fromEntries(Object.entries(header).filter(([name]) => names.includes(name)));
}

function notFound(id: RecordId): ProofwardError {
  return new ProofwardError('RECORD_NOT_FOUND', `there is no ${formatId(id)}`, { pointer: '/id' });
}
