import type { ChaincodeStub } from 'fabric-shim-api';
import { parseJson, type PrivateRecord, ProofwardError } from '@proofward/evidence';
import { timesOf } from '../state/clock';
import { getPrivateRecord } from '../state/private';
import { getRegistrant } from '../state/registrants';
import { type Change, type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** A site's leave to go without one requirement for a time: one person proposes it, another one makes it active. */
export class WaiverContract extends RecordContract<'waiver'> {
  constructor() {
    super('waiver');
  }

  protected override async check(stub: ChaincodeStub, { fields }: Creation<'waiver'>): Promise<void> {
    requireAhead(stub, fields.until);
    await requireRecord(stub, fields.model, '/model');
  }

  protected override async checkChange(stub: ChaincodeStub, change: Change<'waiver'>): Promise<undefined> {
    const { caller, header, home, to } = change;
    if (to !== 'active') return undefined;
    requireAhead(stub, header.until);
    const record = parseJson(await getPrivateRecord(stub, home.collection, header)) as PrivateRecord;
    const { enrollmentId } = await getRegistrant(stub, home.collection, header, record);
    if (enrollmentId === caller.enrollmentId) {
      throw new ProofwardError('SECOND_PERSON_REQUIRED', `the caller proposed ${header.id}`, { pointer: '/id' });
    }
    return undefined;
  }
}

/** @throws ProofwardError INVALID_FIELD for an end that has come */
function requireAhead(stub: ChaincodeStub, until: string): void {
  if (until <= timesOf(stub, undefined).recordedAt) {
    throw new ProofwardError('INVALID_FIELD', `the waiver would have ended at ${until}`, { pointer: '/until' });
  }
}
