import { type DisputeEffect, disputeEffects, type Header } from '@proofward/evidence';
import type { Query, Row } from '../database/database.js';

/** Whether what a deployment was allowed on still holds; the gravest counts. */
export const evidenceStates = ['withdrawn', 'disputed', 'lapsed', 'current', 'withheld'] as const;
export type EvidenceState = (typeof evidenceStates)[number];

export interface Evidence {
  state: EvidenceState;
  /** What does not hold any more. */
  records: { id: string; state: Exclude<EvidenceState, 'current' | 'withheld'> }[];
}

/** SQL of the states in which a dispute has that effect. */
export const statesWith = (effect: DisputeEffect) =>
  Object.entries(disputeEffects)
    .filter(([, found]) => found === effect)
    .map(([state]) => `'${state}'`)
    .join(', ');

/** SQL of a record's header as it stood: its last revision that had happened, and was known where `known` is one. */
const stood = (id: string, moment: string, known: string) => `(
  select v.header, v.header->>'status' as status from revisions v join records c on c.id = v.id and not c.deleted
  where v.id = ${id} and v.effective_at <= ${moment} and (${known}::text is null or v.known_at <= ${known}::text)
  order by v.revision desc limit 1)`;

/**
 * The grounds of deployment `r` with their states, at the moment of the placeholder `at` or when it ended, whichever was
 * first: it is asked what held while it ran. What its decision rests on is known to the decision's readers alone; that a
 * model was revoked, or data that it was made from withdrawn, is public. Of a dispute the header counts, as evidence's
 * `effectOfDispute` says: two organisations of its panel can write there, and as many decide it.
 *
 * @param known the placeholder of the time by which it was known, `null` for all that is
 */
function groundsOf(r: string, at: string, known: string): string {
  const moment = `least(coalesce(${r}.header->>'to', ${at}::text), ${at}::text) collate "C"`;
  const effects = `select d.status, d.header->>'deadline' collate "C" > ${moment} as is_before_deadline
    from record_references f cross join lateral ${stood('f.from_id', moment, known)} d
    where f.to_id = g.ground and f.from_type = 'dispute' and f.relation = 'record'`;
  return `select g.ground as id, true as private,
      case when a.status not in ('active', 'decided') or e.is_upheld then 'withdrawn' when e.is_open then 'disputed'
        when g.until collate "C" <= ${moment} then 'lapsed' else 'current' end as state
    from release_grounds g left join lateral ${stood('g.ground', moment, known)} a on true
      cross join lateral (
        select bool_or(d.status in (${statesWith('upheld')})) as is_upheld,
          bool_or(d.status in (${statesWith('open')}) and d.is_before_deadline) as is_open from (${effects}) d
      ) e
    where g.decision = ${r}.header->>'decision'
    union all
    select f.to_id, false, 'withdrawn'
    from record_references f cross join lateral ${stood('f.to_id', moment, known)} a
    where f.from_id = ${r}.header->>'model' and f.relation = 'datasets' and a.status = 'withdrawn'
    union all
    select ${r}.header->>'model', false, 'withdrawn' from ${stood(`${r}.header->>'model'`, moment, known)} a
    where a.status = 'revoked'`;
}

/** The state of deployment `r`'s evidence, for a list's filter. */
export function evidenceStateOf(r: string, at: string): string {
  return `coalesce((select state from (${groundsOf(r, at, 'null')}) found
    order by array_position(array['withdrawn', 'disputed', 'lapsed', 'current'], state) limit 1), 'withheld')`;
}

interface GroundRow extends Row {
  deployment: string;
  id: string;
  private: boolean;
  state: Exclude<EvidenceState, 'withheld'>;
}

/**
 * The evidence of deployments, by their ids.
 *
 * @param query of the state of the database in which the deployments were read
 * @param deployments as they are shown
 * @param at the moment that is asked about
 * @param knownAt by when it was known; undefined for all that is
 * @param readable those of which the caller may read private parts
 */
export async function readEvidence(
  query: Query,
  deployments: readonly Header[],
  { at, knownAt }: { at: string; knownAt: string | undefined },
  readable: ReadonlySet<string>,
): Promise<Map<string, Evidence>> {
  const rows = await query<GroundRow>(
    `select r.header->>'id' as deployment, g.*
     from jsonb_array_elements($1::jsonb) r(header) cross join lateral (${groundsOf('r', '$2', '$3')}) g order by g.id`,
    [JSON.stringify(deployments), at, knownAt ?? null],
  );
  return new Map(
    deployments.map(({ id: deployment }) => {
      const grounds = rows.filter((row) => row.deployment === deployment && (readable.has(deployment) || !row.private));
      const state = evidenceStates.find((candidate) => grounds.some((ground) => ground.state === candidate));
      const records = grounds.flatMap(({ id, state: found }) => (found === 'current' ? [] : [{ id, state: found }]));
      return [deployment, { state: state ?? 'withheld', records }];
    }),
  );
}
