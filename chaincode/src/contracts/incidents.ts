import type { ChaincodeStub } from 'fabric-shim-api';
import { ProofwardError, reportDueOf } from '@proofward/evidence';
import { timesOf } from '../state/clock';
import { type Change, type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** Something that went wrong with models or datasets, told by a site, an auditor or a regulator. */
export class IncidentContract extends RecordContract<'incident'> {
  constructor() {
    super('incident');
  }

  protected override async check(stub: ChaincodeStub, { fields, values }: Creation<'incident'>): Promise<void> {
    for (const [index, id] of fields.subjects.entries()) await requireRecord(stub, id, `/subjects/${index}`);
    if (values.awareAt > timesOf(stub, undefined).recordedAt) {
      throw new ProofwardError('INVALID_FIELD', 'nobody is aware of it yet', { pointer: '/private/awareAt' });
    }
    const due = reportDueOf(fields.severity, values.awareAt);
    if (values.reportDue !== due) {
      throw new ProofwardError('INVALID_FIELD', `the report is due ${due ?? 'at no time'}`, {
        pointer: '/private/reportDue',
      });
    }
  }

  /** Who is aware of a serious incident reports it, however soon it is mended. */
  protected override checkChange(_: ChaincodeStub, { header, to }: Change<'incident'>): Promise<undefined> {
    if (to === 'resolved' && header.status === 'open' && header.severity !== 'minor') {
      const why = `a ${header.severity} incident is reported before it is resolved`;
      return Promise.reject(new ProofwardError('INVALID_TRANSITION', why, { pointer: '/to' }));
    }
    return Promise.resolve(undefined);
  }
}
