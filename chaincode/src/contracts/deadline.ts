import type { ChaincodeStub } from 'fabric-shim-api';
import { ProofwardError } from '@proofward/evidence';
import { timesOf } from '../state/clock';

/** @throws ProofwardError INVALID_FIELD for a deadline that is over, or more than so many days away */
export function requireDeadline(stub: ChaincodeStub, deadline: string, longest: number): void {
  const now = timesOf(stub, undefined).recordedAt;
  const days = (Date.parse(deadline) - Date.parse(now)) / (24 * 3600 * 1000);
  if (days > 0 && days <= longest) return;
  throw new ProofwardError('INVALID_FIELD', `the deadline is not within ${longest} days from now`, {
    pointer: '/deadline',
  });
}
