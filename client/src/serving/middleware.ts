import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { externalReference } from '@proofward/evidence';
import { ServingError } from './errors.js';
import { receiptHeader, writeReceipt } from './header.js';
import type { ExternalId, Serving } from './serving.js';

/** A request as Express hands it on. */
export type ServingRequest = IncomingMessage & { body?: unknown };
export type ServingMiddleware = (
  request: ServingRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export interface MiddlewareOptions {
  /** The largest request body, in bytes; 1 MiB by default. */
  limit?: number | undefined;
  /** The site's reference key (evidence's `referenceKey`), and what a request belongs to, if anything. */
  reference?: { key: Uint8Array; of: (request: ServingRequest) => ExternalId | undefined } | undefined;
}

const defaultLimit = 1 << 20;

/** Express calls the route only when the input is read whole, and no output leaves before its receipt is on the disk. */
export function receiptMiddleware(
  serving: Pick<Serving, 'issue'>,
  { limit = defaultLimit, reference }: MiddlewareOptions,
  onProblem: (error: unknown) => void,
): ServingMiddleware {
  return (request, response, next) => {
    readBody(request, limit).then(
      (input) => {
        try {
          request.body = bodyOf(request, input);
        } catch (error) {
          next(error);
          return;
        }
        withhold(
          response,
          async (output) => {
            const to = reference?.of(request);
            const id = reference && to && externalReference(reference.key, to.system, to.id);
            return writeReceipt(await serving.issue(input, output, id));
          },
          onProblem,
        );
        next();
      },
      (error: unknown) => {
        next(error);
      },
    );
  };
}

async function readBody(request: ServingRequest, limit: number): Promise<Buffer> {
  if (request.body !== undefined || request.readableDidRead) {
    throw new ServingError('the body was read before the receipts’ middleware, so its bytes are not known');
  }
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') throw new ServingError('the body has a content coding', 415);
  const pieces: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      // What is too large is read to its end, so that the answer arrives, and not kept.
      if (size <= limit) pieces.push(piece);
    });
    request.on('end', resolve);
    request.on('error', reject);
    request.on('close', () => {
      reject(new ServingError('the request was broken off', 400));
    });
  });
  if (size > limit) throw new ServingError(`the body is larger than ${limit} bytes`, 413);
  return Buffer.concat(pieces);
}

/** JSON as what it says, anything else as its bytes. */
function bodyOf(request: ServingRequest, input: Buffer): unknown {
  if (input.length === 0) return undefined;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !type.endsWith('+json')) return input;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(input));
  } catch (cause) {
    throw new ServingError('the body is not JSON', 400, { cause });
  }
}

/** What sends an answer, or begins to. */
const withheld = ['write', 'end', 'writeHead', 'flushHeaders'] as const;

/** Keeps an answer back until its receipt is there. What is no output, of another status than 2xx or empty, has none. */
function withhold(
  response: ServerResponse,
  receiptOf: (output: Buffer) => Promise<string>,
  onProblem: (error: unknown) => void,
): void {
  const own = Object.fromEntries(withheld.map((name) => [name, Reflect.get(response, name) as unknown]));
  const pieces: Buffer[] = [];
  let head: Parameters<typeof setHead>[1] | undefined;
  let ended = false;
  const keep = (piece: unknown, encoding: unknown) => {
    if (typeof piece === 'string') pieces.push(Buffer.from(piece, encoding as BufferEncoding | undefined));
    else if (piece instanceof Uint8Array) pieces.push(Buffer.from(piece));
  };
  const lastOf = (given: readonly unknown[]) =>
    given.find((one) => typeof one === 'function') as (() => void) | undefined;

  response.writeHead = (...given: unknown[]) => {
    head = given;
    return response;
  };
  response.flushHeaders = () => undefined;
  response.write = ((piece: unknown, ...more: unknown[]) => {
    keep(piece, typeof more[0] === 'string' ? more[0] : undefined);
    const done = lastOf(more);
    if (done !== undefined) process.nextTick(done);
    return true;
  }) as typeof response.write;
  response.end = ((...given: unknown[]) => {
    if (ended) return response;
    ended = true;
    keep(given[0], typeof given[1] === 'string' ? given[1] : undefined);
    const output = Buffer.concat(pieces);
    const leave = (body: Buffer) => {
      Object.assign(response, own);
      response.end(body, lastOf(given));
    };
    if (head !== undefined) setHead(response, head);
    if (response.statusCode < 200 || response.statusCode > 299 || output.length === 0) {
      leave(output);
      return response;
    }
    receiptOf(output).then(
      (receipt) => {
        response.setHeader(receiptHeader, receipt);
        leave(output);
      },
      (error: unknown) => {
        onProblem(error);
        for (const name of response.getHeaderNames()) response.removeHeader(name);
        response.statusCode = 503;
        response.setHeader('content-type', 'application/problem+json');
        leave(Buffer.from(JSON.stringify({ title: 'no receipt could be made of the output', status: 503 })));
      },
    );
    return response;
  }) as typeof response.end;
}

/** What `writeHead` was given, as Node would have sent it. */
function setHead(response: ServerResponse, [status, ...more]: readonly unknown[]): void {
  response.statusCode = Number(status);
  if (typeof more[0] === 'string') response.statusMessage = more[0];
  const headers = more.find((one) => typeof one === 'object' && one !== null);
  if (Array.isArray(headers)) {
    for (let at = 0; at + 1 < headers.length; at += 2) {
      response.setHeader(String(headers[at]), headers[at + 1] as string | string[]);
    }
  } else {
    for (const [name, value] of Object.entries((headers ?? {}) as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value satisfies OutgoingHttpHeader);
    }
  }
}
