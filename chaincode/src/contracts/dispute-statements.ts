import type { ChaincodeStub } from 'fabric-shim-api';
import { ProofwardError } from '@proofward/evidence';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/**
 * What is said in a dispute beside its states: the answer of the attestation's author, and why an organisation ruled as it
 * did. It lies with the attestation, where the organisations that audit read it; whether the dispute is open does not matter.
 */
export class DisputeStatementContract extends RecordContract<'dispute-statement'> {
  constructor() {
    super('dispute-statement');
  }

  protected override async check(
    stub: ChaincodeStub,
    { caller: { mspId }, fields: { dispute: id, subject, part } }: Creation<'dispute-statement'>,
  ): Promise<void> {
    const dispute = await requireRecord<'dispute'>(stub, id, '/dispute');
    if (dispute.subject !== subject) {
      throw new ProofwardError('INVALID_FIELD', `${id} is about ${dispute.subject}`, { pointer: '/subject' });
    }
    const refuse = (why: string): never => {
      throw new ProofwardError('FORBIDDEN', why, { pointer: '/part' });
    };
    switch (part) {
      case 'answer': {
        const { author } = await requireRecord<'attestation'>(stub, dispute.record, '/dispute');
        if (author !== mspId) refuse(`${dispute.record} is ${author}'s to answer for`);
        return;
      }
      case 'reasons':
        if (dispute.rulings?.some(({ organization }) => organization === mspId) !== true)
          refuse(`${mspId} has not ruled on ${id}`);
    }
  }
}
