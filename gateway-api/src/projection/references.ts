import { type Header, readId } from '@proofward/evidence';

/** That a record's header names another record. */
export interface Reference {
  to: string;
  /** The header's member that names it: `parents`, `datasets`, `subject`. */
  relation: string;
  /** How, where the header says: `fine-tuned`, `training`; empty where it does not. */
  detail: string;
}

/**
 * What a header names of other records. Ids have a form that no code, digest or time has, so a record type that is added
 * later needs no word here. All of it is under the mark, so a record's references are those of its creation.
 */
export function referencesOf(header: Header): Reference[] {
  const found = new Map<string, Reference>();
  const add = (relation: string, to: unknown, detail = '') => {
    if (typeof to === 'string' && readId(to) !== undefined)
      found.set(JSON.stringify([to, relation, detail]), { to, relation, detail });
  };
  for (const [relation, value] of Object.entries(header) as [string, unknown][]) {
    if (relation === 'id') continue;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof item !== 'object' || item === null) add(relation, item);
      else {
        const { id, relation: how, role } = item as Record<string, unknown>;
        add(
          relation,
          id,
          [how, role].find((text) => typeof text === 'string'),
        );
      }
    }
  }
  return [...found.values()];
}
