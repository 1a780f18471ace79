import { formatTime, requestStatusAt } from '@proofward/evidence';
import type { Caller } from '../identity/authenticator.js';
import { readEvidence } from '../queries/evidence.js';
import type { Past } from '../queries/past.js';
import type { Services } from './services.js';
import type { RecordView } from './view.js';

/** Deployments with whether what they were allowed on holds, requests with whether they are overdue; others as they are. */
export async function withEvidence(
  { database, viewer }: Services,
  caller: Caller,
  given: readonly RecordView[],
  { asOf, knownAt }: Past,
): Promise<RecordView[]> {
  const views = given.map((view) => withOverdue(view, asOf ?? knownAt ?? formatTime(Date.now())));
  const deployments = views.filter(({ header }) => header.type === 'deployment');
  if (deployments.length === 0) return views;
  const readable = new Set(
    deployments.filter(({ header }) => viewer.mayReadPrivate(caller, header)).map(({ id }) => id),
  );
  const ids = deployments.map(({ id }) => id);
  const found = await readEvidence(database, ids, asOf ?? formatTime(Date.now()), readable);
  return views.map((view) => (found.has(view.id) ? { ...view, evidence: found.get(view.id) } : view));
}

/** Silence after the deadline shows without anybody's recording it. */
function withOverdue(view: RecordView, moment: string): RecordView {
  const { header } = view;
  return header.type === 'disclosure-request' ? { ...view, status: requestStatusAt(header, moment) } : view;
}
