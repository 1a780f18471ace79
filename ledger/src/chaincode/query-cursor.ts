import { peer } from '@hyperledger/fabric-protos';

/** How many results go to the chaincode in one message, and how many a query returns at most: Fabric's defaults. */
const BATCH = 100;
export const QUERY_LIMIT = 100_000;

export interface ResultSource {
  /** The next result, serialized as the chaincode expects it. */
  next(): Promise<Uint8Array | undefined>;
  bookmark?(): Promise<string>;
  close(): Promise<void>;
}

/** An open query of a chaincode, handed over batch by batch. */
export class QueryCursor {
  readonly id: string;
  private readonly source: ResultSource;
  private readonly limit: number;
  private readonly paged: boolean;
  private pending: Uint8Array[] = [];
  private returned = 0;

  constructor({ id, source, pageSize }: { id: string; source: ResultSource; pageSize: number | undefined }) {
    this.id = id;
    this.source = source;
    this.paged = pageSize !== undefined;
    this.limit = pageSize !== undefined && pageSize > 0 ? Math.min(pageSize, QUERY_LIMIT) : QUERY_LIMIT;
  }

  /** The next batch; `last` when the cursor has nothing more and can be released. */
  async batch(): Promise<{ response: peer.QueryResponse; last: boolean }> {
    while (this.returned < this.limit) {
      const result = await this.source.next();
      if (result === undefined) break;
      this.returned++;
      const full = !this.paged && this.pending.length === BATCH;
      const batch = this.pending;
      if (full) this.pending = [];
      this.pending.push(result);
      if (full) return { response: this.response(batch, true), last: false };
    }
    const response = this.response(this.pending, false);
    this.pending = [];
    if (this.paged) {
      const metadata = new peer.QueryResponseMetadata();
      metadata.setFetchedRecordsCount(this.returned);
      metadata.setBookmark((await this.source.bookmark?.()) ?? '');
      response.setMetadata(metadata.serializeBinary());
    }
    return { response, last: true };
  }

  async close(): Promise<void> {
    await this.source.close();
  }

  private response(results: readonly Uint8Array[], more: boolean): peer.QueryResponse {
    const response = new peer.QueryResponse();
    response.setId(this.id);
    response.setHasMore(more);
    response.setResultsList(
      results.map((bytes) => {
        const entry = new peer.QueryResultBytes();
        entry.setResultbytes(bytes);
        return entry;
      }),
    );
    return response;
  }
}
