import { type ErrorCode, errorTable, ProofwardError } from '@proofward/evidence';
import type { ErrorRequestHandler } from 'express';
import { z } from 'zod';
import { CommitUnknownError } from '../ledger/ledger.js';
import { errorForLog } from '../log.js';

/** A problem document of RFC 9457. */
export const problemSchema = z.object({
  type: z.string().meta({ description: 'urn:proofward:error:CODE' }),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
  pointer: z.string().optional().meta({ description: 'A JSON pointer (RFC 6901) into the request.' }),
  requestId: z.string(),
  transactionId: z.string().optional(),
});
export type Problem = z.output<typeof problemSchema>;

const retryAfterSeconds = 1;

/** The one place where an error becomes an answer. */
export const answerProblem: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const known = asProofwardError(error);
  const requestId = typeof request.id === 'string' ? request.id : '';
  if (known.status >= 500) {
    // Not as `err`, which the request log drops: what it would say of an error is not redacted.
    const failure = { requestId, code: known.code, failure: errorForLog(error) };
    if (known.status === 503) request.log.warn(failure, 'failed');
    else request.log.error(failure, 'failed');
  }
  response.locals.code = known.code;
  if (known.code === 'UNAUTHENTICATED') response.set('WWW-Authenticate', 'Bearer realm="proofward"');
  if (known.status === 503) response.set('Retry-After', String(retryAfterSeconds));
  response
    .status(known.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(known, requestId)));
};

export function problemOf(error: ProofwardError, requestId: string): Problem {
  return {
    type: `urn:proofward:error:${error.code}`,
    title: errorTable[error.code].meaning,
    status: error.status,
    code: error.code,
    detail: shortened(error.message),
    ...(error.pointer === undefined ? {} : { pointer: nearestPointer(error.pointer) }),
    requestId,
    ...(error instanceof CommitUnknownError ? { transactionId: error.transactionId } : {}),
  };
}

/** A name in a request can be as long as the request. */
const longest = 512;

function shortened(text: string): string {
  return (text.length <= longest ? text : `${text.slice(0, longest)}…`).toWellFormed();
}

/** The pointer, or that of the nearest member above it that is short enough to be shown. */
function nearestPointer(pointer: string): string {
  let shown = pointer;
  while (shown.length > longest) shown = shown.slice(0, shown.lastIndexOf('/'));
  return shown;
}

function asProofwardError(error: unknown): ProofwardError {
  if (error instanceof ProofwardError) return error;
  // Express and its body parser say by `type` or `status` what the client did wrong.
  const { type, status } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  if (type === 'entity.too.large') return new ProofwardError('PAYLOAD_TOO_LARGE', 'the body is too large');
  if (type === 'encoding.unsupported') {
    return new ProofwardError('UNSUPPORTED_MEDIA_TYPE', 'send the body without compression');
  }
  if (error instanceof URIError) return new ProofwardError('INVALID_ID', 'the path is not percent-encoded UTF-8');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ProofwardError('INVALID_JSON', 'the request could not be read', { cause: error });
  }
  return new ProofwardError('INTERNAL', 'the gateway failed; its log has the cause under the request id', {
    cause: error,
  });
}
