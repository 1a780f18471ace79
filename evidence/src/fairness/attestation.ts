import { ProofwardError } from '../errors.js';
import type { AttestationPrivate } from '../records/attestation.js';
import { checkFairnessClaim } from './claim.js';
import { type FairnessResult, recomputeFairness } from './recompute.js';

/**
 * What the counts of an attestation bear; undefined where there is nothing to recompute: another kind than fairness, no
 * counts, or no criteria to hold them against.
 *
 * @throws ProofwardError those of {@link recomputeFairness} and CLAIM_NOT_BORNE, with pointers into the request
 */
export function recomputeAttestation(kind: string, values: AttestationPrivate): FairnessResult | undefined {
  const { evidence, criteria, minimumGroupSize, unknownCount, verdict, metrics } = values;
  if (kind !== 'fairness' || evidence === undefined || criteria === undefined) return undefined;
  try {
    const computed = recomputeFairness(evidence, { criteria, minimumGroupSize }, unknownCount);
    checkFairnessClaim({ verdict: verdict.claimed, ...(metrics && { metrics }) }, computed);
    return computed;
  } catch (error) {
    if (error instanceof ProofwardError) {
      throw new ProofwardError(error.code, error.message, { pointer: inRequest(error.pointer ?? ''), cause: error });
    }
    throw error;
  }
}

/** Where something stands in the request that stands somewhere in evidence, criteria or claim. */
function inRequest(pointer: string): string {
  if (pointer.startsWith('/groups')) return `/private/evidence${pointer}`;
  return pointer === '/verdict' ? '/private/verdict/claimed' : `/private${pointer}`;
}

/** A private part with what was computed beside what is claimed; the auditor's own figures stay as they are. */
export function withComputed(kind: string, values: AttestationPrivate): AttestationPrivate {
  const computed = recomputeAttestation(kind, values);
  if (computed === undefined) return values;
  return {
    ...values,
    verdict: { computed: computed.verdict, ...values.verdict },
    metrics:
      values.metrics ??
      computed.metrics
        .filter(({ recomputed }) => recomputed)
        .map(({ name, value, lower, upper, n }) => ({ name, value, lower, upper, n })),
  };
}
