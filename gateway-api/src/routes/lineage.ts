import { z } from 'zod';
import type { AnswerBody } from '../answers.js';
import type { Caller } from '../identity/authenticator.js';
import { type Kind, operationNoun } from '../kinds.js';
import {
  defaultDepth,
  type Lineage,
  type LineageDirection,
  lineageDirections,
  maximumDepth,
  readBlastRadius,
  readLineage,
  readRecall,
} from '../queries/lineage.js';
import { one, wholeNumber } from '../queries/page.js';
import { idIn } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';
import type { Viewer } from './view.js';

const directionSchema = z.enum(lineageDirections);
const depthSchema = wholeNumber(1, maximumDepth);

const depthQuery = {
  depth: {
    description: `How many references far, ${defaultDepth} by default.`,
    schema: z.int().min(1).max(maximumDepth),
  },
};
const errors = [
  'INVALID_ID',
  'RECORD_NOT_FOUND',
  'UNKNOWN_FILTER',
  'READ_MODEL_BEHIND',
  'READ_MODEL_UNAVAILABLE',
] as const;

/** Where a dataset or model comes from, or what became of it. */
export function lineageRoute(kind: Kind, single: string, { database, viewer }: Services): Route {
  const named = operationNoun(kind);
  return route({
    method: 'get',
    path: `${single}/lineage`,
    operationId: `get${named}Lineage`,
    summary: `What a ${kind.type} was made from, with what is said about each; or what was made from it or refers to it.`,
    query: {
      direction: {
        description: '`up` (by default): what it was made from. `down`: what refers to it.',
        schema: directionSchema,
      },
      ...depthQuery,
    },
    fromReadModel: true,
    scope: 'records:read',
    answer: 'Lineage',
    errors,
    answerTo: async ({ caller, path, query }) => {
      const id = idIn(kind, path);
      const direction = one(query, 'direction', directionSchema) ?? 'up';
      const depth = one(query, 'depth', depthSchema) ?? defaultDepth;
      const lineage = await readLineage(database, id, direction, depth);
      return { status: 200, body: lineageAnswer(viewer, caller, { id, direction, depth }, lineage) };
    },
  });
}

/** What is downstream of a dataset or model that turns out to be bad. */
export function recallRoute(kind: Kind, single: string, services: Services): Route {
  return reachRoute(services, kind, {
    path: `${single}/recall`,
    operationId: `get${operationNoun(kind)}Recall`,
    summary: `Every dataset and model version that was made from a ${kind.type}, every release decision on them, and every deployment with its receipts.`,
    direction: 'down',
    usualDepth: maximumDepth,
    read: readRecall,
  });
}

/** What an incident can have reached: its subjects, what they were made from, and what was made from or runs with any of it. */
export function blastRadiusRoute(kind: Kind, single: string, services: Services): Route {
  return reachRoute(services, kind, {
    path: `${single}/blast-radius`,
    operationId: `get${operationNoun(kind)}BlastRadius`,
    summary:
      'The subjects of an incident, the versions that they are or were made from, and what was made from any of these, decided on them or runs with them, with the receipts of that time.',
    direction: 'both',
    usualDepth: defaultDepth,
    read: readBlastRadius,
  });
}

function reachRoute(
  { database, viewer }: Services,
  kind: Kind,
  {
    direction,
    usualDepth,
    read,
    ...named
  }: {
    path: string;
    operationId: string;
    summary: string;
    direction: 'down' | 'both';
    usualDepth: number;
    read: typeof readRecall;
  },
): Route {
  return route({
    ...named,
    method: 'get',
    query: { depth: { ...depthQuery.depth, description: `How many references far, ${usualDepth} by default.` } },
    fromReadModel: true,
    scope: 'records:read',
    answer: 'Lineage',
    errors,
    answerTo: async ({ caller, path, query }) => {
      const id = idIn(kind, path);
      const depth = one(query, 'depth', depthSchema) ?? usualDepth;
      const found = await read(database, id, depth);
      return { status: 200, body: lineageAnswer(viewer, caller, { id, direction, depth }, found) };
    },
  });
}

function lineageAnswer(
  viewer: Viewer,
  caller: Caller,
  asked: { id: string; direction: LineageDirection | 'both'; depth: number },
  { nodes, edges, truncated, height }: Lineage,
): AnswerBody<'Lineage'> {
  return {
    ...asked,
    nodes: nodes.map(({ header, block, txId, distance, receipts }) => ({
      ...viewer.header(header, { block, txId }),
      distance,
      ...(receipts && { receipts }),
    })),
    edges: edges.map(({ detail, ...edge }) => ({ ...edge, ...(detail === '' ? {} : { detail }) })),
    truncated,
    withheld: nodes.filter(({ header }) => !viewer.mayReadPrivate(caller, header)).length,
    blockHeight: height,
  };
}
