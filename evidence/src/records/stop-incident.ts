import type { z } from 'zod';
import { bytesToHex, sha256 } from '../bytes.js';
import { canonicalBytes } from '../canonical.js';
import type { stopFlags } from './deployment.js';
import type { HeaderOf } from './header.js';
import { formatId, parseId } from './id.js';
import type { IncidentPrivate, incidentPublicSchema } from './incident.js';

/** What begins the text of which a stop's incident has its name; the read models compute it in SQL too. */
export const stopIncidentDomain = 'proofward/stop-incident/v1';

/**
 * The id of the incident that a flagged stop or rollback opens, a record of the site. Its name is the first 32 hex digits of
 * SHA-256 of canonical `["proofward/stop-incident/v1", deployment]`, its version 1: everybody finds it from the deployment, and
 * there is no second one.
 */
export function stopIncidentId(deployment: string): string {
  const { org } = parseId(deployment);
  const name = bytesToHex(sha256(canonicalBytes([stopIncidentDomain, deployment]))).slice(0, 32);
  return formatId({ type: 'incident', org, name, version: '1' });
}

/** Whether a deployment was stopped or rolled back without what that takes. */
export function owesIncident({ status, flags }: HeaderOf<'deployment'>): boolean {
  return (status === 'stopped' || status === 'rolled-back') && flags !== undefined;
}

const words: Record<(typeof stopFlags)[number], string> = {
  'approval-missing': 'no sign-off of the site approves it',
  'approval-late': 'it was approved after it was done',
  'returned-to-unknown': 'the version returned to is on no record',
};

/**
 * What a site's gateway records of a flagged stop. A minor one: that a term of the law runs is for a person to say, who opens
 * another incident, or this one before the gateway does.
 */
export function incidentOfStop(header: HeaderOf<'deployment'>): {
  id: string;
  publicFields: z.output<typeof incidentPublicSchema>;
  privateFields: IncidentPrivate;
  effectiveAt: string;
} {
  const { id, status, flags = [], recordedAt, effectiveAt } = header;
  const what = status === 'stopped' ? 'stopped' : 'rolled back';
  return {
    id: stopIncidentId(id),
    publicFields: { subjects: [id], severity: 'minor' },
    privateFields: {
      awareAt: recordedAt,
      description: `The deployment was ${what}, and ${flags.map((flag) => words[flag]).join(', and ')}.`,
      timeline: [
        { at: effectiveAt, what: `The endpoint was switched: the deployment was ${what}.` },
        { at: recordedAt, what: 'That was reported to the ledger.' },
      ],
    },
    effectiveAt,
  };
}
