import type { Database, Row } from '../database/database.js';

/** Whether what a deployment was allowed on still holds; the gravest counts. */
export const evidenceStates = ['withdrawn', 'disputed', 'lapsed', 'current', 'withheld'] as const;
export type EvidenceState = (typeof evidenceStates)[number];

export interface Evidence {
  state: EvidenceState;
  /** What does not hold any more. */
  records: { id: string; state: Exclude<EvidenceState, 'current' | 'withheld'> }[];
}

/**
 * The grounds of deployment `r` with their states, at the moment of the placeholder `at` or when it ended, whichever was
 * first: it is asked what held while it ran. What its decision rests on is known to the decision's readers alone; that a
 * model was revoked, or data that it was made from withdrawn, is public.
 */
function groundsOf(r: string, at: string): string {
  const moment = `least(coalesce(${r}.header->>'to', ${at}::text), ${at}::text) collate "C"`;
  return `select g.ground as id, true as private,
      case when a.effective_at <= ${moment} and a.header->>'status' = 'disputed' then 'disputed'
        when a.effective_at <= ${moment} and a.header->>'status' not in ('active', 'decided') then 'withdrawn'
        when g.until collate "C" <= ${moment} then 'lapsed' else 'current' end as state
    from release_grounds g left join records a on a.id = g.ground where g.decision = ${r}.header->>'decision'
    union all
    select a.id, false, 'withdrawn' from record_references f join records a on a.id = f.to_id
    where f.from_id = ${r}.header->>'model' and f.relation = 'datasets'
      and a.header->>'status' = 'withdrawn' and a.effective_at <= ${moment}
    union all
    select a.id, false, 'withdrawn' from records a
    where a.id = ${r}.header->>'model' and a.header->>'status' = 'revoked' and a.effective_at <= ${moment}`;
}

/** The state of deployment `r`'s evidence, for a list's filter. */
export function evidenceStateOf(r: string, at: string): string {
  return `coalesce((select state from (${groundsOf(r, at)}) found
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
 * @param at the moment that is asked about
 * @param readable those of which the caller may read private parts
 */
export async function readEvidence(
  database: Database,
  ids: readonly string[],
  at: string,
  readable: ReadonlySet<string>,
): Promise<Map<string, Evidence>> {
  const rows = await database.query<GroundRow>(
    `select r.id as deployment, g.* from records r cross join lateral (${groundsOf('r', '$2')}) g
     where r.id = any($1) order by g.id`,
    [ids, at],
  );
  return new Map(
    ids.map((deployment) => {
      const grounds = rows.filter((row) => row.deployment === deployment && (readable.has(deployment) || !row.private));
      const state = evidenceStates.find((candidate) => grounds.some((ground) => ground.state === candidate));
      const records = grounds.flatMap(({ id, state: found }) => (found === 'current' ? [] : [{ id, state: found }]));
      return [deployment, { state: state ?? 'withheld', records }];
    }),
  );
}
