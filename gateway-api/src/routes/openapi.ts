import { digestSchema, type ErrorCode, errorTable, idPartSchema, slugSchema } from '@proofward/evidence';
import { z } from 'zod';
import { type AnswerName, answerSchemas } from '../answers.js';
import { filtersOf } from '../queries/filters.js';
import { bodyExamples, pathExamples } from './examples.js';
import { problemSchema } from './problem.js';
import { blockHeightHeader, csv, json, minBlockHeader, ndjson, type Route } from './route.js';

/** What any operation can answer, beside its own codes. */
const anyErrors: ErrorCode[] = [
  'UNAUTHENTICATED',
  'SCOPE_MISSING',
  'INVALID_FIELD',
  'UNKNOWN_FILTER',
  'NOT_ACCEPTABLE',
  'METHOD_NOT_ALLOWED',
  'BUSY',
  'INTERNAL',
];
/** Where the answer may show private records. */
const readErrors: ErrorCode[] = ['ACCESS_LOG_UNAVAILABLE'];
const bodyErrors: ErrorCode[] = ['INVALID_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

type Node = Record<string, unknown>;

/** The codes that a route can answer. */
export function errorsOf(route: Route): ErrorCode[] {
  return [
    ...new Set([
      ...anyErrors,
      ...(route.fromReadModel ? readErrors : []),
      ...(route.body === undefined ? [] : bodyErrors),
      ...route.errors,
    ]),
  ];
}

/** The OpenAPI 3.1 document, made from the schemas and routes that the server runs. */
export function openApiDocument(routes: readonly Route[]): Node {
  const schemas = componentSchemas(routes);
  const paths: Record<string, Node> = {
    '/healthz': { get: publicOperation('isUp', 'Whether the process is up.', 'Health') },
    '/readyz': {
      get: publicOperation('isReady', 'Whether peer, database and projection work; 503 otherwise.', 'Readiness'),
    },
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        summary: 'This document.',
        security: [],
        responses: { 200: { description: 'OK', content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
  };
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Proofward gateway', version: '1', description: 'One organisation’s way to the audit network.' },
    security: [{ apiKey: [] }],
    paths,
    components: { schemas, securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
  };
}

function componentSchemas(routes: readonly Route[]): Node {
  const answers = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(answerSchemas)) answers.add(schema, { id });
  answers.add(problemSchema, { id: 'Problem' });
  const bodies = z.registry<{ id: string }>();
  for (const { body, lines, operationId } of routes) {
    if (body !== undefined) bodies.add(body, { id: bodyName(operationId) });
    if (lines !== undefined) bodies.add(lines.body, { id: lineName(operationId) });
  }
  const uri = (id: string) => `#/components/schemas/${id}`;
  return {
    ...localise(z.toJSONSchema(answers, { io: 'output', uri, unrepresentable: 'any' }).schemas, 'SharedByAnswers'),
    ...localise(z.toJSONSchema(bodies, { io: 'input', uri, unrepresentable: 'any' }).schemas, 'SharedByBodies'),
  };
}

/** Where zod puts what several schemas of one registry have in common. */
const zodShared = '__shared';

/**
 * Zod gives each schema a document of its own: `$id`, and `$defs` that its references name from its root. Inside one
 * document a reference has to name the way from there.
 */
function localise(schemas: Record<string, unknown>, shared: string): Node {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const rest = Object.fromEntries(
        Object.entries(schema as Node).filter(([key]) => key !== '$id' && key !== '$schema'),
      );
      const text = JSON.stringify(rest)
        .replaceAll('"#/$defs/', `"#/components/schemas/${name === zodShared ? shared : name}/$defs/`)
        .replaceAll(`#/components/schemas/${zodShared}#/`, `#/components/schemas/${shared}/`);
      return [name === zodShared ? shared : name, JSON.parse(text) as Node];
    }),
  );
}

function bodyName(operationId: string): string {
  return `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Body`;
}

