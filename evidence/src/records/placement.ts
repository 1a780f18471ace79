import type { OrganizationRole } from '../consortium.js';
import type { ProviderCollection } from '../policy/collections.js';
import { amendedType } from './amendment.js';
import type { RecordId, RecordType } from './id.js';

interface Naming {
  /** The name of its contract, and the path segment of its resource. */
  plural: string;
  /** Whether the type has a natural name. One that has none takes 16 random bytes, and version 1. */
  named: boolean;
  /** Whether an author can keep one to itself: private part and mark then lie in its implicit collection. */
  confidentially?: true;
}

/** In one of a provider's collections. */
export interface ProvidersPlace {
  /** Which of a provider's collections holds the private part, where there is one, and says who endorses. */
  collection: ProviderCollection;
  /**
   * Whose collection it is. `author`: the provider's who wrote it, and its mark lies there too. `subject`: that of the
   * provider of the record named in the public field `subject`, or first in `subjects`; the author is another member of it, the mark lies in his
   * implicit collection, and the provider does not endorse: nobody vetoes what is said of him.
   */
  holder: 'author' | 'subject';
}

/** Between two organisations: private part and mark lie in the implicit collections of both, and both endorse. */
interface PartiesPlace {
  holder: 'parties';
  collection?: undefined;
  ofOthers?: undefined;
}

/** Nobody's in particular: it is public, its mark lies in the collection of all, and a majority endorses. */
interface ConsortiumPlace {
  holder: 'consortium';
  collection?: undefined;
  ofOthers?: undefined;
}

/** With the record that it is of: its private part and mark lie where that one's do, and the same organisations endorse. */
interface RecordsPlace {
  holder: 'record';
  collection?: undefined;
  ofOthers?: undefined;
}

/** Where records of a type lie, and so who endorses and who reads them. */
export type Placement = Naming &
  (
    | (ProvidersPlace & {
        /** Where it lies instead if its author is no provider, and so has no collections of its own. */
        ofOthers?: ProvidersPlace;
      })
    | PartiesPlace
    | ConsortiumPlace
    | RecordsPlace
  );

/** The types whose records are made as requests say: all but role records, which the approved consortium file makes. */
export type PlacedType = Exclude<RecordType, 'role'>;

/** One table for chaincode and gateways. */
export const placements = {
  dataset: { plural: 'datasets', collection: 'datasets', holder: 'author', named: true },
  grant: { plural: 'grants', collection: 'datasets', holder: 'author', named: false },
  model: { plural: 'models', collection: 'models', holder: 'author', named: true },
  plan: { plural: 'plans', collection: 'audits', holder: 'subject', named: false },
  attestation: { plural: 'attestations', collection: 'audits', holder: 'subject', named: false },
  policy: { plural: 'policies', collection: 'operations', holder: 'author', named: true },
  response: { plural: 'responses', collection: 'operations', holder: 'author', named: false },
  incident: {
    plural: 'incidents',
    collection: 'operations',
    holder: 'author',
    ofOthers: { collection: 'audits', holder: 'subject' },
    named: false,
    confidentially: true,
  },
  dispute: { plural: 'disputes', collection: 'audits', holder: 'subject', named: false },
  'dispute-statement': { plural: 'dispute-statements', collection: 'audits', holder: 'subject', named: false },
  amendment: { plural: 'amendments', holder: 'record', named: false },
  'disclosure-request': { plural: 'disclosure-requests', holder: 'parties', named: false },
  disclosure: { plural: 'disclosures', holder: 'parties', named: false },
  'sign-off': { plural: 'sign-offs', collection: 'operations', holder: 'author', named: false },
  waiver: { plural: 'waivers', collection: 'operations', holder: 'author', named: false },
  'release-decision': { plural: 'release-decisions', collection: 'operations', holder: 'author', named: false },
  deployment: { plural: 'deployments', collection: 'operations', holder: 'author', named: false },
  batch: { plural: 'batches', collection: 'operations', holder: 'author', named: false },
  proposal: { plural: 'proposals', holder: 'consortium', named: false },
  vote: { plural: 'votes', holder: 'consortium', named: false },
  setting: { plural: 'settings', holder: 'consortium', named: true },
} as const satisfies Record<PlacedType, Placement>;

/** Where records of a type lie that an organisation of that role writes. */
export function placementOf(type: PlacedType, author: OrganizationRole): Placement {
  const placement: Placement = placements[type];
  return author === 'provider' || placement.ofOthers === undefined
    ? placement
    : { ...placement, ...placement.ofOthers };
}

/** The types whose records have a place of their own, and not that of another record. */
export type SettledType = Exclude<PlacedType, 'amendment'>;

/** The type by which a record is placed: its own, or that of the record that it amends; undefined where its id says none. */
export function settledType({ type, name }: Pick<RecordId, 'name'> & { type: PlacedType }): SettledType | undefined {
  return type === 'amendment' ? amendedType(name) : type;
}

/** Whether a record of these public fields is kept by its author to itself. */
export function isConfidential(type: PlacedType, fields: object): boolean {
  const placement: Placement = placements[type];
  return placement.confidentially === true && 'confidential' in fields && fields.confidential === true;
}

/** The id of the record that decides where one lies that is its subject's: the only, or the first one that it is about. */
export function subjectOf(fields: object): string | undefined {
  const { subject, subjects } = fields as { subject?: unknown; subjects?: unknown };
  const first: unknown = Array.isArray(subjects) ? subjects[0] : subject;
  return typeof first === 'string' ? first : undefined;
}

export const placedTypes = Object.keys(placements) as [PlacedType, ...PlacedType[]];
