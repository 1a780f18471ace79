import { parseWith, ProofwardError } from '@proofward/evidence';
import { randomUUID } from 'node:crypto';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { z } from 'zod';
import { type Authenticator, type Caller, requireScope } from '../identity/authenticator.js';
import { filtersOf } from '../queries/filters.js';
import { one } from '../queries/page.js';
import { isInLines, jsonBody, rawBody, rawBodyOrLines } from './body.js';
import { readiness } from './health.js';
import { openApiDocument } from './openapi.js';
import { answerProblem } from './problem.js';
import {
  blockHeightHeader,
  flagSchema,
  json,
  minBlockHeader,
  ndjson,
  type Route,
  type StreamedAnswer,
} from './route.js';
import type { Services } from './services.js';
import { allRoutes } from './table.js';

const minBlockSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'not a block number')
  .transform(Number);

/** The HTTP application: each route authenticates, checks scope and query, parses its body once and answers. */
export function newApplication(services: Services, authenticator: Authenticator, log: Logger): Express {
  const application = express();
  application.disable('x-powered-by');
  application.disable('etag');
  application.enable('case sensitive routing');
  application.set('query parser', false);
  application.use(requestLog(log));
  application.use((_, response, next) => {
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    next();
  });

  const routes = allRoutes(services);
  const document = JSON.stringify(openApiDocument(routes));
  const open: Record<string, RequestHandler> = {
    '/healthz': (_, response) => {
      response.json({ status: 'up' });
    },
    '/readyz': async (_, response) => {
      const answer = await readiness(services);
      response.status(answer.ready ? 200 : 503).json(answer);
    },
    '/openapi.json': (_, response) => {
      response.type('application/json').send(document);
    },
  };
  for (const [path, handler] of Object.entries(open))
    application
      .route(path)
      .get(handler)
      .all(refuseMethod(['GET']));

  for (const path of new Set(routes.map((route) => route.path))) {
    const operations = routes.filter((route) => route.path === path);
    const registered = application.route(path);
    for (const operation of operations)
      registered[operation.method](...operationHandlers(operation, services, authenticator));
    registered.all(refuseMethod(operations.map(({ method }) => method.toUpperCase())));
  }
  application.use(() => {
    throw new ProofwardError('NOT_FOUND', 'there is no such route');
  });
  application.use(answerProblem);
  return application;
}

function operationHandlers(route: Route, services: Services, authenticator: Authenticator): RequestHandler[] {
  // Who asks is known before the body is read, so a stranger cannot make the gateway read one.
  const admit: RequestHandler = async (request, response, next) => {
    const caller = await authenticator.authenticate(request);
    response.locals.caller = caller;
    requireScope(caller, route.scope);
    const produces = route.lines !== undefined && isInLines(request) ? [ndjson] : (route.produces ?? [json]);
    const mediaType = request.accepts([...produces]);
    if (mediaType === false) throw new ProofwardError('NOT_ACCEPTABLE', `this answers ${produces.join(', ')}`);
    response.locals.mediaType = mediaType;
    next();
  };
  const answer: RequestHandler = async (request, response) => {
    const query = queryOf(request.url);
    refuseUnknownParameters(route, query);
    const caller = response.locals.caller as Caller;
    const path = request.params as Record<string, string>;
    // What a write shows is its caller's own, and it is on the ledger by then; what it reads of others it logs itself.
    const isLogged = route.scope !== 'records:write';
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    if (route.lines !== undefined && isInLines(request)) {
      const asked = { caller, path, query, mediaType: ndjson, signal: gone.signal, pieces: request };
      await sendStream(request, response, await route.lines.answerTo(asked));
      return;
    }
    const body = route.body === undefined ? undefined : parseWith(route.body, jsonBody(request));
    if (route.fromReadModel) await requireReadModel(services, query, request);
    const handler = one(query, 'dryRun', flagSchema) === 'true' ? (route.preview ?? route) : route;
    const mediaType = response.locals.mediaType as string;
    const answer = await handler.answerTo({ caller, path, query, body, mediaType, signal: gone.signal });
    if ('chunks' in answer) {
      const chunks = logged(answer.chunks, () => services.accessLog.write(caller, route.operationId));
      await sendStream(request, response, { ...answer, chunks });
      return;
    }
    if (isLogged) await services.accessLog.write(caller, route.operationId);
    const { status, body: answered, location } = answer;
    if (location !== undefined) response.set('Location', location);
    if ('blockHeight' in answered) response.set(blockHeightHeader, String(answered.blockHeight));
    response.status(status).json(answered);
  };
  if (route.body === undefined) return [admit, answer];
  return [admit, route.lines === undefined ? rawBody() : rawBodyOrLines(), answer];
}

