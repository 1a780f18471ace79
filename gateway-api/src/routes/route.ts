import type { ErrorCode, RecordType } from '@proofward/evidence';
import { z } from 'zod';
import type { AnswerBody, AnswerName } from '../answers.js';
import type { Caller } from '../identity/authenticator.js';
import type { Scope } from '../identity/scopes.js';

/** The other way to ask for `minBlock`. */
export const minBlockHeader = 'Proofward-Min-Block';
/** The answer's `blockHeight`, for those who do not read bodies. */
export const blockHeightHeader = 'Proofward-Block-Height';

export const json = 'application/json';
/** One JSON object a line. */
export const ndjson = 'application/x-ndjson';

/** Comma-separated values (RFC 4180). */
export const csv = 'text/csv';

/** A request after authentication and parsing. */
export interface RouteRequest<Body> {
  caller: Caller;
  /** The path's parameters. */
  path: Record<string, string>;
  query: URLSearchParams;
  body: Body;
  /** Of those that the route produces, the one that the caller wants. */
  mediaType: string;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
}

/** An answer in another media type than JSON, in pieces of text. */
export interface StreamedAnswer {
  status: 200;
  mediaType: string;
  /** Where the answer comes from the read model. */
  height?: number;
  chunks: Iterable<string> | AsyncIterable<string>;
  /** Trailer fields (RFC 9110, 6.5), whose values are known when all was sent. */
  trailers?: { names: readonly string[]; values(): Record<string, string> };
  /** Called when all was sent, or the caller has gone. */
  close?(): Promise<void>;
}

export interface Answer<N extends AnswerName> {
  status: 200 | 201;
  body: AnswerBody<N>;
  location?: string;
}

/** A parameter that is on or off. */
export const flagSchema = z.enum(['true', 'false']);

/** A query parameter: what it is, and the schema of its value. */
export interface QueryParameter {
  description: string;
  schema: z.ZodType;
}

/** The same request answered without recording anything: `?dryRun=true`. */
export interface Preview<Body> {
  answer: AnswerName;
  answerTo(request: RouteRequest<Body>): Promise<Answer<AnswerName>>;
}

/** The same request with a body of lines, one JSON object each, of any number; answered in lines. */
export interface LineForm {
  /** The schema of a line. */
  body: z.ZodType;
  /** What answers a line. */
  answer: AnswerName;
  summary: string;
  answerTo(
    request: Omit<RouteRequest<undefined>, 'body'> & { pieces: AsyncIterable<Uint8Array> },
  ): Promise<StreamedAnswer>;
}

interface RouteCommon {
  method: 'get' | 'post';
  /** As Express writes it: `/v1/roles/:org`. */
  path: string;
  operationId: string;
  summary: string;
  /** Query parameters beside `minBlock`. Any other is refused. */
  query: Record<string, QueryParameter>;
  /** The list whose filters the query takes too. */
  filters?: RecordType;
  /** True where the answer comes from the read model, so that `minBlock` has a meaning. */
  fromReadModel: boolean;
  scope: Scope;
  /** The answer's form; a line's, where it has lines. */
  answer: AnswerName;
  /** The form of a line, where it also answers in lines. */
  line?: AnswerName;
  /** What a request can make that was not there, which is answered with 201; a record has a place of its own. */
  creates?: 'record' | 'receipts';
  /** The media types that it can answer in, the preferred one first; JSON where it does not say. */
  produces?: readonly string[];
  /** The codes beside those that any route can answer. */
  errors: readonly ErrorCode[];
  lines?: LineForm;
}

/** One operation of the API. Express, the access checks and the OpenAPI document are all made from it. */
export interface Route extends RouteCommon {
  body: z.ZodType | undefined;
  preview: Preview<unknown> | undefined;
  answerTo(request: RouteRequest<unknown>): Promise<Answer<AnswerName> | StreamedAnswer>;
}

type BodyOf<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

interface TypedRoute<S extends z.ZodType | undefined, N extends AnswerName> extends RouteCommon {
  body?: S;
  answer: N;
  preview?: Preview<BodyOf<S>> | undefined;
  answerTo(request: RouteRequest<BodyOf<S>>): Promise<Answer<N> | StreamedAnswer>;
}

const previewQuery = {
  dryRun: { description: '`true` answers what would be recorded, and records nothing.', schema: flagSchema },
};

/** Ties a route's body schema and answer to its handler's types. */
export function route<N extends AnswerName, S extends z.ZodType | undefined = undefined>(
  typed: TypedRoute<S, N>,
): Route {
  return {
    ...typed,
    query: typed.preview === undefined ? typed.query : { ...typed.query, ...previewQuery },
    body: typed.body,
    preview: typed.preview,
    // The server parses the body with this route's own schema before it comes here.
    answerTo: (request) => typed.answerTo(request as Parameters<typeof typed.answerTo>[0]),
  };
}