function lineName(operationId: string): string {
  return `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Line`;
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function operation(route: Route): Node {
  const hasHeight = 'blockHeight' in answerSchemas[route.answer].shape || route.produces !== undefined;
  const headers = hasHeight ? { [blockHeightHeader]: header({ type: 'integer', minimum: 0 }) } : {};
  const produces = route.produces ?? [json];
  const { lines } = route;
  const success = {
    headers,
    content: {
      ...Object.fromEntries(produces.map((mediaType) => [mediaType, { schema: contentSchema(route, mediaType) }])),
      ...(lines === undefined ? {} : { [ndjson]: { schema: reference(lines.answer) } }),
    },
  };
  return {
    operationId: route.operationId,
    summary: lines === undefined ? route.summary : `${route.summary} ${lines.summary}`,
    security: [{ apiKey: [] }],
    'x-scope': route.scope,
    parameters: parameters(route),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: reference(bodyName(route.operationId)),
                example: bodyExamples[route.operationId],
              },
              ...(lines === undefined ? {} : { [ndjson]: { schema: reference(lineName(route.operationId)) } }),
            },
          },
        }),
    responses: {
      200: {
        description: route.creates !== undefined ? 'It was there already.' : 'OK',
        ...(route.preview === undefined ? success : orPreview(success, route.answer, route.preview.answer)),
      },
      ...(route.creates === undefined
        ? {}
        : {
            201: {
              ...{ description: route.creates === 'record' ? 'Recorded.' : 'Stored.', ...success },
              ...(route.creates === 'record' && { headers: { ...headers, Location: header({ type: 'string' }) } }),
            },
          }),
      ...problemResponses(errorsOf(route)),
    },
  };
}

function contentSchema({ answer, line }: Route, mediaType: string): Node {
  if (mediaType === csv) return { type: 'string', description: 'One row a record, the names of the columns first.' };
  return reference(mediaType === ndjson ? (line ?? answer) : answer);
}

/** The answer to a request, or to the same with dryRun=true. */
function orPreview(success: Node, answer: AnswerName, preview: AnswerName): Node {
  const schema = { anyOf: [reference(answer), reference(preview)] };
  return { ...success, content: { 'application/json': { schema } } };
}

const header = (schema: Node) => ({ schema });

/** The schema of a parameter's text, as a caller has to write it. */
function parameterSchema(schema: z.ZodType): Node {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  return Object.fromEntries(Object.entries(described).filter(([key]) => key !== '$schema'));
}

function parameters(route: Route): Node[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: parameterSchema(pathSchemas[name] ?? z.string()),
    example: pathExamples[name],
  }));
  const query = (name: string, description: string, schema: Node) => ({ name, in: 'query', description, schema });
  const minBlock = { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 };
  return [
    ...inPath,
    ...Object.entries(route.query).map(([name, { description, schema }]) =>
      query(name, description, parameterSchema(schema)),
    ),
    ...(route.filters === undefined ? [] : filtersOf(route.filters)).map(({ name, schema, repeats, description }) =>
      repeats
        ? {
            ...query(name, description ?? 'A filter; repeated, any of its values.', {
              type: 'array',
              items: parameterSchema(schema),
            }),
            explode: true,
          }
        : query(name, description ?? 'A filter by time: from is inclusive, to is not.', parameterSchema(schema)),
    ),
    ...(route.fromReadModel
      ? [
          query('minBlock', 'Wait until the read model has this block.', minBlock),
          { ...query(minBlockHeader, 'The same as minBlock.', minBlock), in: 'header' },
        ]
      : []),
  ];
}

/** What the segments of a path may be. */
const pathSchemas: Record<string, z.ZodType> = {
  org: slugSchema,
  name: idPartSchema,
  version: idPartSchema,
  id: digestSchema,
};

/** Headers of answers of some statuses. */
const problemHeaders: Record<number, Node> = {
  401: { 'WWW-Authenticate': header({ type: 'string' }) },
  405: { Allow: header({ type: 'string' }) },
  503: { 'Retry-After': header({ type: 'integer' }) },
};

/** One answer a status, with its codes. */
function problemResponses(codes: readonly ErrorCode[]): Record<string, Node> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes)
    byStatus.set(errorTable[code].status, [...(byStatus.get(errorTable[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, found]) => [
      String(status),
      {
        description: found.map((code) => `${code}: ${errorTable[code].meaning}`).join('\n'),
        headers: { 'X-Request-Id': header({ type: 'string' }), ...problemHeaders[status] },
        content: {
          'application/problem+json': {
            schema: { allOf: [reference('Problem'), { properties: { code: { enum: found } } }] },
          },
        },
      },
    ]),
  );
}

function publicOperation(operationId: string, summary: string, answer: keyof typeof answerSchemas): Node {
  const success = { description: 'OK', content: { 'application/json': { schema: reference(answer) } } };
  return {
    operationId,
    summary,
    security: [],
    responses: { 200: success, ...(answer === 'Readiness' ? { 503: success } : {}) },
  };
}
