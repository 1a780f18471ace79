import { parseDecimal, compareFractions } from '../arithmetic/fraction.js';
import { ProofwardError } from '../errors.js';
import { directionOf } from '../fairness/metrics.js';
import { defaultMinimumGroupSize, type Outcome, recomputeFairness, verdictOf } from '../fairness/recompute.js';
import type { AttestationPrivate } from '../records/attestation.js';
import { formatTime } from '../records/time.js';
import {
  type AttestationRequirement,
  daysOf,
  type PolicyCriterion,
  type Requirement,
  type SignOffRequirement,
} from './requirements.js';

/** A policy in force, by its record's id. */
export interface PolicyInForce {
  readonly id: string;
  readonly requirements: readonly Requirement[];
}

/** An attestation as it is presented: its public header, and the private fields that were shown and checked against it. */
export type ShownFields = { readonly [Name in keyof AttestationPrivate]?: AttestationPrivate[Name] | undefined };

export interface PresentedAttestation {
  readonly id: string;
  readonly author: string;
  readonly subject: string;
  readonly kind: string;
  readonly status: string;
  readonly effectiveAt: string;
  readonly validUntil?: string | undefined;
  readonly fields: ShownFields;
}

export interface GivenSignOff {
  readonly id: string;
  /** The slug of the organisation that gave it. */
  readonly site: string;
  readonly model: string;
  readonly role: string;
  readonly purpose: string;
  readonly status: string;
  readonly outcome: 'approved' | 'refused';
}

export interface GivenWaiver {
  readonly id: string;
  /** The slug of the organisation that gave it. */
  readonly site: string;
  readonly model: string;
  /** The name of the requirement that it stands in for. */
  readonly requirement: string;
  readonly status: string;
  readonly until: string;
}

/** All that a release is decided from. */
export interface ReleaseRequest {
  readonly model: string;
  /** What the version came from, as its header says. */
  readonly parents: readonly { readonly id: string; readonly relation: string }[];
  /** The slug of the organisation that wants to run it. */
  readonly site: string;
  readonly purpose: string;
  readonly policies: readonly PolicyInForce[];
  readonly attestations: readonly PresentedAttestation[];
  readonly signOffs: readonly GivenSignOff[];
  readonly waivers: readonly GivenWaiver[];
  /** The transaction's time. */
  readonly instant: string;
}

export const requirementResults = [
  'met',
  'missing',
  'failed',
  'expired',
  'disputed',
  'inconclusive',
  'waived',
] as const;
export type RequirementResult = (typeof requirementResults)[number];

/** What became of one requirement. */
export interface RequirementOutcome {
  policy: string;
  name: string;
  result: RequirementResult;
  /** The records that the result rests on. */
  records?: string[];
  /** Until when it holds; for good where absent. */
  until?: string;
}

export interface ReleaseOutcome {
  outcome: 'allowed' | 'refused';
  requirements: RequirementOutcome[];
  /** The least end of what it rests on, where it is allowed and anything ends. */
  until?: string;
}

/** What one record says of a requirement. */
interface Finding {
  id: string;
  result: Exclude<RequirementResult, 'waived'>;
  author: string;
  until?: string | undefined;
}

const dayMs = 86_400_000;

/**
 * Whether a model version may be released at a site, requirement by requirement. Pure: the same input gives the same bytes
 * at every endorser. It takes the presented fields as checked; who presents is to have verified them.
 *
 * A record that fails outweighs others that pass: who presents chooses what to present, and must not gain by choosing more.
 */
export function evaluateRelease(request: ReleaseRequest): ReleaseOutcome {
  const requirements = request.policies.flatMap(({ id, requirements: wanted }) =>
    wanted.map((requirement): RequirementOutcome => ({
      policy: id,
      name: requirement.name,
      ...withWaiver(request, requirement, outcomeOf(request, requirement)),
    })),
  );
  const isAllowed =
    requirements.length > 0 && requirements.every(({ result }) => result === 'met' || result === 'waived');
  const until = least(requirements.map((requirement) => requirement.until));
  return {
    outcome: isAllowed ? 'allowed' : 'refused',
    requirements,
    ...(isAllowed && until !== undefined ? { until } : {}),
  };
}

type Result = Pick<RequirementOutcome, 'result' | 'records' | 'until'>;

