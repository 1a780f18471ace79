import {
  disclosurePrivateSchema,
  disclosurePublicSchema,
  disclosureRequestPrivateSchema,
  idPartSchema,
  presentationSchema,
  timeSchema,
} from '@proofward/evidence';
import { z } from 'zod';
import { disclosureOf } from '../disclosure/show.js';
import { requireScope } from '../identity/authenticator.js';
import { kinds } from '../kinds.js';
import { requireWriter } from './new-record.js';
import { createdAnswer, writeErrors } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const { request, refused } = disclosurePrivateSchema.shape;
const { record, fields } = disclosureRequestPrivateSchema.shape;

const showSchema = z.strictObject({
  request,
  /** What the request asks for, as its author shows it; needed where it was not served over the ledger. */
  asked: presentationSchema.optional(),
  /** What is refused of what is asked for, each with why; the rest is shown. */
  refused,
  /** Of one's own accord: to whom, of which record, which fields. */
  recipient: disclosurePublicSchema.shape.recipient.optional(),
  record: record.optional(),
  fields: fields.optional(),
  name: idPartSchema.optional(),
  version: idPartSchema.optional(),
  effectiveAt: timeSchema.optional(),
});

/** A disclosure is made from what this organisation holds: its callers name fields, not salts. */
export function disclosureRoutes(services: Services): Route[] {
  const { accessLog, config, identities, registrar, viewer } = services;
  const disclosure = kinds.disclosure;
  return [
    route({
      method: 'post',
      path: '/v1/disclosures',
      operationId: 'disclose',
      summary:
        'Answers a disclosure request field by field, shown or refused, or shows fields without one. Owner and recipient endorse it, and only they learn what was shown.',
      query: {},
      fromReadModel: true,
      scope: 'records:write',
      body: showSchema,
      answer: 'Record',
      creates: 'record',
      errors: [
        ...writeErrors,
        'RECORD_EXISTS',
        'REFERENCE_NOT_FOUND',
        'INVALID_TRANSITION',
        'PRESENTATION_MISMATCH',
        'COMMITMENT_MISMATCH',
        'PRIVATE_DATA_MISSING',
        'PRIVATE_DATA_ERASED',
        'READ_MODEL_BEHIND',
        'READ_MODEL_UNAVAILABLE',
      ],
      answerTo: async ({ caller, body }) => {
        requireWriter(disclosure, config, caller);
        requireScope(caller, 'private:read');
        const command = await disclosureOf(services, caller, body);
        await accessLog.write(caller, 'disclose');
        const written = await registrar.create(identities.get(caller.identity), command);
        return createdAnswer(viewer, caller, disclosure, written);
      },
    }),
  ];
}
