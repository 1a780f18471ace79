import { parseId, type PlacedType, type Presentation, type PrivateType } from '@proofward/evidence';
import type { Http, Parameters } from './http.js';
import { present } from './present.js';
import type {
  Amending,
  AuditPreview,
  DataVerification,
  History,
  Lineage,
  LineageOptions,
  NewRecord,
  PresentationVerification,
  PresentedData,
  PresentedWeights,
  RecordAnswer,
  Recorded,
  RecordItem,
  RecordList,
  ReleasePreview,
  ReleaseRequest,
  Show,
  Stopping,
  Transition,
  WhoAmI,
} from './types.js';

/** Options of a read. */
export interface ReadOptions {
  /** Wait until the read model has this block: a write's `ledger.block`. */
  minBlock?: number;
}

/** The way to an earlier state: times, or days (their beginning, UTC). */
export interface PastOptions {
  /** As it stood at this moment, by when things happened. */
  asOf?: string;
  /** As far as it was recorded by this moment. */
  knownAt?: string;
}

/** The records of one type at a gateway. */
export class RecordsApi<T extends PlacedType> {
  constructor(
    protected readonly http: Http,
    private readonly plural: string,
  ) {}

  /** Records it. The same content again answers the record that exists. */
  async create(record: NewRecord<T>): Promise<Recorded<T>> {
    const { status, answer } = await this.http.post<RecordAnswer<T>>(`/v1/${this.plural}`, record);
    return { record: answer, replay: status === 200 };
  }

  async get(id: string, options: ReadOptions & PastOptions & { salts?: boolean } = {}): Promise<RecordAnswer<T>> {
    return (await this.http.get<RecordAnswer<T>>(this.pathOf(id), { ...options })).answer;
  }

  async list(parameters: Parameters = {}): Promise<RecordList<T>> {
    return (await this.http.get<RecordList<T>>(`/v1/${this.plural}`, parameters)).answer;
  }

  /**
   * All records that the filters let through, in one answer and of one state of the gateway, as they come. `limit` is the
   * most of all.
   */
  stream(parameters: Parameters = {}): AsyncGenerator<RecordItem<T>> {
    return this.http.lines<RecordItem<T>>(`/v1/${this.plural}`, parameters);
  }

  /** All records that the filters let through, page after page. */
  async *all(parameters: Parameters = {}): AsyncGenerator<RecordItem<T>> {
    let cursor: string | undefined;
    do {
      const { items, next } = await this.list({ ...parameters, cursor });
      yield* items;
      cursor = next ?? undefined;
    } while (cursor !== undefined);
  }

  async history(id: string, options: ReadOptions = {}): Promise<History<T>> {
    return (await this.http.get<History<T>>(`${this.pathOf(id)}/history`, { ...options })).answer;
  }

  /** Changes the record's state. The answer has no private part. */
  async transition(id: string, transition: Transition): Promise<RecordAnswer<T>> {
    return (await this.http.post<RecordAnswer<T>>(`${this.pathOf(id)}/transitions`, transition)).answer;
  }

  protected pathOf(id: string): string {
    const { org, name, version } = parseId(id);
    return `/v1/${this.plural}/${org}/${name}/${version}`;
  }
}

/** Records that have a private part. */
export class PrivateRecordsApi<T extends PrivateType> extends RecordsApi<T> {
  /** Single private fields with what proves them against the public commitment. For members of the collection. */
  async present(id: string, names: readonly string[], options: ReadOptions = {}): Promise<Presentation> {
    const [{ answer: caller }, record] = await Promise.all([
      this.http.get<WhoAmI>('/v1/whoami'),
      this.get(id, { ...options, salts: true }),
    ]);
    return present(caller.channel, record, names);
  }
}

/** Records of files: datasets and models. */
export class FileRecordsApi<T extends 'dataset' | 'model'> extends PrivateRecordsApi<T> {
  /** What it was made from with what is said about each, or what refers to it. */
  async lineage(id: string, options: LineageOptions & ReadOptions = {}): Promise<Lineage> {
    return (await this.http.get<Lineage>(`${this.pathOf(id)}/lineage`, { ...options })).answer;
  }

  /** Every version that was made from it, every decision on those, and every deployment of them, with its receipts. */
  async recall(id: string, options: { depth?: number } & ReadOptions = {}): Promise<Lineage> {
    return (await this.http.get<Lineage>(`${this.pathOf(id)}/recall`, { ...options })).answer;
  }