function outcomeOf(request: ReleaseRequest, requirement: Requirement): Result {
  switch (requirement.requires) {
    case 'attestation':
      return fromAttestations(request, requirement);
    case 'sign-off':
      return fromSignOffs(request, requirement);
  }
}

function withWaiver(
  { model, site, waivers, instant }: ReleaseRequest,
  requirement: Requirement,
  found: Result,
): Result {
  if (found.result === 'met' || requirement.waivable !== true) return found;
  const usable = waivers.filter(
    (waiver) =>
      waiver.model === model &&
      waiver.requirement === requirement.name &&
      waiver.status === 'active' &&
      waiver.until > instant &&
      waiver.site === site,
  );
  const best = usable.sort((a, b) => compare(b.until, a.until) || compare(a.id, b.id))[0];
  return best === undefined ? found : { result: 'waived', records: [best.id], until: best.until };
}

function fromSignOffs(request: ReleaseRequest, requirement: SignOffRequirement): Result {
  const { model, site, purpose, signOffs } = request;
  const own = signOffs.filter(
    (signOff) => signOff.role === requirement.role && signOff.purpose === purpose && signOff.site === site,
  );
  const covering = coveringParents(request, requirement);
  const given = own.filter(
    (signOff) => signOff.model === model || (signOff.outcome === 'approved' && covering.includes(signOff.model)),
  );
  const findings = given.map(({ id, status, outcome }): Finding => {
    const result = status === 'disputed' ? 'disputed' : status !== 'active' ? 'missing' : undefined;
    return { id, author: site, result: result ?? (outcome === 'approved' ? 'met' : 'failed') };
  });
  return together(findings, 1);
}

/** The parents of the same line whose sign-off counts for this version, inside the bounds of the requirement. */
function coveringParents({ model, parents }: ReleaseRequest, { within }: SignOffRequirement): string[] {
  if (within === undefined) return [];
  const lineOf = (id: string) => id.slice(0, id.lastIndexOf('@'));
  const relations: readonly string[] = within.relations;
  return parents
    .filter(({ id, relation }) => lineOf(id) === lineOf(model) && relations.includes(relation))
    .map(({ id }) => id);
}

function fromAttestations(request: ReleaseRequest, requirement: AttestationRequirement): Result {
  const { model, attestations, instant } = request;
  const findings = attestations
    .filter(({ subject, kind }) => subject === model && kind === requirement.kind)
    .map((attestation): Finding => {
      const { id, author } = attestation;
      const until = endOf(attestation, requirement);
      return {
        id,
        author,
        until,
        result: findingOf(attestation, requirement, until !== undefined && until <= instant),
      };
    });
  return together(findings, requirement.attesters ?? 1);
}

function endOf(
  { effectiveAt, validUntil }: PresentedAttestation,
  { maximalAge }: AttestationRequirement,
): string | undefined {
  const aged = maximalAge === undefined ? undefined : formatTime(Date.parse(effectiveAt) + daysOf(maximalAge) * dayMs);
  return least([validUntil, aged]);
}

function findingOf(
  attestation: PresentedAttestation,
  requirement: AttestationRequirement,
  isExpired: boolean,
): Finding['result'] {
  if (attestation.status === 'disputed') return 'disputed';
  // Taken back by its author, so nobody says it any more.
  if (attestation.status !== 'active') return 'missing';
  if (isExpired) return 'expired';
  const said = saidBy(attestation.fields, requirement);
  switch (said) {
    case undefined:
      return 'missing';
    case 'pass':
      return 'met';
    case 'fail':
      return 'failed';
    case 'inconclusive':
      return requirement.inconclusive === 'accept' ? 'met' : 'inconclusive';
  }
}

/** What an attestation says of a requirement; undefined where what was shown of it does not tell. */
function saidBy(fields: ShownFields, requirement: AttestationRequirement): Outcome | undefined {
  const { verdict } = fields;
  // Without the verdict it is not known whether the auditor himself holds it to be good.
  if (verdict === undefined) return undefined;
  if (requirement.criteria === undefined) return verdictOf([verdict.claimed, verdict.computed ?? verdict.claimed]);
  // An auditor who claims less than his counts bear knows more than the counts. Where both say it, it was by his thresholds.
  if (verdict.claimed !== 'pass' && verdict.claimed !== verdict.computed) return verdict.claimed;
  return fields.evidence === undefined
    ? fromFigures(fields, requirement.criteria)
    : fromCounts({ ...fields, evidence: fields.evidence }, requirement, requirement.criteria);
}

