import type { ChaincodeStub } from 'fabric-shim-api';
import { parseId, ProofwardError } from '@proofward/evidence';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** What a provider has to say to an attestation on what is its own. It stands beside the attestation and changes nothing of it. */
export class ResponseContract extends RecordContract<'response'> {
  constructor() {
    super('response');
  }

  protected override async check(stub: ChaincodeStub, { id, fields }: Creation<'response'>): Promise<void> {
    const pointer = '/attestation';
    const { subject } = await requireRecord<'attestation'>(stub, fields.attestation, pointer);
    if (parseId(subject).org !== id.org) {
      throw new ProofwardError('FORBIDDEN', `${fields.attestation} is about ${subject}, which is not ${id.org}'s`, {
        pointer,
      });
    }
  }
}
