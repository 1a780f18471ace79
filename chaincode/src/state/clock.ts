import type { ChaincodeStub } from 'fabric-shim-api';
import { formatTime, ProofwardError } from '@proofward/evidence';

const toleranceMs = 15 * 60 * 1000;

export interface Times {
  recordedAt: string;
  effectiveAt: string;
  /** Undefined, not absent: it also takes back the flag of the revision before. */
  late: true | undefined;
}

/**
 * The times of a write. The transaction's timestamp is its client's claim, the same at every endorser; no endorser's own
 * clock may enter, or their results would differ.
 *
 * @throws ProofwardError INVALID_FIELD for an event in the future
 */
export function timesOf(stub: ChaincodeStub, effectiveAt: string | undefined): Times {
  const { seconds, nanos } = stub.getTxTimestamp();
  const recorded = Number(seconds) * 1000 + Math.floor(nanos / 1e6);
  const recordedAt = formatTime(recorded);
  if (effectiveAt === undefined) return { recordedAt, effectiveAt: recordedAt, late: undefined };
  const effective = Date.parse(effectiveAt);
  if (effective > recorded + toleranceMs) {
    throw new ProofwardError('INVALID_FIELD', 'the event is in the future', { pointer: '/effectiveAt' });
  }
  return { recordedAt, effectiveAt, late: effective < recorded - toleranceMs ? true : undefined };
}
