import { z } from 'zod';
import { type Kind, operationNoun } from '../kinds.js';
import { defaultDepth, lineageDirections, maximumDepth, readLineage } from '../queries/lineage.js';
import { one, wholeNumber } from '../queries/page.js';
import { idIn } from './record-routes.js';
import { type Route, route } from './route.js';
import type { Services } from './services.js';

const directionSchema = z.enum(lineageDirections);
const depthSchema = wholeNumber(1, maximumDepth);

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
      depth: {
        description: `How many references far, ${defaultDepth} by default.`,
        schema: z.int().min(1).max(maximumDepth),
      },
    },
    fromReadModel: true,
    scope: 'records:read',
    answer: 'Lineage',
    errors: ['INVALID_ID', 'RECORD_NOT_FOUND', 'UNKNOWN_FILTER', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'],
    answerTo: async ({ caller, path, query }) => {
      const id = idIn(kind, path);
      const direction = one(query, 'direction', directionSchema) ?? 'up';
      const depth = one(query, 'depth', depthSchema) ?? defaultDepth;
      const { nodes, edges, truncated, height } = await readLineage(database, id, direction, depth);
      return {
        status: 200,
        body: {
          id,
          direction,
          depth,
          nodes: nodes.map(({ header, block, txId, distance }) => ({
            ...viewer.header(header, { block, txId }),
            distance,
          })),
          edges: edges.map(({ detail, ...edge }) => ({ ...edge, ...(detail === '' ? {} : { detail }) })),
          truncated,
          withheld: nodes.filter(({ header }) => !viewer.mayReadPrivate(caller, header)).length,
          blockHeight: height,
        },
      };
    },
  });
}
