import { codeSchema, formatId, parseId, type PlacedType, ProofwardError, timeSchema } from '@proofward/evidence';
import { z } from 'zod';
import type { Query } from '../database/database.js';
import type { Caller } from '../identity/authenticator.js';
import { type Kind, operationNoun } from '../kinds.js';
import type { Created } from '../ledger/registrar.js';
import { one, readPast } from '../queries/page.js';
import type { Past } from '../queries/past.js';
import type { Beside, StoredAmendment, StoredRecord } from '../queries/records.js';
import { inOneState, withEvidence } from './evidence.js';
import { blastRadiusRoute, lineageRoute, recallRoute } from './lineage.js';
import { listRoute, pastQuery } from './list.js';
import { createCommand, newRecordSchema, previewOf, requireWriter } from './new-record.js';
import { flagSchema, type Preview, type Route, route } from './route.js';
import type { Services } from './services.js';
import { verificationRoute } from './verification.js';
import { amendmentsOf, placeOf, type Viewer } from './view.js';

const transitionSchema = z.strictObject({
  to: codeSchema,
  reasonCode: codeSchema.optional(),
  revision: z.int().min(1).optional(),
  effectiveAt: timeSchema.optional(),
});

export const writeErrors = [
  'INVALID_ID',
  'FORBIDDEN',
  'UNKNOWN_ORGANIZATION',
  'ENDORSEMENT_FAILED',
  'CHAINCODE_INVALID_ANSWER',
  'LEDGER_UNAVAILABLE',
  'ENDORSERS_UNAVAILABLE',
  'CONTENTION',
  'COMMIT_UNKNOWN',
] as const;

/** What the chaincode finds in the numbers of an audit. */
const auditErrors = [
  'CLAIM_NOT_BORNE',
  'SINGLE_GROUP',
  'COUNTS_DISAGREE',
  'DUPLICATE_GROUP',
  'NEGATIVE_COUNT',
  'FRACTIONAL_COUNT',
  'COUNT_TOO_LARGE',
  'GROUP_FEATURES_DIFFER',
  'UNKNOWN_GROUP',
  'EXCLUDED_SHARE_TOO_LARGE',
  'RECOMPUTATION_TOO_LARGE',
] as const;

/** What the chaincode finds in a policy. */
const policyErrors = ['POLICY_NOT_IN_FORCE', 'POLICY_LOOSENED', 'PROPOSAL_MISMATCH'] as const;

/** Where the chaincode asks who made a record. */
const personErrors = ['PRIVATE_DATA_MISSING', 'PRIVATE_DATA_ERASED'] as const;

/** What no caller writes as a record of which he says all. */
const made: readonly PlacedType[] = ['release-decision', 'batch', 'amendment', 'disclosure', 'setting'];

