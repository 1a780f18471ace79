import { ProofwardError, receiptIdSchema, signedReceiptSchema } from '@proofward/evidence';
import { z } from 'zod';
import type { Caller } from '../identity/authenticator.js';
import { ndjson, type Route, route } from './route.js';
import type { Services } from './services.js';

const written = (answers: readonly object[]) => answers.map((answer) => `${JSON.stringify(answer)}\n`).join('');

/** The most of one request in JSON. */
const mostReceipts = 500;

/** Receipts are the site's own: nobody else's gateway has them, and what is not here is the same answer. */
export function receiptRoutes({
  config,
  database,
  receipts,
  receiptSigners,
  receiptBatches,
  receiptIntake: intake,
  records,
  viewer,
}: Services): Route[] {
  const requireService = (caller: Caller) => {
    if (config.role === 'provider' && caller.role === 'service') return;
    throw new ProofwardError('FORBIDDEN', "receipts are taken from a provider's service");
  };
  return [
    route({
      method: 'post',
      path: '/v1/receipts',
      operationId: 'addReceipts',
      summary:
        'Takes in what the site’s serving processes have signed, all or none. What is there already is left as it is.',
      query: {},
      fromReadModel: false,
      scope: 'records:write',
      body: z.strictObject({ receipts: z.array(signedReceiptSchema).min(1).max(mostReceipts) }),
      answer: 'ReceiptsTaken',
      creates: 'receipts',
      errors: [
        'FORBIDDEN',
        'RECEIPT_INVALID',
        'RECEIPT_AHEAD',
        'SEQUENCE_REPEATED',
        'LEDGER_UNAVAILABLE',
        'READ_MODEL_UNAVAILABLE',
      ],
      answerTo: async ({ caller, body }) => {
        requireService(caller);
        const taken = await intake.take(body.receipts);
        return { status: taken.stored === 0 ? 200 : 201, body: taken };
      },
      lines: {
        body: signedReceiptSchema,
        answer: 'ReceiptTaken',
        summary: 'As NDJSON one receipt a line, each for itself and of any number, answered line by line.',
        answerTo: async ({ caller, pieces }) => {
          requireService(caller);
          const answers = intake.takeLines(pieces);
          // What fails before there is an answer is a problem document.
          const first = await answers.next();
          const chunks = async function* () {
            if (first.done === true) return;
            yield written(first.value);
            for await (const answered of answers) yield written(answered);
          };
          return { status: 200, mediaType: ndjson, chunks: chunks() };
        },
      },
    }),
    route({
      method: 'get',
      path: '/v1/endpoints',
      operationId: 'listEndpoints',
      summary: 'How far the receipts and batches of this site’s endpoints are: what waits, what was refused, and why.',
      query: {},
      fromReadModel: false,
      scope: 'private:read',
      answer: 'Endpoints',
      errors: ['READ_MODEL_UNAVAILABLE'],
      answerTo: async () => ({ status: 200, body: { items: await receiptBatches.status() } }),
    }),
    route({
      method: 'get',
      path: '/v1/receipts/:id',
      operationId: 'getReceipt',
      summary: 'A receipt of this site, with its place in the batch that is on the ledger, once there is one.',
      query: {},
      fromReadModel: true,
      scope: 'private:read',
      answer: 'Receipt',
      errors: ['RECORD_NOT_FOUND', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'],
      answerTo: async ({ path }) => {
        const id = path.id ?? '';
        if (!receiptIdSchema.safeParse(id).success) throw noSuchReceipt();
        // Receipt, batch and proof are of one state: a batch that was settled again meanwhile would prove nothing.
        const { signed, ...rest } = await database.snapshot(async (query) => {
          const found = await receipts.find(id, query);
          if (found === undefined) throw noSuchReceipt();
          const [cursor] = await query<{ next_block: number }>('select next_block from projection');
          const blockHeight = cursor?.next_block ?? 0;
          const { batch } = found;
          const recorded = batch === undefined ? undefined : (await records.find(batch, undefined, query)).value;
          const proved =
            batch === undefined || recorded === undefined
              ? {}
              : { proof: await receipts.prove(id, batch, query), batch: viewer.header(recorded.header, recorded) };
          return { signed: found.signed, ...proved, blockHeight };
        });
        return { status: 200, body: { ...signed, signer: receiptSigners.stateOf(signed), ...rest } };
      },
    }),
  ];
}

const noSuchReceipt = () => new ProofwardError('RECORD_NOT_FOUND', 'there is no such receipt');