/** Each piece of an answer once that it is read is logged. */
async function* logged(chunks: StreamedAnswer['chunks'], write: () => Promise<void>) {
  for await (const chunk of chunks) {
    await write();
    yield chunk;
  }
}

/** What has begun cannot become a problem document any more: a failure ends the connection before the text's end. */
async function sendStream(request: Request, response: Response, answer: StreamedAnswer): Promise<void> {
  const { status, mediaType, height, chunks } = answer;
  // HTTP/1.0 has no chunks, and so nothing after them.
  const trailers = request.httpVersion === '1.0' ? undefined : answer.trailers;
  try {
    response.status(status).type(mediaType);
    if (height !== undefined) response.set(blockHeightHeader, String(height));
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    if (trailers !== undefined) response.set('Trailer', trailers.names.join(', '));
    const all = async function* () {
      yield* chunks;
      if (trailers !== undefined) response.addTrailers(trailers.values());
    };
    await pipeline(Readable.from(all()), response);
  } finally {
    await answer.close?.();
  }
}

/** The query as it was sent. A whole URL can be a request's target, and its host can be anything. */
function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : target.slice(start + 1));
}

/** @throws ProofwardError READ_MODEL_UNAVAILABLE, READ_MODEL_BEHIND */
async function requireReadModel(
  { height, follower }: Services,
  query: URLSearchParams,
  request: Request,
): Promise<void> {
  follower.requireUndisputed();
  const header = request.headers[minBlockHeader.toLowerCase()];
  const minBlock =
    one(query, 'minBlock', minBlockSchema) ??
    (typeof header === 'string' ? parseWith(minBlockSchema, header, `/${minBlockHeader.toLowerCase()}`) : undefined);
  if (minBlock !== undefined) await height.waitFor(minBlock);
}

function refuseUnknownParameters(route: Route, query: URLSearchParams): void {
  const known = new Set([
    ...Object.keys(route.query),
    ...(route.filters === undefined ? [] : filtersOf(route.filters).map(({ name }) => name)),
    ...(route.fromReadModel ? ['minBlock'] : []),
  ]);
  for (const name of query.keys()) {
    if (!known.has(name))
      throw new ProofwardError('UNKNOWN_FILTER', `this resource knows no parameter ${name.slice(0, 64)}`);
  }
}

function refuseMethod(allowed: string[]): RequestHandler {
  return (request, response) => {
    response.set(
      'Allow',
      [...new Set(allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].join(', '),
    );
    throw new ProofwardError('METHOD_NOT_ALLOWED', `${request.method} is not one of the methods of this resource`);
  };
}

/** One line a request. Queries and headers stay out: digests and keys are in them. */
function requestLog(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    genReqId: (_, response) => {
      const id = randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
        id,
        method,
        path: url.split('?')[0],
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      err: () => undefined,
    },
    customProps: (_, response) => {
      const { caller, code } = (response as { locals?: { caller?: Caller; code?: string } }).locals ?? {};
      return { ...(caller && { key: caller.name, role: caller.role }), ...(code && { code }) };
    },
    // Probes come every second and say nothing; what they find is logged where it happens.
    autoLogging: { ignore: ({ url }) => url === '/healthz' || url === '/readyz' },
    customLogLevel: (_, response) => (response.statusCode >= 500 ? 'warn' : 'info'),
  }) as RequestHandler;
}
