/**
 * SQL of the window's begin of the first batch that counts a receipt of an endpoint and ends after a moment; no row where none
 * does. As the index records_counted has it.
 *
 * @param known what else is asked of the batch `b`
 */
export function firstCounted(owner: string, endpoint: string, since: string, known = 'true'): string {
  return `select b.header->'window'->>'from' as begins from records b
    where b.type = 'batch' and b.header->>'count' <> '0' and not b.deleted and b.owner = ${owner}
      and b.header->>'endpoint' = ${endpoint} and b.effective_at > (${since}) collate "C" and ${known}
    order by b.effective_at limit 1`;
}

/** SQL of whether no batch that speaks for the time of deployment `r` counts a receipt. */
export function isSilent(r: string): string {
  return `not exists (
    select 1 from (${firstCounted(`${r}.owner`, `${r}.header->>'endpoint'`, `${r}.header->>'from'`)}) counted
    where ${r}.header->>'to' is null or counted.begins collate "C" < ${r}.header->>'to')`;
}
