import type { ChaincodeStub } from 'fabric-shim-api';
import {
  canonicalJson,
  type Json,
  parseJson,
  type PrivateRecord,
  ProofwardError,
  recomputeAttestation,
} from '@proofward/evidence';
import { getPrivateRecord } from '../state/private';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** What a plan fixes before the result. */
const planned = [
  'criteria',
  'dataset',
  'sensitiveFeatures',
  'minimumGroupSize',
  'decisionThreshold',
  'favourableLabel',
  'evaluator',
] as const;

/**
 * An auditor's word on a provider's dataset or model. It lies in the provider's audits collection, but the provider does
 * not endorse it: nobody vetoes his own bad audit.
 */
export class AttestationContract extends RecordContract<'attestation'> {
  constructor() {
    super('attestation');
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'attestation'>): Promise<void> {
    requireBorne(creation);
    if (creation.fields.plan !== undefined) await requirePlanned(stub, creation, creation.fields.plan);
  }
}

/**
 * The verdict that the numbers bear stands beside the one that is claimed. Only the arithmetic is checked, not whether the
 * numbers are true.
 *
 * @throws ProofwardError CLAIM_NOT_BORNE and what is wrong with the counts
 */
function requireBorne({ fields, values }: Creation<'attestation'>): void {
  const computed = recomputeAttestation(fields.kind, values)?.verdict;
  if (values.verdict.computed !== computed) {
    throw new ProofwardError('CLAIM_NOT_BORNE', `the computed verdict is ${computed ?? 'none'}`, {
      pointer: '/private/verdict/computed',
    });
  }
}

/**
 * Every endorser of an attestation is a member of the plan's collection, so each compares with the plan's private part.
 *
 * @throws ProofwardError REFERENCE_NOT_FOUND, PLAN_MISMATCH
 */
async function requirePlanned(
  stub: ChaincodeStub,
  { caller, fields, values, home }: Creation<'attestation'>,
  id: string,
): Promise<void> {
  const plan = await requireRecord<'plan'>(stub, id, '/plan');
  const refuse = (why: string, pointer = '/plan'): never => {
    throw new ProofwardError('PLAN_MISMATCH', `${id} ${why}`, { pointer });
  };
  if (plan.author !== caller.mspId) refuse(`is a plan of ${plan.author}`);
  if (plan.subject !== fields.subject) refuse(`is about ${plan.subject}`);
  if (plan.kind !== fields.kind) refuse(`is of the kind ${plan.kind}`);
  if (plan.status !== 'active') refuse(`is ${plan.status}`);
  // Members of a later epoch do not hold what an earlier one's collection has.
  if (plan.epoch !== home.epoch) refuse(`is in epoch ${plan.epoch} of the collection; record it anew`);

  const { fields: announced } = parseJson(await getPrivateRecord(stub, home.collection, plan)) as PrivateRecord;
  for (const name of planned) {
    const wanted = announced[name]?.value;
    if (wanted === undefined) continue;
    const found = values[name] as Json | undefined;
    if (found === undefined || canonicalJson(found) !== canonicalJson(wanted)) {
      refuse(`announced another ${name}`, `/private/${name}`);
    }
  }
}
