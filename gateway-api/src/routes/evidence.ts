import { formatTime, type RecordType, requestStatusAt } from '@proofward/evidence';
import type { Query } from '../database/database.js';
import type { Caller } from '../identity/authenticator.js';
import { readEvidence } from '../queries/evidence.js';
import type { Past } from '../queries/past.js';
import type { Services } from './services.js';
import type { RecordView } from './view.js';

/** Reads of one state of the database, where the records' evidence is read after them. */
export function inOneState<T>(
  { database }: Services,
  type: RecordType,
  read: (query: Query) => Promise<T>,
): Promise<T> {
  return type === 'deployment' ? database.snapshot(read) : read(database.query);
}

/** Deployments with whether what they were allowed on holds, requests with whether they are overdue; others as they are. */
export async function withEvidence(
  { viewer }: Services,
  query: Query,
  caller: Caller,
  given: readonly RecordView[],
  { asOf, knownAt }: Past,
): Promise<RecordView[]> {
  const at = asOf ?? knownAt ?? formatTime(Date.now());
  const views = given.map((view) => withOverdue(view, at));
  const deployments = views.map(({ header }) => header).filter(({ type }) => type === 'deployment');
  if (deployments.length === 0) return views;
  const readable = new Set(deployments.filter((header) => viewer.mayReadPrivate(caller, header)).map(({ id }) => id));
  const found = await readEvidence(query, deployments, { at, knownAt }, readable);
  return views.map((view) => (found.has(view.id) ? { ...view, evidence: found.get(view.id) } : view));
}

/** Silence after the deadline shows without anybody's recording it. */
function withOverdue(view: RecordView, moment: string): RecordView {
  const { header } = view;
  return header.type === 'disclosure-request' ? { ...view, status: requestStatusAt(header, moment) } : view;
}
