import { formatId, roleId, ProofwardError, slugSchema } from '@proofward/evidence';
import { listRoute } from './list.js';
import { historyOf, requireRecord } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';
import { placeOf } from './view.js';

/** Which organisation is what. Role records are public as a whole. */
export function roleRoutes(services: Services): Route[] {
  const { identities, registrar, viewer } = services;
  const read = { query: {}, fromReadModel: true, scope: 'records:read' } as const;
  const readErrors = ['UNKNOWN_FILTER', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'] as const;
  return [
    listRoute(
      'role',
      { path: '/v1/roles', operationId: 'listRoles', summary: "Lists the organisations' role records." },
      services,
    ),
    route({
      ...read,
      method: 'get',
      path: '/v1/roles/:org',
      operationId: 'getRole',
      summary: 'The role record of an organisation.',
      answer: 'Record',
      errors: [...readErrors, 'INVALID_ID', 'RECORD_NOT_FOUND'],
      answerTo: async ({ path }) => {
        const { record, height } = await requireRecord(services, roleIdIn(path));
        return {
          status: 200,
          body: { ...viewer.header(record.header, placeOf(record)), blockHeight: height },
        };
      },
    }),
    route({
      ...read,
      method: 'get',
      path: '/v1/roles/:org/history',
      operationId: 'getRoleHistory',
      summary: 'All revisions of a role record, newest first.',
      answer: 'History',
      errors: [...readErrors, 'INVALID_ID', 'RECORD_NOT_FOUND'],
      answerTo: ({ caller, path }) => historyOf(services, caller, roleIdIn(path)),
    }),
    route({
      method: 'post',
      path: '/v1/roles/:org/apply',
      operationId: 'applyRole',
      summary: 'Writes the role record as the approved consortium file has it. Needs a majority of the organisations.',
      query: {},
      fromReadModel: false,
      scope: 'records:write',
      answer: 'Record',
      creates: 'record',
      errors: [
        'INVALID_ID',
        'FORBIDDEN',
        'ROLE_NOT_APPROVED',
        'ENDORSEMENT_FAILED',
        'CHAINCODE_INVALID_ANSWER',
        'LEDGER_UNAVAILABLE',
        'ENDORSERS_UNAVAILABLE',
        'CONTENTION',
        'COMMIT_UNKNOWN',
      ],
      answerTo: async ({ caller, path }) => {
        const { header, block, txId, replay } = await registrar.applyRole(identities.get(caller.identity), orgIn(path));
        const view = viewer.header(header, { block, txId });
        return {
          status: replay ? 200 : 201,
          body: { ...view, blockHeight: block + 1 },
          location: `/v1/roles/${orgIn(path)}`,
        };
      },
    }),
  ];
}

function orgIn({ org = '' }: Record<string, string>): string {
  if (!slugSchema.safeParse(org).success) throw new ProofwardError('INVALID_ID', 'not the name of an organisation');
  return org;
}

function roleIdIn(path: Record<string, string>): string {
  return formatId(roleId(orgIn(path)));
}
