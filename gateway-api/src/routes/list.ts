import { headerMembersOf, type RecordType } from '@proofward/evidence';
import { z } from 'zod';
import type { Query } from '../database/database.js';
import { type Caller, requireScope } from '../identity/authenticator.js';
import { momentSchema } from '../queries/filters.js';
import {
  defaultLimit,
  limitSchema,
  limitTextSchema,
  one,
  type Page,
  readPage,
  readPast,
  sortSchema,
} from '../queries/page.js';
import type { StoredRecord } from '../queries/records.js';
import { inOneState, withEvidence } from './evidence.js';
import { csv, json, ndjson, type Route, route, type StreamedAnswer } from './route.js';
import type { Services } from './services.js';
import { placeOf, type RecordView } from './view.js';

/** The way to an earlier state. */
export const pastQuery = {
  asOf: {
    description: 'As it stood at this moment (a day is its beginning, UTC), by when things happened.',
    schema: momentSchema,
  },
  knownAt: { description: 'As far as it was recorded by this moment.', schema: momentSchema },
};

const listQuery = {
  ...pastQuery,
  sort: { description: 'Newest first by default.', schema: sortSchema },
  cursor: { description: 'Where the page before ended: its `next`.', schema: z.string().min(1) },
  limit: {
    description: `How many at most, ${defaultLimit} by default; fewer where private parts are large.`,
    schema: limitSchema,
  },
};

/** How many of the records of a stream have a private part that the caller does not see. */
export const withheldTrailer = 'Proofward-Withheld';
export const recordsTrailer = 'Proofward-Records';

/** The most of one read of a stream. */
const pageLimit = '200';

/** A list of records: a page of it in JSON, or all of it, from the cursor on, as lines of JSON or as CSV. */
export function listRoute(
  type: RecordType,
  { path, operationId, summary }: { path: string; operationId: string; summary: string },
  services: Services,
): Route {
  const { records, viewer } = services;
  const viewsOf = (caller: Caller, query: URLSearchParams) => (found: readonly StoredRecord[], state: Query) =>
    withEvidence(
      services,
      state,
      caller,
      found.map((record) => viewer.view(caller, record.header, placeOf(record), record.privatePart)),
      readPast(query),
    );
  return route({
    method: 'get',
    path,
    operationId,
    summary: `${summary} As NDJSON or CSV (Accept) all of them, or \`limit\`, of one state, with how many there were and how many private parts were withheld in the trailer.`,
    query: listQuery,
    filters: type,
    fromReadModel: true,
    scope: 'records:read',
    answer: 'RecordList',
    line: 'RecordItem',
    produces: [json, ndjson, csv],
    errors: ['UNKNOWN_FILTER', 'INVALID_CURSOR', 'READ_MODEL_BEHIND', 'READ_MODEL_UNAVAILABLE', 'BUSY'],
    answerTo: async ({ caller, query, mediaType }) => {
      // What a decision rests on is private, and so is what a filter tells of it.
      if (query.has('evidence')) requireScope(caller, 'private:read');
      const asker = { mayReadPrivate: caller.scopes.includes('private:read'), now: Date.now() };
      const pageOf = (page: URLSearchParams) => readPage(type, page, asker);
      if (mediaType !== json) return streamed(services, type, query, mediaType, pageOf, viewsOf(caller, query));
      const { value, height, items } = await inOneState(services, type, async (state) => {
        const page = await records.list(pageOf(query), state);
        return { ...page, items: await viewsOf(caller, query)(page.value.records, state) };
      });
      const withheld = items.filter(isWithheld).length;
      return { status: 200, body: { items, withheld, next: value.next ?? null, blockHeight: height } };
    },
  });
}

const isWithheld = (view: RecordView) => view.private === 'withheld';

async function streamed(
  { records }: Services,
  type: RecordType,
  query: URLSearchParams,
  mediaType: string,
  pageOf: (query: URLSearchParams) => Page,
  viewsOf: (found: readonly StoredRecord[], state: Query) => Promise<RecordView[]>,
): Promise<StreamedAnswer> {
  const most = one(query, 'limit', limitTextSchema) ?? Infinity;
  const walk = await records.walk((cursor) => {
    const page = new URLSearchParams(query);
    page.set('limit', pageLimit);
    if (cursor !== undefined) page.set('cursor', cursor);
    return pageOf(page);
  });
  let shown = 0;
  let withheld = 0;
  const form = mediaType === csv ? csvForm(type) : ndjsonForm;
  const chunks = async function* () {
    yield form.title;
    for await (const page of walk.pages) {
      const views = await viewsOf(page.slice(0, most - shown), walk.query);
      shown += views.length;
      withheld += views.filter(isWithheld).length;
      yield views.map((view) => form.line(view)).join('');
      if (shown >= most) return;
    }
  };
  return {
    status: 200,
    mediaType,
    height: walk.height,
    chunks: chunks(),
    close: () => walk.close(),
    trailers: {
      names: [recordsTrailer, withheldTrailer],
      values: () => ({ [recordsTrailer]: String(shown), [withheldTrailer]: String(withheld) }),
    },
  };
}

/** How a list is written: what comes first, and each record. */
interface Form {
  title: string;
  line(view: RecordView): string;
}

const ndjsonForm: Form = { title: '', line: (view) => `${JSON.stringify(view)}\n` };

/** The columns of every list; those of the type's own header fields stand between them and the private part. */
const firstColumns = ['id', 'type', 'status', 'commitment', 'recordedAt', 'effectiveAt', 'block', 'txId'];
const lastColumns = ['warnings', 'private'];

function csvForm(type: RecordType): Form {
  const own = headerMembersOf(type).filter((name) => !firstColumns.includes(name));
  const columns = [...firstColumns, ...own, ...(type === 'deployment' ? ['evidence'] : []), ...lastColumns];
  return {
    title: csvLine(columns),
    line: ({ ledger, header, ...view }) => {
      const row: Record<string, unknown> = { ...header, ...view, ...ledger };
      return csvLine(columns.map((name) => row[name]));
    },
  };
}

/** RFC 4180: what is not text is JSON, and what is not there is empty. */
export function csvLine(values: readonly unknown[]): string {
  const fields = values.map((value) => {
    const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(',')}\r\n`;
}
