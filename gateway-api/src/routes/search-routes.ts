import { digestSchema, ProofwardError } from '@proofward/evidence';
import { z } from 'zod';
import { defaultLimit, limitSchema, limitTextSchema, one, wholeNumber } from '../queries/page.js';
import { readFeed } from '../queries/feed.js';
import { searchDigest } from '../queries/search.js';
import { ndjson, type Route, route } from './route.js';
import type { Services } from './services.js';

const feedLimit = { usual: 200, most: 1_000 };
/** Below the time after which proxies give up on a silent connection. */
const longestWait = 25;

const feedLimitSchema = wholeNumber(1, feedLimit.most);
const waitSchema = wholeNumber(0, longestWait);
const cursorText = z.string().min(1).max(1_024);

/** What is found over all record types. */
export function searchRoutes({ database, height: blocks, viewer }: Services): Route[] {
  const common = { method: 'get', fromReadModel: true, scope: 'records:read' } as const;
  const readErrors = ['UNKNOWN_FILTER', 'INVALID_CURSOR', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE'] as const;
  return [
    route({
      ...common,
      path: '/v1/search',
      operationId: 'searchDigest',
      summary:
        'The records that have a SHA-256 digest: as their commitment, as the transaction that created them and, for members who may read private records, anywhere in the private part (files, weights, evidence).',
      query: {
        digest: { description: 'Lower-case hex. Required.', schema: digestSchema },
        cursor: { description: 'Where the page before ended: its `next`.', schema: cursorText },
        limit: { description: `How many at most, ${defaultLimit} by default.`, schema: limitSchema },
      },
      answer: 'SearchResult',
      errors: readErrors,
      answerTo: async ({ caller, query }) => {
        const digest = one(query, 'digest', digestSchema);
        if (digest === undefined) throw new ProofwardError('INVALID_FIELD', 'digest: say which');
        const { found, next, height } = await searchDigest(database, digest, {
          mayReadPrivate: caller.scopes.includes('private:read'),
          limit: one(query, 'limit', limitTextSchema) ?? defaultLimit,
          cursor: one(query, 'cursor', cursorText),
        });
        let withheld = 0;
        const items = found.flatMap(({ header, block, txId, matches }) => {
          const mayRead = viewer.mayReadPrivate(caller, header);
          const shown = matches.filter((match) => match.in !== 'private' || mayRead);
          if (shown.some((match) => match.in === 'private')) caller.reads.add(header.id);
          if (shown.length === 0) return [];
          if (!mayRead) withheld++;
          return [{ ...viewer.header(header, { block, txId }), matches: shown }];
        });
        return {
          status: 200,
          body: {
            digest,
            items,
            withheld,
            next: next ?? null,
            blockHeight: height,
          },
        };
      },
    }),
    route({
      ...common,
      path: '/v1/changes',
      operationId: 'readChanges',
      summary:
        'Every revision of every header, in the order of the ledger, one JSON object a line. Go on from the last line’s `cursor`.',
      query: {
        after: {
          description: 'The `cursor` of the last line that was read; from the beginning without it.',
          schema: cursorText,
        },
        limit: {
          description: `How many lines at most, ${feedLimit.usual} by default.`,
          schema: z.int().min(1).max(feedLimit.most),
        },
        wait: {
          description: 'Where there is nothing yet: how many seconds to wait for it, 0 by default.',
          schema: z.int().min(0).max(longestWait),
        },
      },
      produces: [ndjson],
      answer: 'Change',
      errors: readErrors,
      answerTo: async ({ query, signal }) => {
        const after = one(query, 'after', cursorText);
        const limit = one(query, 'limit', feedLimitSchema) ?? feedLimit.usual;
        const until = Date.now() + (one(query, 'wait', waitSchema) ?? 0) * 1_000;
        let { changes, height } = await readFeed(database, after, limit);
        while (changes.length === 0 && Date.now() < until && !signal.aborted) {
          await blocks.growth(height, until - Date.now(), signal);
          ({ changes, height } = await readFeed(database, after, limit));
        }
        const lines = changes.map(({ header, block, txId, cursor }) => ({
          cursor,
          revision: header.revision,
          ...viewer.header(header, { block, txId }),
        }));
        return { status: 200, mediaType: ndjson, height, chunks: lines.map((line) => `${JSON.stringify(line)}\n`) };
      },
    }),
  ];
}
