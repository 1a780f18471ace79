import {
  idPartSchema,
  idSchema,
  presentationSchema,
  releaseDecisionPrivateSchema,
  stopSchema,
  timeSchema,
} from '@proofward/evidence';
import { z } from 'zod';
import type { Caller } from '../identity/authenticator.js';
import { kinds } from '../kinds.js';
import type { StopCommand } from '../ledger/registrar.js';
import { decideRelease, recordedDecision } from '../release/request.js';
import { createdAnswer, idIn, writeErrors } from './record-routes.js';
import { requireWriter } from './new-record.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const { purpose } = releaseDecisionPrivateSchema.shape;

const releaseRequestSchema = z.strictObject({
  model: idSchema('model'),
  purpose,
  name: idPartSchema.optional(),
  version: idPartSchema.optional(),
  /** What others have shown of their attestations. */
  presentations: z
    .array(z.strictObject({ attestation: idSchema('attestation'), presentation: presentationSchema }))
    .max(256)
    .default([]),
  /** Those whose private part this organisation holds itself; all that it holds of the model where absent. */
  attestations: z.array(idSchema('attestation')).max(256).optional(),
  /** The site's own; all that are active where absent. */
  signOffs: z.array(idSchema('sign-off')).max(256).optional(),
  waivers: z.array(idSchema('waiver')).max(256).optional(),
  effectiveAt: timeSchema.optional(),
});

const stopBodySchema = z.strictObject({
  /** The sign-offs that it was done with. */
  approvals: stopSchema.shape.approvals.optional(),
  /** When it was switched; now where absent. */
  effectiveAt: timeSchema.optional(),
});
const rollbackBodySchema = stopBodySchema.extend({
  /** The version that the endpoint went back to. */
  returnedTo: idSchema('model'),
});

/** Whether a model version may run at this site, and how what runs is stopped. */
export function releaseRoutes(services: Services): Route[] {
  const { accessLog, config, identities, registrar, viewer } = services;
  const decision = kinds['release-decision'];
  const deployment = kinds.deployment;
  const single = `/v1/${deployment.plural}/:org/:name/:version`;
  const stopping = {
    method: 'post',
    query: {},
    fromReadModel: false,
    scope: 'records:write',
    answer: 'Record',
    errors: [...writeErrors, 'RECORD_NOT_FOUND', 'INVALID_TRANSITION'],
  } as const;
  return [
    route({
      method: 'post',
      path: '/v1/release-requests',
      operationId: 'requestRelease',
      summary:
        'Decides whether a model version may run at this site, and records the decision, a refusal like an allowance.',
      query: {},
      fromReadModel: true,
      scope: 'records:write',
      body: releaseRequestSchema,
      answer: 'Record',
      creates: 'record',
      errors: [
        ...writeErrors,
        'RECORD_EXISTS',
        'REFERENCE_NOT_FOUND',
        'POLICY_MISSING',
        'POLICY_NOT_IN_FORCE',
        'PRESENTATION_MISMATCH',
        'DECISION_NOT_BORNE',
        'COMMITMENT_MISMATCH',
        'NOT_A_MEMBER',
        'PRIVATE_DATA_MISSING',
        'PRIVATE_DATA_ERASED',
        'READ_MODEL_BEHIND',
        'READ_MODEL_UNAVAILABLE',
      ],
      answerTo: async ({ caller, body }) => {
        requireWriter(decision, config, caller);
        const decided = await decideRelease(services, caller, body);
        await accessLog.write(caller, 'requestRelease');
        return createdAnswer(viewer, caller, decision, await recordedDecision(services, caller, body, decided));
      },
      preview: {
        answer: 'ReleasePreview',
        answerTo: async ({ caller, body }) => {
          requireWriter(decision, config, caller);
          const { policies, evaluation } = await decideRelease(services, caller, body);
          await accessLog.write(caller, 'requestRelease');
          const { outcome, requirements, until } = evaluation;
          return { status: 200, body: { outcome, requirements, ...(until && { until }), policies } };
        },
      },
    }),
    route({
      ...stopping,
      path: `${single}/stop`,
      operationId: 'stopDeployment',
      summary:
        'Stops a deployment. Never refused to the site, which needs nobody else for it; what is missing is flagged.',
      body: stopBodySchema,
      answerTo: ({ caller, path, body }) => stopped(caller, { id: idIn(deployment, path), kind: 'stop', ...body }),
    }),
    route({
      ...stopping,
      path: `${single}/rollback`,
      operationId: 'rollBackDeployment',
      summary: 'The same where the endpoint goes back to another version.',
      body: rollbackBodySchema,
      answerTo: ({ caller, path, body }) => stopped(caller, { id: idIn(deployment, path), kind: 'rollback', ...body }),
    }),
  ];

  async function stopped(caller: Caller, command: StopCommand) {
    const { header, block, txId } = await registrar.stop(identities.get(caller.identity), command);
    return { status: 200 as const, body: { ...viewer.header(header, { block, txId }), blockHeight: block + 1 } };
  }
}
