import fc from 'fast-check';
import { mutated, type Schema, SchemaValues } from './schema-values.js';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
}

interface Response {
  content?: Record<string, { schema: Schema }>;
}

/** An operation of an OpenAPI document. */
export interface Operation {
  operationId: string;
  method: string;
  path: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, Response>;
}

export interface OpenApiDocument {
  paths: Record<
    string,
    Record<string, Omit<Operation, 'method' | 'path' | 'parameters'> & { parameters?: Parameter[] }>
  >;
}

/** A request as it is sent. */
export interface AnyRequest {
  operation: Operation;
  /** With the query. */
  target: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export function operationsOf({ paths }: OpenApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ parameters: [], ...operation, method, path })),
  );
}

const oddTexts = ['', ' ', '\u0000', '..', '%', 'a/b', "'", '-1', '1e3', 'x'.repeat(3_000), '{}', '\u{1f600}', 'null'];
const types = ['application/json', 'application/json', 'application/json; charset=utf-8', 'text/plain', 'a', ''];
const accepts = ['*/*', 'application/json', 'application/x-ndjson', 'text/csv', 'image/png', ',;q'];
const rawBodies = ['', '{', '[]', 'null', '"x"', '{"a":1,"a":2}', '{"a":1e999}', '\ufeff{}', '{"__proto__":{}}', '1'];

/**
 * Random requests of an operation: as its description has them, out of what is there, and changed.
 *
 * @param known texts that mean something where they are sent; of ids of the form `type:org/name@version` also the parts together
 * @param bodies that the operation takes, to be sent as they are and changed
 */
export function anyRequest(
  document: OpenApiDocument,
  operation: Operation,
  known: readonly string[],
  bodies: readonly unknown[],
): fc.Arbitrary<AnyRequest> {
  const values = new SchemaValues(document, known);
  const oddText = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ maxLength: 20, unit: 'binary' }));
  const textOf = (schema: Schema, weight: number) =>
    fc.oneof({ weight, arbitrary: values.of(schema).map(asText) }, { weight: 1, arbitrary: oddText });

  const inPath = operation.parameters.filter((one) => one.in === 'path');
  // A record's id has three segments, which only mean something together.
  const ids = known
    .filter((text) => text.startsWith(`${typeAt(operation.path) ?? ''}:`))
    .map((id) => id.split(/[:/@]/).slice(1));
  const isOfRecord = ids.length > 0 && inPath.map(({ name }) => name).join('/') === 'org/name/version';
  const described = fc.tuple(...inPath.map(({ schema }) => textOf(schema, 6)));
  const segments = isOfRecord ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, described) : described;
  const path = segments.map((texts) =>
    operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const text = texts[inPath.findIndex((one) => one.name === name)] ?? '';
      // An empty segment is another path, and a dot or two are resolved before they are sent.
      return /^\.{0,2}$/.test(text) ? '%00' : encodeURIComponent(text.toWellFormed());
    }),
  );
  const query = fc
    .array(
      fc.oneof(
        ...operation.parameters
          .filter((one) => one.in === 'query')
          .map(({ name, schema }) => textOf(schema, 5).map((text) => [name, patient(name, text)] as const)),
        fc.tuple(fc.constant('unknown'), oddText),
      ),
      { maxLength: 3 },
    )
    .map((pairs) => (pairs.length === 0 ? '' : `?${new URLSearchParams(pairs as [string, string][]).toString()}`));
  return fc
    .record({
      path,
      query: fc.oneof(
        { weight: operation.requestBody === undefined ? 1 : 5, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: query },
      ),
      accept: fc.oneof({ weight: 25, arbitrary: fc.constant('*/*') }, fc.constantFrom(...accepts)),
      type: fc.oneof({ weight: 25, arbitrary: fc.constant('application/json') }, fc.constantFrom(...types)),
      body: bodyOf(values, operation, bodies, known),
    })
    .map(({ path, query, accept, type, body }) => ({
      operation,
      target: `${path}${query}`,
      headers: { accept, ...(body === undefined ? {} : { 'content-type': type }) },
      body,
    }));
}

function bodyOf(
  values: SchemaValues,
  operation: Operation,
  bodies: readonly unknown[],
  known: readonly string[],
): fc.Arbitrary<string | undefined> {
  const content = operation.requestBody?.content['application/json'];
  if (content === undefined) return fc.constant(undefined);
  const described = values.of(content.schema);
  const taken = bodies.length === 0 ? described : fc.oneof(fc.constantFrom(...bodies), described);
  return fc.oneof(
    { weight: 4, arbitrary: taken.map(write) },
    { weight: 5, arbitrary: mutated(taken, known).map(write) },
    { weight: 1, arbitrary: fc.constantFrom(...rawBodies) },
  );
}

const write = (value: unknown) => JSON.stringify(value);

function asText(value: unknown): string {
  return typeof value === 'string' ? value : Array.isArray(value) ? asText(value[0] ?? '') : write(value);
}

/** What asks to wait does not wait: for a block that never comes a request waits for seconds. */
function patient(name: string, text: string): string {
  return ['wait', 'minBlock'].includes(name) && /^\d+$/.test(text) ? '0' : text;
}

/** The type of the records that a path is about, as `/v1/policies/…` names them; none of other paths. */
function typeAt(path: string): string | undefined {
  return path
    .split('/')[2]
    ?.replace(/ies$/, 'y')
    .replace(/(?<=batch)es$/, '')
    .replace(/s$/, '');
}

/** What is wrong with an answer: it says what the document does not, or that the gateway failed; undefined where nothing is. */
export function faultOf(
  { responses }: Operation,
  { status, mediaType, text }: { status: number; mediaType: string; text: string },
): string | undefined {
  if (status === 500) return 'a failure of the gateway';
  const documented = responses[String(status)];
  if (documented === undefined) return `the status ${status} is not documented`;
  const content = documented.content?.[mediaType];
  if (content === undefined) return `${status} is not documented as ${mediaType}`;
  if (mediaType !== 'application/problem+json') return undefined;
  const { code } = JSON.parse(text) as { code: string };
  const codes = content.schema.allOf?.flatMap(({ properties }) => properties?.code?.enum ?? []) ?? [];
  return codes.includes(code) ? undefined : `${status} with ${code} is not documented`;
}
