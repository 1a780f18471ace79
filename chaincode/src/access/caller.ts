import type { Context } from 'fabric-contract-api';
import { type CallerRole, isCallerRole, ProofwardError } from '@proofward/evidence';

/** Who signed the proposal, as the organisation's CA attests it in the certificate. */
export interface Caller {
  mspId: string;
  role: CallerRole;
  /** The same person is the same organisation and enrolment id, whatever certificate he holds today. */
  enrollmentId: string;
}

/** @throws ProofwardError FORBIDDEN for a certificate without an enrolment id or a known role */
export function callerOf({ clientIdentity }: Context): Caller {
  const enrollmentId = clientIdentity.getAttributeValue('hf.EnrollmentID');
  if (enrollmentId === null || enrollmentId === '') {
    throw new ProofwardError('FORBIDDEN', 'the certificate has no attribute hf.EnrollmentID');
  }
  const role = clientIdentity.getAttributeValue('role');
  if (!isCallerRole(role)) {
    throw new ProofwardError('FORBIDDEN', "the certificate's attribute role is missing or unknown");
  }
  return { mspId: clientIdentity.getMSPID(), role, enrollmentId };
}

/** @throws ProofwardError FORBIDDEN */
export function requireRole(caller: Caller, allowed: readonly CallerRole[], what: string): void {
  if (!allowed.includes(caller.role)) {
    throw new ProofwardError('FORBIDDEN', `the role ${caller.role} may not ${what}; needed: ${allowed.join(' or ')}`);
  }
}

/** @throws ProofwardError FORBIDDEN */
export function requireOrganization(caller: Caller, mspId: string, what: string): void {
  if (caller.mspId !== mspId) throw new ProofwardError('FORBIDDEN', `only ${mspId} may ${what}, not ${caller.mspId}`);
}
