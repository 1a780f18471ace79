import type { SignedReceipt } from '@proofward/evidence';
import { type ClientOptions, Http, type Parameters } from './http.js';
import {
  AmendmentsApi,
  AttestationsApi,
  DeploymentsApi,
  DisclosuresApi,
  FileRecordsApi,
  IncidentsApi,
  type ReadOptions,
  RecordsApi,
  ReleasesApi,
  StatementsApi,
} from './records.js';
import type {
  AccessLogPage,
  Change,
  ChangesOptions,
  EndpointStatus,
  History,
  Readiness,
  ReceiptAnswer,
  ReceiptsTaken,
  ReceiptTaken,
  RecordAnswer,
  Recorded,
  RecordList,
  SearchResult,
  TraceAnswer,
  TraceQuestion,
  TransactionOutcome,
  WhoAmI,
} from './types.js';

/** The role records of the consortium, by the organisations' names. */
export class RolesApi {
  constructor(private readonly http: Http) {}

  async list(parameters: Parameters = {}): Promise<RecordList<'role'>> {
    return (await this.http.get<RecordList<'role'>>('/v1/roles', parameters)).answer;
  }

  async get(org: string, options: ReadOptions = {}): Promise<RecordAnswer<'role'>> {
    return (await this.http.get<RecordAnswer<'role'>>(pathOf(org), { ...options })).answer;
  }

  async history(org: string, options: ReadOptions = {}): Promise<History<'role'>> {
    return (await this.http.get<History<'role'>>(`${pathOf(org)}/history`, { ...options })).answer;
  }

  /** Writes the role record as the approved consortium file has it. */
  async apply(org: string): Promise<Recorded<'role'>> {
    const { status, answer } = await this.http.post<RecordAnswer<'role'>>(`${pathOf(org)}/apply`, undefined);
    return { record: answer, replay: status === 200 };
  }
}

function pathOf(org: string): string {
  return `/v1/roles/${encodeURIComponent(org)}`;
}

/** What is sent at a time of what has no end. */
const mostLines = 500;

async function* grouped<T>(items: Iterable<T> | AsyncIterable<T>, most: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < most) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The receipts of a site's own endpoints. */
export class ReceiptsApi {
  constructor(private readonly http: Http) {}

  /** Hands in signed receipts, at most 500 at a time; the same again is no harm. */
  async add(receipts: readonly SignedReceipt[]): Promise<ReceiptsTaken> {
    return (await this.http.post<ReceiptsTaken>('/v1/receipts', { receipts })).answer;
  }

  /** Hands in any number, each for itself: one that is refused does not keep the others out. */
  async *addEach(receipts: Iterable<SignedReceipt> | AsyncIterable<SignedReceipt>): AsyncGenerator<ReceiptTaken> {
    let before = 0;
    for await (const group of grouped(receipts, mostLines)) {
      const answers = await this.http.postLines<ReceiptTaken>('/v1/receipts', group);
      for (const answer of answers) yield { ...answer, line: before + answer.line };
      before += group.length;
    }
  }

  async get(id: string, options: ReadOptions = {}): Promise<ReceiptAnswer> {
    return (await this.http.get<ReceiptAnswer>(`/v1/receipts/${encodeURIComponent(id)}`, { ...options })).answer;
  }

  /** How far the site's endpoints are: what waits for a batch, what was refused, and why. */
  async endpoints(): Promise<EndpointStatus[]> {
    return (await this.http.get<{ items: EndpointStatus[] }>('/v1/endpoints')).answer.items;
  }
}

/** One organisation's gateway. Runs in Node and in browsers. */
export class ProofwardClient {
  readonly datasets: FileRecordsApi<'dataset'>;
  readonly models: FileRecordsApi<'model'>;
  readonly grants: StatementsApi<'grant'>;
  readonly plans: StatementsApi<'plan'>;
  readonly attestations: AttestationsApi;
  readonly policies: RecordsApi<'policy'>;
  readonly responses: StatementsApi<'response'>;
  readonly incidents: IncidentsApi;
  readonly disputes: StatementsApi<'dispute'>;
  readonly disputeStatements: StatementsApi<'dispute-statement'>;
  readonly amendments: Omit<AmendmentsApi, 'create' | 'transition'>;
  readonly disclosureRequests: StatementsApi<'disclosure-request'>;
  readonly disclosures: Omit<DisclosuresApi, 'create' | 'transition'>;
  readonly proposals: RecordsApi<'proposal'>;
  readonly votes: RecordsApi<'vote'>;
  /** What proposals changed that were carried. */
  readonly settings: Pick<RecordsApi<'setting'>, 'all' | 'get' | 'history' | 'list' | 'stream'>;
  readonly signOffs: StatementsApi<'sign-off'>;
  readonly waivers: StatementsApi<'waiver'>;
  /** A decision is requested and not created: it follows from what is presented. */
  readonly releases: Omit<ReleasesApi, 'create'>;
  readonly deployments: DeploymentsApi;
  readonly receipts: ReceiptsApi;
  readonly batches: Pick<RecordsApi<'batch'>, 'all' | 'get' | 'history' | 'list' | 'stream'>;
  readonly roles: RolesApi;
  private readonly http: Http;

