export * from './access.js';
export * from './bytes.js';
export * from './canonical.js';
export * from './commitment/commitment.js';
export * from './commitment/registrant.js';
export * from './consortium.js';
export * from './errors.js';
export * from './fairness/attestation.js';
export * from './fairness/claim.js';
export {
  fairnessEvidenceSchema,
  type FairnessEvidence,
  groupValuesSchema,
  type GroupValues,
} from './fairness/evidence.js';
export * from './fairness/recompute.js';
export * from './log/leaf.js';
export { inclusionPath, leafHash, merkleRoot, verifyInclusion } from './log/merkle.js';
export * from './log/streaming.js';
export * from './membership/columns.js';
export * from './membership/samples.js';
export * from './policy/collections.js';
export * from './policy/endorsers.js';
export * from './policy/expression.js';
export * from './policy/key.js';
export * from './privacy/epsilon.js';
export * from './clock/network-clock.js';
export * from './records/attestation.js';
export * from './records/batch.js';
export * from './records/compare.js';
export * from './records/criteria.js';
export * from './records/dataset.js';
export * from './records/deployment.js';
export * from './records/dispute.js';
export * from './records/fields.js';
export * from './records/grant.js';
export * from './records/header.js';
export * from './records/id.js';
export * from './records/incident.js';
export * from './records/model.js';
export * from './records/placement.js';
export * from './records/plan.js';
export * from './records/policy.js';
export * from './records/private.js';
export * from './records/response.js';
export * from './records/release-decision.js';
export * from './records/role.js';
export * from './records/sign-off.js';
export * from './records/states.js';
export * from './records/stop.js';
export * from './records/time.js';
export * from './records/validate.js';
export * from './records/waiver.js';
export * from './receipts/receipt.js';
export * from './receipts/tree.js';
export * from './receipts/weights.js';
export * from './release/evaluate.js';
export * from './release/requirements.js';
export * from './release/tightens.js';