/** The operations that every record type of a provider's collections has. */
export function recordRoutes(kind: Kind, services: Services): Route[] {
  const { config, identities, registrar, stopIncidents, viewer } = services;
  const collection = `/v1/${kind.plural}`;
  const single = `${collection}/:org/:name/:version`;
  const named = operationNoun(kind);
  const read = { query: {}, fromReadModel: true, scope: 'records:read' } as const;
  const write = { query: {}, fromReadModel: false, scope: 'records:write' } as const;

  const create = () =>
    route({
      ...write,
      method: 'post',
      path: collection,
      operationId: `create${named}`,
      summary: `Records a ${kind.type}. The same content again answers 200 with the record that exists.`,
      body: newRecordSchema(kind),
      answer: 'Record',
      creates: 'record',
      errors: [
        ...writeErrors,
        'RECORD_EXISTS',
        'REFERENCE_NOT_FOUND',
        'GRANT_REQUIRED',
        'GRANT_INVALID',
        'PLAN_MISMATCH',
        ...(kind.type === 'policy' ? policyErrors : []),
        ...(kind.type === 'proposal' ? (['POLICY_NOT_IN_FORCE'] as const) : []),
        ...(kind.type === 'vote' ? (['PROPOSAL_CLOSED'] as const) : []),
        ...(kind.type === 'deployment' ? ([...personErrors, 'DECISION_INVALID', 'INCIDENT_OWED'] as const) : []),
        ...(kind.type === 'attestation' ? auditErrors : []),
        ...(kind.type === 'sign-off' ? ([...personErrors, 'SIGNED_BY_REGISTRANT'] as const) : []),
        'SELF_ATTESTATION',
        'NOT_A_MEMBER',
        'COMMITMENT_MISMATCH',
      ],
      answerTo: async ({ caller, body }) => {
        const command = createCommand(kind, config, caller, body);
        const submit = () => registrar.create(identities.get(caller.identity), command);
        const created = kind.type === 'deployment' ? stopIncidents.before(submit) : submit();
        return createdAnswer(viewer, caller, kind, await created);
      },
      preview: kind.type === 'attestation' ? auditPreview(kind, services) : undefined,
    });
  const transition = () =>
    route({
      ...write,
      method: 'post',
      path: `${single}/transitions`,
      operationId: `transition${named}`,
      summary: `Changes the state of a ${kind.type}.`,
      body: transitionSchema,
      answer: 'Record',
      errors: [
        ...writeErrors,
        'RECORD_NOT_FOUND',
        'INVALID_TRANSITION',
        'REVISION_CONFLICT',
        'PRIVATE_DATA_MISSING',
        ...(kind.type === 'proposal' ? (['PROPOSAL_UNDECIDED', 'POLICY_NOT_IN_FORCE', 'RECORD_EXISTS'] as const) : []),
        ...(kind.type === 'waiver' ? ([...personErrors, 'SECOND_PERSON_REQUIRED'] as const) : []),
      ],
      answerTo: async ({ caller, path, body }) => {
        const command = { type: kind.type, id: idIn(kind, path), ...body };
        const { header, block, txId } = await registrar.transition(identities.get(caller.identity), command);
        const view = viewer.header(header, { block, txId });
        return { status: 200, body: { ...view, blockHeight: block + 1 } };
      },
    });
  return [
    // These are made by what is asked or sent in elsewhere: a release, an amendment, a disclosure, receipts, a proposal.
    ...(made.includes(kind.type) ? [] : [create()]),
    listRoute(
      kind.type,
      {
        path: collection,
        operationId: `list${named}s`,
        summary: `Lists ${kind.plural}. Filters are AND across names and OR on repeats.`,
      },
      services,
    ),
    route({
      ...read,
      method: 'get',
      path: single,
      operationId: `get${named}`,
      summary: `A ${kind.type} as it is now, or was.`,
      query: {
        ...pastQuery,
        salts: {
          description: '`true` adds the private fields with their salts, to show single ones.',
          schema: flagSchema,
        },
      },
      answer: 'Record',
      errors: ['INVALID_ID', 'RECORD_NOT_FOUND', 'UNKNOWN_FILTER', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'],
      answerTo: async ({ caller, path, query }) => {
        const past = readPast(query);
        const withSalts = one(query, 'salts', flagSchema) === 'true';
        return inOneState(services, kind.type, async (state) => {
          const { record, height } = await requireRecord(services, idIn(kind, path), past, state);
          const { header, privatePart } = record;
          const view = viewer.view(caller, header, placeOf(record), privatePart, withSalts);
          const [shown = view] = await withEvidence(services, state, caller, [view], past);
          const { beside } = record;
          const amendments = amendmentsOf(viewer, caller, record.amendments);
          return { status: 200, body: { ...shown, beside, ...amendments, blockHeight: height } };
        });
      },
    }),
    route({
      ...read,
      method: 'get',
      path: `${single}/history`,
      operationId: `get${named}History`,
      summary: `All revisions of a ${kind.type}, newest first.`,
      answer: 'History',
      errors: ['INVALID_ID', 'RECORD_NOT_FOUND', 'UNKNOWN_FILTER', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'],
      answerTo: ({ caller, path }) => historyOf(services, caller, idIn(kind, path)),
    }),
    ...(['batch', 'amendment', 'disclosure', 'vote', 'setting'].includes(kind.type) ? [] : [transition()]),
    ...(kind.type === 'dataset' || kind.type === 'model'
      ? [lineageRoute(kind, single, services), recallRoute(kind, single, services)]
      : []),
    ...(kind.type === 'incident' ? [blastRadiusRoute(kind, single, services)] : []),
    ...(kind.verifies === undefined ? [] : [verificationRoute(kind, single, services)]),
  ];
}

/** What the numbers of an attestation bear, shown before anything is signed. */
function auditPreview(kind: Kind, { config }: Services): Preview<z.output<ReturnType<typeof newRecordSchema>>> {
  return {
    answer: 'AuditPreview',
    answerTo: ({ caller, body }) => {
      requireWriter(kind, config, caller);
      return Promise.resolve({ status: 200, body: previewOf(body) });
    },
  };
}

/** The id that a path names. */
export function idIn(
  { type }: Pick<Kind, 'type'>,
  { org = '', name = '', version = '' }: Record<string, string>,
): string {
  const id = formatId({ type, org, name, version });
  parseId(id);
  return id;
}

/** @throws ProofwardError RECORD_NOT_FOUND */
export async function requireRecord(
  { records }: Services,
  id: string,
  past?: Past,
  query?: Query,
): Promise<{ record: StoredRecord & { beside: Beside[]; amendments: StoredAmendment[] }; height: number }> {
  const { value, height } = await records.find(id, past, query);
  if (value === undefined) throw new ProofwardError('RECORD_NOT_FOUND', `there is no ${id}`);
  return { record: value, height };
}

export async function historyOf({ database, records, viewer }: Services, caller: Caller, id: string) {
  const { value, height, found } = await database.snapshot(async (query) => ({
    ...(await records.history(id, query)),
    found: (await records.find(id, undefined, query)).value,
  }));
  if (value.length === 0) throw new ProofwardError('RECORD_NOT_FOUND', `there is no ${id}`);
  const revisions = value.map((stored) => {
    const { header, reasonCode } = stored;
    const { revision, status, recordedAt, effectiveAt } = header;
    const reason = reasonCode !== undefined && viewer.mayReadPrivate(caller, header) ? { reasonCode } : {};
    if ('reasonCode' in reason) caller.reads.add(id);
    return { revision, status, recordedAt, effectiveAt, ...reason, ledger: placeOf(stored), header };
  });
  const amendments = amendmentsOf(viewer, caller, found?.amendments ?? []);
  return { status: 200 as const, body: { revisions, ...amendments, blockHeight: height } };
}

/** A record that was created, or that exists with the same content. */
export function createdAnswer(viewer: Viewer, caller: Caller, kind: Kind, created: Created) {
  const { header, block, txId, replay, record } = created;
  return {
    status: replay ? (200 as const) : (201 as const),
    body: { ...viewer.view(caller, header, { block, txId }, record ?? 'missing'), blockHeight: block + 1 },
    location: pathOf(kind, header.id),
  };
}

export function pathOf({ plural }: Kind, id: string): string {
  const { org, name, version } = parseId(id);
  return `/v1/${plural}/${org}/${name}/${version}`;
}
