import { digestSchema, idPartSchema, receiptIdSchema, slugSchema, textSchema } from '@proofward/evidence';
import { z } from 'zod';
import { momentSchema } from '../queries/filters.js';
import { Tracer } from '../trace/trace.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const past = { asOf: momentSchema.optional(), knownAt: momentSchema.optional() };
const endpoint = { endpoint: idPartSchema, site: slugSchema.optional() };

const traceSchema = z.union([
  z.strictObject({ receipt: receiptIdSchema, ...past }),
  z.strictObject({
    output: z.union([
      z.strictObject({ digest: digestSchema, salt: digestSchema }),
      z.strictObject({ commitment: digestSchema }),
    ]),
    ...past,
  }),
  z.strictObject({ externalReference: z.strictObject({ system: textSchema, id: textSchema }), ...past }),
  z.strictObject({ ...endpoint, at: momentSchema, ...past }),
  z.strictObject({ ...endpoint, localDay: z.iso.date(), zone: z.string().min(1).max(64), ...past }),
]);

/** The question that all of this is for. It is a POST, so that digests and ids stay out of the logs on the way. */
export function traceRoutes(services: Services): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/trace',
      operationId: 'trace',
      summary:
        'Which model version produced an output, on what evidence it was allowed to run, and who signed, as it stood then.',
      query: {},
      fromReadModel: true,
      scope: 'records:read',
      body: traceSchema,
      answer: 'Trace',
      errors: ['READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'],
      answerTo: async ({ caller, body: { asOf, knownAt, ...asked } }) => {
        const tracer = new Tracer(services, caller, { asOf, knownAt });
        const question = 'endpoint' in asked ? { ...asked, site: asked.site ?? services.config.slug } : asked;
        return { status: 200, body: await tracer.trace(question) };
      },
    }),
  ];
}
