import { StoryError } from '../errors.js';
import type { Narrator } from '../narrator.js';
import type { Parties } from '../parties.js';

/** What every chapter needs. */
export interface Story {
  parties: Parties;
  tell: Narrator;
  /** Where keys, weights and journals of this run are kept. */
  folder: string;
  /** In the names of this run's records, so that it can be told again on the same network. */
  run: string;
}

/** Who plays which part, by slugs. */
export interface Cast {
  hospitals: readonly string[];
  /** The hospital that trains the model. */
  vendor: string;
  /** The other one whose data it trains on. */
  partner: string;
  /** The hospitals at which it runs. */
  sites: readonly [string, string];
  auditor: string;
  regulator: string;
}

const dataOwners = ['cleveland', 'hungarian', 'switzerland', 'long-beach-va'];

/** @throws StoryError for a consortium that is too small */
export function chooseCast(parties: Parties): Cast {
  const hospitals = parties.withRole('provider').filter((slug) => dataOwners.includes(slug));
  const [vendor, partner] = hospitals;
  const [auditor] = parties.withRole('auditor');
  const [regulator] = parties.withRole('regulator');
  if (vendor === undefined || partner === undefined || auditor === undefined || regulator === undefined) {
    throw new StoryError('it takes two hospitals of the example, an auditor and a regulator');
  }
  return { hospitals, vendor, partner, sites: [vendor, partner], auditor, regulator };
}
