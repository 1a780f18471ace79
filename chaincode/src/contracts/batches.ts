import type { ChaincodeStub } from 'fabric-shim-api';
import { batchFault, formatId, ProofwardError } from '@proofward/evidence';
import { findBatchHead, putBatchHead } from '../state/batches';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** The root over what an endpoint did in a time, one batch after the other without a gap. */
export class BatchContract extends RecordContract<'batch'> {
  constructor() {
    super('batch');
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'batch'>): Promise<void> {
    const { fields, home, effectiveAt } = creation;
    const fault = batchFault(fields);
    if (fault !== undefined) {
      const code = fault.member === 'count' ? 'COUNTS_DISAGREE' : 'INVALID_FIELD';
      throw new ProofwardError(code, fault.message, { pointer: `/${fault.member}` });
    }
    // Its end is its time, so one that is recorded late is marked, and one from the future refused.
    if (effectiveAt !== fields.window.to) {
      throw new ProofwardError('INVALID_FIELD', 'a batch happens when its window ends', { pointer: '/effectiveAt' });
    }
    const head = await findBatchHead(stub, home.provider, fields);
    if (fields.previous !== head) {
      const message = head === undefined ? 'the endpoint has no batch yet' : `the endpoint's last batch is ${head}`;
      throw new ProofwardError('BATCH_OUT_OF_ORDER', message, { pointer: '/previous' });
    }
    const before = head === undefined ? undefined : await requireRecord<'batch'>(stub, head, '/previous');
    if (before !== undefined && before.window.to !== fields.window.from) {
      const message = `the batch before speaks for the time until ${before.window.to}`;
      throw new ProofwardError('BATCH_OUT_OF_ORDER', message, { pointer: '/window/from' });
    }
    const next = (before?.last ?? 0) + 1;
    if (fields.first !== next) {
      const code = fields.first < next ? 'SEQUENCE_REPEATED' : 'SEQUENCE_GAP';
      throw new ProofwardError(code, `${next} comes next`, { pointer: '/first' });
    }
  }

  protected override async alongside(stub: ChaincodeStub, { id, fields, home }: Creation<'batch'>): Promise<void> {
    await putBatchHead(stub, home.collection, fields, formatId(id));
  }
}
