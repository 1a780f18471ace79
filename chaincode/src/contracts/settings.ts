import { type Consortium, ProofwardError } from '@proofward/evidence';
import { ConsortiumRecordContract } from './consortium-record-contract';

/** What all agreed on. The proposal that is carried writes it, and nobody else. */
export class SettingContract extends ConsortiumRecordContract<'setting'> {
  constructor(consortium: Consortium) {
    super('setting', consortium);
  }

  protected override check(): Promise<void> {
    throw new ProofwardError('FORBIDDEN', 'what belongs to all is made by votes');
  }
}
