import { RecordContract } from './record-contract';

/** What an auditor will measure, recorded before the result. It lies where the attestation will. */
export class PlanContract extends RecordContract<'plan'> {
  constructor() {
    super('plan');
  }
}
