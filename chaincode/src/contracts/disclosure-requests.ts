import type { ChaincodeStub } from 'fabric-shim-api';
import {
  authorAndOneOther,
  type Consortium,
  type HeaderOf,
  isPrivateHeader,
  longestRequest,
  organizationRoles,
  othersOf,
  parseId,
  privateSchemas,
  ProofwardError,
} from '@proofward/evidence';
import { timesOf } from '../state/clock';
import { activeRole, type RoleHeader } from '../state/roles';
import { type Home, partiesHome } from './home';
import { type Change, type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

type Request = HeaderOf<'disclosure-request'>;

/** An auditor or regulator asks an organisation for single fields of what it has written. */
export class DisclosureRequestContract extends RecordContract<'disclosure-request'> {
  constructor(private readonly consortium: Consortium) {
    super('disclosure-request');
  }

  protected override async check(
    stub: ChaincodeStub,
    { caller, fields, values }: Creation<'disclosure-request'>,
  ): Promise<void> {
    const { addressee, deadline } = fields;
    const { mspId } = await activeRole(stub, addressee, organizationRoles, '/addressee');
    if (mspId === caller.mspId) {
      throw new ProofwardError('INVALID_FIELD', 'nobody asks its own organisation', { pointer: '/addressee' });
    }
    const days = (Date.parse(deadline) - Date.parse(timesOf(stub, undefined).recordedAt)) / (24 * 3600 * 1000);
    if (days <= 0 || days > longestRequest) {
      throw new ProofwardError('INVALID_FIELD', `the deadline is not within ${longestRequest} days from now`, {
        pointer: '/deadline',
      });
    }
    const record = await requireRecord(stub, values.record, '/private/record');
    if (parseId(values.record).org !== addressee || !isPrivateHeader(record)) {
      throw new ProofwardError(
        'INVALID_FIELD',
        `${values.record} is not a record of ${addressee} with private fields`,
        {
          pointer: '/private/record',
        },
      );
    }
    for (const [index, name] of values.fields.entries()) {
      if (!Object.hasOwn(privateSchemas[record.type].shape, name)) {
        throw new ProofwardError('INVALID_FIELD', `a ${record.type} has no field ${name}`, {
          pointer: `/private/fields/${index}`,
        });
      }
    }
  }

  protected override homeOf(
    stub: ChaincodeStub,
    owner: RoleHeader,
    fields: Pick<Request, 'addressee' | 'served'>,
  ): Promise<Home> {
    return partiesHome(stub, owner, fields, othersOf(this.consortium, owner.mspId));
  }

  /** Of everybody beside the requester: the addressee would not endorse that it was silent. */
  protected override headerPolicy({ caller }: Creation<'disclosure-request'>): Uint8Array {
    return authorAndOneOther(caller.mspId, othersOf(this.consortium, caller.mspId));
  }

  protected override checkChange(
    stub: ChaincodeStub,
    { header, to }: Change<'disclosure-request'>,
  ): Promise<undefined> {
    const refuse = (why: string) =>
      Promise.reject<undefined>(new ProofwardError('INVALID_TRANSITION', why, { pointer: '/to' }));
    if (to.startsWith('answered')) return refuse('it is answered by a disclosure');
    if (to === 'overdue' && timesOf(stub, undefined).recordedAt < header.deadline) {
      return refuse(`its deadline is ${header.deadline}`);
    }
    return Promise.resolve(undefined);
  }
}
