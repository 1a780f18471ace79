import { peer } from '@hyperledger/fabric-protos';
import { ProofwardError } from '@proofward/evidence';
import type { Committed } from './ledger.js';

const codes = peer.TxValidationCode;
const names = new Map(Object.entries(codes).map(([name, code]) => [code as number, name]));

/** Fabric's name of a validation code. */
export function validationName(code: number): string {
  return names.get(code) ?? `code ${code}`;
}

/**
 * Another transaction was first. A key whose policy was set earlier in the block fails as ENDORSEMENT_POLICY_FAILURE,
 * not as MVCC_READ_CONFLICT.
 */
export function isConflict(code: number): boolean {
  return (
    code === codes.MVCC_READ_CONFLICT ||
    code === codes.PHANTOM_READ_CONFLICT ||
    code === codes.ENDORSEMENT_POLICY_FAILURE
  );
}

export function refuseInvalid({ code, transactionId }: Committed): ProofwardError {
  return new ProofwardError('ENDORSEMENT_FAILED', `the ledger found ${transactionId} invalid: ${validationName(code)}`);
}
