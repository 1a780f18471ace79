import { Context, Returns, Transaction } from 'fabric-contract-api';
import type { ChaincodeStub } from 'fabric-shim-api';
import {
  amendmentCount,
  amendmentId,
  amendmentPublicSchema,
  canonicalJson,
  formatId,
  type Header,
  type HeaderOf,
  isAmendmentOf,
  isConfidential,
  type Json,
  parseId,
  parseJson,
  parseWith,
  placementOf,
  type PrivateRecord,
  privateSchemaOf,
  ProofwardError,
  requireAmendable,
  subjectOf,
  writers,
} from '@proofward/evidence';
import { z } from 'zod';
import { callerOf, requireRole } from '../access/caller';
import { getPrivateRecord } from '../state/private';
import { findRecord, type PrivateHeader } from '../state/records';
import type { RoleHeader } from '../state/roles';
import { findOwner, type Home, homeOf, markPlacesOf } from './home';
import { ownTransaction } from './proofward-contract';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

type Amended = Pick<HeaderOf<'amendment'>, 'record' | 'field' | 'subject'>;

const fieldSchema = amendmentPublicSchema.pick({ record: true, field: true });

/**
 * The correction of one private field of a record by who wrote that. The record stays as it is: its commitment proves the
 * value before, the amendment's the corrected one.
 */
export class AmendmentContract extends RecordContract<'amendment'> {
  constructor() {
    super('amendment');
  }

  /** The header of a field's latest amendment, as JSON, or null. `of` is JSON of `{record, field}`. */
  @Transaction(false)
  @Returns('string')
  @ownTransaction
  async latest(ctx: Context, of: string): Promise<string> {
    callerOf(ctx);
    const { record, field } = parseWith(fieldSchema, parseJson(of));
    requireAmendable(record, field);
    let last: Header | undefined;
    for (let count = 1; ; count++) {
      const found = await findAmendment(ctx.stub, record, field, count);
      if (found === undefined) return canonicalJson(last ?? null);
      last = found;
    }
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'amendment'>): Promise<void> {
    const { id, caller, fields, values, home } = creation;
    const { record, field } = fields;
    const type = requireAmendable(record, field);
    const count = amendmentCount(formatId(id), fields);
    if (count === undefined) {
      throw new ProofwardError('INVALID_ID', `amendments of it are ${amendmentId(record, field, 1)} and on`, {
        pointer: '/id',
      });
    }
    requireRole(caller, writers[type].callers, `amend a ${type}`);
    const amended = await requireRecord<typeof type>(stub, record, '/record');
    const earlier =
      count === 1
        ? await valueOf(stub, home, amended, field)
        : await valueOf(stub, home, await this.requireBefore(stub, fields, count), 'corrected');
    if (earlier === undefined) {
      throw new ProofwardError('FIELD_NOT_AMENDABLE', `${record} has no ${field}`, { pointer: '/field' });
    }
    if (canonicalJson(values.earlier) !== canonicalJson(earlier)) {
      const what = count === 1 ? record : amendmentId(record, field, count - 1);
      throw new ProofwardError('EARLIER_VALUE_DIFFERS', `${what} has another ${field}`, {
        pointer: '/private/earlier',
      });
    }
    if (canonicalJson(values.corrected) === canonicalJson(earlier)) {
      throw new ProofwardError('INVALID_FIELD', 'it is the value before', { pointer: '/private/corrected' });
    }
    // By the schema version that the record is of, or it would not be read as such.
    const shape: Record<string, z.ZodType> = privateSchemaOf(type, amended.schema)?.shape ?? {};
    parseWith(shape[field] ?? z.never(), values.corrected, '/private/corrected');
  }

  /** With the record, in the epoch of its collection: those who hold the value before hold the corrected one. */
  protected override async homeOf(
    stub: ChaincodeStub,
    owner: RoleHeader,
    fields: Amended,
    epoch?: number,
  ): Promise<Home> {
    const { record, field, subject } = fields;
    const type = requireAmendable(record, field);
    const { author, ...amended } = await requireRecord(stub, record, '/record');
    if (author !== owner.mspId) {
      throw new ProofwardError('FORBIDDEN', `${record} is ${author}'s to amend`, { pointer: '/record' });
    }
    // Its value is known to its author alone, so nobody could endorse that it was another one.
    if (isConfidential(type, amended)) {
      throw new ProofwardError('FIELD_NOT_AMENDABLE', `${record} is confidential`, { pointer: '/record' });
    }
    const { holder } = placementOf(type, owner.role);
    const about = holder === 'subject' ? subjectOf(amended) : undefined;
    if (subject !== about) {
      throw new ProofwardError('INVALID_FIELD', `${record} lies with ${about ?? 'its author'}`, {
        pointer: '/subject',
      });
    }
    return homeOf(stub, type, owner, about, epoch ?? amended.epoch);
  }

  private async requireBefore(stub: ChaincodeStub, { record, field }: Amended, count: number) {
    const before = await findAmendment(stub, record, field, count - 1);
    if (before !== undefined) return before;
    throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${amendmentId(record, field, count - 1)}`, {
      pointer: '/id',
    });
  }
}

async function findAmendment(
  stub: ChaincodeStub,
  record: string,
  field: string,
  count: number,
): Promise<HeaderOf<'amendment'> | undefined> {
  const id = { ...parseId(amendmentId(record, field, count)), type: 'amendment' as const };
  const owner = await findOwner(stub, id);
  const found = owner && (await findRecord(stub, id, markPlacesOf(id, owner)));
  // Its author and one other can put any header under its mark.
  return typeof found === 'object' && isAmendmentOf(found.header) ? found.header : undefined;
}

/**
 * The value of a private field. Each endorser is a member of the collection, or the record could not be amended there.
 *
 * @throws ProofwardError PRIVATE_DATA_MISSING, PRIVATE_DATA_ERASED
 */
async function valueOf(
  stub: ChaincodeStub,
  { collection }: Home,
  header: PrivateHeader,
  field: string,
): Promise<Json | undefined> {
  const { fields } = parseJson(await getPrivateRecord(stub, collection, header)) as PrivateRecord;
  return Object.hasOwn(fields, field) ? fields[field]?.value : undefined;
}