  /** Whether these files, this root, or this one sample of a dataset are what was recorded, and which are not. */
  async verify(
    id: string,
    presented: T extends 'dataset' ? PresentedData : PresentedWeights,
    options: ReadOptions = {},
  ): Promise<DataVerification> {
    return (await this.http.post<DataVerification>(`${this.pathOf(id)}/verify`, presented, { ...options })).answer;
  }
}

/** Records whose single fields are shown: grants, plans, attestations, responses, incidents, disputes and statements in them, amendments, disclosure requests, sign-offs, waivers. */
export class StatementsApi<T extends PrivateType> extends PrivateRecordsApi<T> {
  /** Whether these fields are under the record's commitment. */
  async verify(id: string, presented: Presentation, options: ReadOptions = {}): Promise<PresentationVerification> {
    const path = `${this.pathOf(id)}/verify`;
    return (await this.http.post<PresentationVerification>(path, presented, { ...options })).answer;
  }
}

/** Release decisions, which a request makes. */
export class ReleasesApi extends StatementsApi<'release-decision'> {
  /** Decides whether a model version may run at this site, and records it, refused or allowed. */
  async request(request: ReleaseRequest, options: ReadOptions = {}): Promise<Recorded<'release-decision'>> {
    const path = '/v1/release-requests';
    const { status, answer } = await this.http.post<RecordAnswer<'release-decision'>>(path, request, { ...options });
    return { record: answer, replay: status === 200 };
  }

  /** What it would come to, requirement by requirement, without recording it. */
  async preview(request: ReleaseRequest, options: ReadOptions = {}): Promise<ReleasePreview> {
    const parameters = { ...options, dryRun: true };
    return (await this.http.post<ReleasePreview>('/v1/release-requests', request, parameters)).answer;
  }
}

export class DeploymentsApi extends StatementsApi<'deployment'> {
  /** Stops it. This needs no other organisation and is never refused to the site; what is missing is flagged. */
  async stop(id: string, how: Stopping = {}): Promise<RecordAnswer<'deployment'>> {
    return (await this.http.post<RecordAnswer<'deployment'>>(`${this.pathOf(id)}/stop`, how)).answer;
  }

  /** The same where the endpoint goes back to another version. */
  async rollback(id: string, how: Stopping & { returnedTo: string }): Promise<RecordAnswer<'deployment'>> {
    return (await this.http.post<RecordAnswer<'deployment'>>(`${this.pathOf(id)}/rollback`, how)).answer;
  }
}

export class AttestationsApi extends StatementsApi<'attestation'> {
  /** What the counts bear, before anything is signed. */
  async preview(record: NewRecord<'attestation'>): Promise<AuditPreview> {
    return (await this.http.post<AuditPreview>('/v1/attestations', record, { dryRun: true })).answer;
  }
}

/** Corrections of single fields. An amendment's id and place follow from what it amends. */
export class AmendmentsApi extends StatementsApi<'amendment'> {
  /** Corrects one private field of an own record, which stays as it is. The same again answers the amendment that exists. */
  async amend(amending: Amending): Promise<Recorded<'amendment'>> {
    const { status, answer } = await this.http.post<RecordAnswer<'amendment'>>('/v1/amendments', amending);
    return { record: answer, replay: status === 200 };
  }
}

/** What was shown to whom. A disclosure is made by the gateway from what it holds. */
export class DisclosuresApi extends StatementsApi<'disclosure'> {
  /** Answers a request field by field, shown or refused, or shows fields of one's own accord. */
  async show(show: Show, options: ReadOptions = {}): Promise<Recorded<'disclosure'>> {
    const { status, answer } = await this.http.post<RecordAnswer<'disclosure'>>('/v1/disclosures', show, {
      ...options,
    });
    return { record: answer, replay: status === 200 };
  }
}

export class IncidentsApi extends StatementsApi<'incident'> {
  /** The incident's subjects, and what was made from them, decided on them or runs with them. */
  async blastRadius(id: string, options: { depth?: number } & ReadOptions = {}): Promise<Lineage> {
    return (await this.http.get<Lineage>(`${this.pathOf(id)}/blast-radius`, { ...options })).answer;
  }
}
