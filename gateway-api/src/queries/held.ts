import { type PrivateRecord, ProofwardError } from '@proofward/evidence';
import type { StoredRecord } from './records.js';

/**
 * A record's private part, for who has to have it.
 *
 * @throws ProofwardError PRIVATE_DATA_MISSING, PRIVATE_DATA_ERASED
 */
export function heldPart({ header, privatePart }: Pick<StoredRecord, 'header' | 'privatePart'>): PrivateRecord {
  if (privatePart === 'missing') {
    throw new ProofwardError('PRIVATE_DATA_MISSING', `the private part of ${header.id} has not arrived yet`);
  }
  if (privatePart === 'erased') throw new ProofwardError('PRIVATE_DATA_ERASED', `${header.id} was erased`);
  return privatePart;
}
