import { amendmentPrivateSchema, amendmentPublicSchema, timeSchema } from '@proofward/evidence';
import { z } from 'zod';
import { amend } from '../amendment/amend.js';
import { kinds } from '../kinds.js';
import { requireWriter } from './new-record.js';
import { createdAnswer, writeErrors } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const amendingSchema = z.strictObject({
  ...amendmentPublicSchema.omit({ subject: true }).shape,
  private: amendmentPrivateSchema,
  effectiveAt: timeSchema.optional(),
});

/** An amendment's id follows from what it amends, and its place from where that lies. */
export function amendmentRoutes(services: Services): Route[] {
  const { config, viewer } = services;
  const amendment = kinds.amendment;
  return [
    route({
      method: 'post',
      path: '/v1/amendments',
      operationId: 'createAmendment',
      summary:
        'Corrects one private field of an own record, which stays as it is: its commitment proves the earlier value, the amendment’s the corrected one. The same correction again answers 200 with the amendment that exists.',
      query: {},
      fromReadModel: false,
      scope: 'records:write',
      body: amendingSchema,
      answer: 'Record',
      creates: 'record',
      errors: [
        ...writeErrors,
        'RECORD_EXISTS',
        'REFERENCE_NOT_FOUND',
        'FIELD_NOT_AMENDABLE',
        'EARLIER_VALUE_DIFFERS',
        'COMMITMENT_MISMATCH',
        'PRIVATE_DATA_MISSING',
        'PRIVATE_DATA_ERASED',
      ],
      answerTo: async ({ caller, body }) => {
        requireWriter(amendment, config, caller);
        return createdAnswer(viewer, caller, amendment, await amend(services, caller, body));
      },
    }),
  ];
}
