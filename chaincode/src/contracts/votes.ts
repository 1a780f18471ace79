import type { ChaincodeStub } from 'fabric-shim-api';
import { type Consortium, ProofwardError, voteName } from '@proofward/evidence';
import { timesOf } from '../state/clock';
import { ConsortiumRecordContract } from './consortium-record-contract';
import type { Creation } from './record-contract';
import { requireRecord } from './references';

/** An organisation's word on a proposal. Its id follows from the proposal, so that there is no second one. */
export class VoteContract extends ConsortiumRecordContract<'vote'> {
  constructor(consortium: Consortium) {
    super('vote', consortium);
  }

  protected override async check(stub: ChaincodeStub, { id, fields }: Creation<'vote'>): Promise<void> {
    const name = voteName(fields.proposal);
    if (id.name !== name || id.version !== '1') {
      throw new ProofwardError('INVALID_ID', `a vote on ${fields.proposal} has the name ${name}@1`, { pointer: '/id' });
    }
    const { status, deadline } = await requireRecord<'proposal'>(stub, fields.proposal, '/proposal');
    const isOver = deadline <= timesOf(stub, undefined).recordedAt;
    if (status !== 'open' || isOver) {
      const why = status === 'open' ? `the deadline was ${deadline}` : `it is ${status}`;
      throw new ProofwardError('PROPOSAL_CLOSED', why, { pointer: '/proposal' });
    }
  }
}
