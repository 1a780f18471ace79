import { accessLogReaders, ProofwardError } from '@proofward/evidence';
import { z } from 'zod';
import { type Access, accessFilters, accessTimes, readAccesses } from '../queries/accesses.js';
import { defaultLimit, limitSchema, limitTextSchema, one } from '../queries/page.js';
import { csvLine, recordsTrailer } from './list.js';
import { csv, json, ndjson, type Route, route } from './route.js';
import type { Services } from './services.js';

const cursorText = z.string().min(1).max(1_024);
const columns = ['at', 'caller', 'identity', 'role', 'operation', 'record'] as const;
/** The most of one read of a stream. */
const pageLimit = 200;

/** The log of the own organisation's readers. No other organisation has it, and it is on no ledger. */
export function accessLogRoutes({ database, height }: Services): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/access-log',
      operationId: 'readAccessLog',
      summary:
        'Who of this organisation was shown which private record, newest first; for its administrators, auditors and inspectors. As NDJSON or CSV (Accept) all of it, or `limit`.',
      query: {
        ...accessFilters,
        ...accessTimes,
        cursor: { description: 'Where the page before ended: its `next`.', schema: cursorText },
        limit: { description: `How many at most, ${defaultLimit} by default.`, schema: limitSchema },
      },
      fromReadModel: false,
      scope: 'records:read',
      answer: 'AccessLog',
      line: 'Access',
      produces: [json, ndjson, csv],
      errors: ['FORBIDDEN', 'UNKNOWN_FILTER', 'INVALID_CURSOR', 'READ_MODEL_UNAVAILABLE'],
      answerTo: async ({ caller, query, mediaType }) => {
        if (!accessLogReaders.includes(caller.role)) {
          throw new ProofwardError('FORBIDDEN', `the access log is for ${accessLogReaders.join(', ')}`);
        }
        const limit = one(query, 'limit', limitTextSchema);
        const cursor = one(query, 'cursor', cursorText);
        if (mediaType === json) {
          const { accesses, next } = await readAccesses(database, query, limit ?? defaultLimit, cursor);
          return { status: 200, body: { items: accesses, next: next ?? null, blockHeight: height.value } };
        }
        const most = limit ?? Infinity;
        // The first page before the answer begins: what is wrong with the query is then still a problem document.
        const first = await readAccesses(database, query, Math.min(pageLimit, most), cursor);
        const line = mediaType === csv ? csvOf : (access: Access) => `${JSON.stringify(access)}\n`;
        let shown = 0;
        const chunks = async function* () {
          if (mediaType === csv) yield csvLine(columns);
          for (let page = first; ; page = await readAccesses(database, query, pageLimit, page.next)) {
            const accesses = page.accesses.slice(0, most - shown);
            shown += accesses.length;
            yield accesses.map(line).join('');
            if (page.next === undefined || shown >= most) return;
          }
        };
        return {
          status: 200,
          mediaType,
          height: height.value,
          chunks: chunks(),
          trailers: { names: [recordsTrailer], values: () => ({ [recordsTrailer]: String(shown) }) },
        };
      },
    }),
  ];
}

function csvOf(access: Access): string {
  return csvLine(columns.map((name) => access[name]));
}