  constructor(options: ClientOptions) {
    this.http = new Http(options);
    this.datasets = new FileRecordsApi(this.http, 'datasets');
    this.models = new FileRecordsApi(this.http, 'models');
    this.grants = new StatementsApi(this.http, 'grants');
    this.plans = new StatementsApi(this.http, 'plans');
    this.attestations = new AttestationsApi(this.http, 'attestations');
    this.policies = new RecordsApi(this.http, 'policies');
    this.responses = new StatementsApi(this.http, 'responses');
    this.incidents = new IncidentsApi(this.http, 'incidents');
    this.disputes = new StatementsApi(this.http, 'disputes');
    this.disputeStatements = new StatementsApi(this.http, 'dispute-statements');
    this.amendments = new AmendmentsApi(this.http, 'amendments');
    this.disclosureRequests = new StatementsApi(this.http, 'disclosure-requests');
    this.disclosures = new DisclosuresApi(this.http, 'disclosures');
    this.proposals = new RecordsApi(this.http, 'proposals');
    this.votes = new RecordsApi(this.http, 'votes');
    this.settings = new RecordsApi(this.http, 'settings');
    this.signOffs = new StatementsApi(this.http, 'sign-offs');
    this.waivers = new StatementsApi(this.http, 'waivers');
    this.releases = new ReleasesApi(this.http, 'release-decisions');
    this.deployments = new DeploymentsApi(this.http, 'deployments');
    this.receipts = new ReceiptsApi(this.http);
    this.batches = new RecordsApi(this.http, 'batches');
    this.roles = new RolesApi(this.http);
  }

  /** Which model version produced an output, on what evidence it was allowed to run, and who signed, as it stood then. */
  async trace(question: TraceQuestion, options: ReadOptions = {}): Promise<TraceAnswer> {
    return (await this.http.post<TraceAnswer>('/v1/trace', question, { ...options })).answer;
  }

  async whoami(): Promise<WhoAmI> {
    return (await this.http.get<WhoAmI>('/v1/whoami')).answer;
  }

  /** The records that have a SHA-256 digest: commitment, creating transaction and, for members, anything private. */
  async search(digest: string, options: ReadOptions & { cursor?: string; limit?: number } = {}): Promise<SearchResult> {
    return (await this.http.get<SearchResult>('/v1/search', { digest, ...options })).answer;
  }

  /** Revisions of all headers in the order of the ledger; one request, so call again with the last `cursor`. */
  changes(options: ChangesOptions & ReadOptions = {}): AsyncGenerator<Change> {
    return this.http.lines<Change>('/v1/changes', { ...options });
  }

  /** Who of the organisation was shown which private record, newest first: a page of it. For its admin, auditor, inspector. */
  async accessLog(parameters: Parameters = {}): Promise<AccessLogPage> {
    return (await this.http.get<AccessLogPage>('/v1/access-log', parameters)).answer;
  }

  /** What became of a transaction, as after COMMIT_UNKNOWN. */
  async transaction(id: string): Promise<TransactionOutcome> {
    return (await this.http.get<TransactionOutcome>(`/v1/transactions/${encodeURIComponent(id)}`)).answer;
  }

  /** Whether the process is up. */
  async health(): Promise<{ status: 'up' }> {
    return (await this.http.get<{ status: 'up' }>('/healthz')).answer;
  }

  /** Whether peer, database and projection work; what does not is in the answer. */
  async ready(): Promise<Readiness> {
    return (await this.http.get<Readiness>('/readyz', {}, [503])).answer;
  }
}