/** The counts are held against the policy's own criteria. */
function fromCounts(
  { evidence, unknownCount, minimumGroupSize }: ShownFields,
  requirement: AttestationRequirement,
  criteria: readonly PolicyCriterion[],
): Outcome {
  if (evidence === undefined) return 'inconclusive';
  const minimum = Math.max(requirement.minimumGroupSize ?? 0, minimumGroupSize ?? defaultMinimumGroupSize);
  try {
    return recomputeFairness(evidence, { criteria, minimumGroupSize: minimum }, unknownCount).verdict;
  } catch (error) {
    // Counts that cannot be compared as the policy wants it, by a feature that they do not have, say nothing.
    if (error instanceof ProofwardError) return 'inconclusive';
    throw error;
  }
}

/** The recorded figures, where the counts themselves are not shown. They are of the attestation's own groups. */
function fromFigures({ verdict, metrics }: ShownFields, criteria: readonly PolicyCriterion[]): Outcome | undefined {
  if (metrics === undefined) return undefined;
  const outcomes = criteria.map((criterion): Outcome | undefined => {
    const { metric, by, reference, gate, threshold } = criterion;
    // Only counts tell figures by other groups.
    if (by !== undefined || reference !== undefined) return 'inconclusive';
    const named = metrics.filter(({ name }) => name === metric);
    if (named.length === 0) return undefined;
    const direction = directionOf(metric) ?? criterion.direction;
    return verdictOf(
      named.map(({ value, lower, upper }) => {
        const figure = gate === 'point' ? value : direction === 'at-least' ? lower : upper;
        if (figure === undefined) return 'inconclusive';
        const order = compareFractions(parseDecimal(figure), parseDecimal(threshold));
        return (direction === 'at-least' ? order >= 0 : order <= 0) ? 'pass' : 'fail';
      }),
    );
  });
  if (outcomes.includes('fail')) return 'fail';
  if (outcomes.includes(undefined)) return undefined;
  const all = verdictOf(outcomes.filter((outcome) => outcome !== undefined));
  // A group under the minimum has figures too, and only the verdict says that they mean nothing.
  const isCertain = verdict?.claimed !== 'inconclusive' && verdict?.computed !== 'inconclusive';
  return all === 'pass' && !isCertain ? 'inconclusive' : all;
}

/** In which order what is not met is told of. */
const gravity = ['disputed', 'inconclusive', 'expired', 'missing'] as const;

/** Several findings as one result: any that fails, then enough different organisations, then what stands in the way. */
function together(findings: readonly Finding[], needed: number): Result {
  const of = (result: Finding['result']) => findings.filter((finding) => finding.result === result);
  const failed = of('failed');
  if (failed.length > 0) return { result: 'failed', records: ids(failed) };

  // Of each organisation the word that holds longest.
  const byAuthor = new Map<string, Finding>();
  for (const finding of of('met')) {
    const other = byAuthor.get(finding.author);
    if (other === undefined || longest(finding, other) < 0) byAuthor.set(finding.author, finding);
  }
  const met = [...byAuthor.values()].sort(longest).slice(0, needed);
  if (met.length >= needed) {
    const until = least(met.map((finding) => finding.until));
    return { result: 'met', records: ids(met), ...(until === undefined ? {} : { until }) };
  }
  for (const result of gravity) {
    const found = of(result);
    if (found.length > 0) return { result, records: ids(found) };
  }
  return { result: 'missing', ...(met.length > 0 ? { records: ids(met) } : {}) };
}

function ids(findings: readonly Finding[]): string[] {
  return findings.map(({ id }) => id).sort(compare);
}

/** The one that holds longer first; of equals by id, so that every endorser takes the same. */
function longest(a: Finding, b: Finding): number {
  if (a.until === b.until) return compare(a.id, b.id);
  if (a.until === undefined) return -1;
  if (b.until === undefined) return 1;
  return compare(b.until, a.until);
}

/** By code units, as no locale does it otherwise. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function least(times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).sort(compare)[0];
}
