import { formatTime } from '@proofward/evidence';
import type { Caller } from '../identity/authenticator.js';
import { readEvidence } from '../queries/evidence.js';
import type { Past } from '../queries/past.js';
import type { Services } from './services.js';
import type { RecordView } from './view.js';

/** Deployments with whether what they were allowed on holds; other records as they are. */
export async function withEvidence(
  { database, viewer }: Services,
  caller: Caller,
  views: readonly RecordView[],
  { asOf }: Past,
): Promise<RecordView[]> {
  const deployments = views.filter(({ header }) => header.type === 'deployment');
  if (deployments.length === 0) return [...views];
  const readable = new Set(
    deployments.filter(({ header }) => viewer.mayReadPrivate(caller, header)).map(({ id }) => id),
  );
  const ids = deployments.map(({ id }) => id);
  const found = await readEvidence(database, ids, asOf ?? formatTime(Date.now()), readable);
  return views.map((view) => (found.has(view.id) ? { ...view, evidence: found.get(view.id) } : view));
}
