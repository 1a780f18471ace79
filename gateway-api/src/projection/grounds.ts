import { type PrivateRecord, privateValues, releaseDecisionPrivateSchema } from '@proofward/evidence';

/** What a release decision rests on, each with its end; the decision itself ends with the first of them. */
export function groundsIn(record: PrivateRecord): { ground: string; until: string | null }[] {
  const values = releaseDecisionPrivateSchema.safeParse(privateValues(record));
  if (!values.success) return [];
  const grounds = new Map<string, string | null>([[record.id, values.data.until ?? null]]);
  for (const { records = [], until = null } of values.data.requirements) {
    for (const ground of records) {
      const other = grounds.get(ground) ?? null;
      grounds.set(ground, until !== null && (other === null || until < other) ? until : other);
    }
  }
  return [...grounds].map(([ground, until]) => ({ ground, until }));
}
