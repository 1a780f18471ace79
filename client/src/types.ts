import type {
  ErrorCode,
  FileComparison,
  Header,
  MetricResult,
  Outcome,
  PartitionResult,
  PlacedType,
  Presentation,
  PrivateType,
  PresentedFile,
  privateSchemas,
  publicSchemas,
  Receipt,
  ReceiptProof,
  RecordType,
  ReleaseOutcome,
  SaltedField,
  SampleProof,
  SignedReceipt,
} from '@proofward/evidence';
import type { z } from 'zod';

/** The header of a record type. */
export type HeaderOf<T extends RecordType> = Extract<Header, { type: T }>;

/** The public fields of a type, as a creation gives them. */
type PublicInput<T extends PlacedType> = z.input<(typeof publicSchemas)[T]>;

/** The private part of a type. */
export type PrivateOf<T extends PrivateType> = z.input<(typeof privateSchemas)[T]>;

/** A new record: its id, or name and version; an attestation may leave both out. */
export type NewRecord<T extends PlacedType> = PublicInput<T> & {
  id?: string;
  name?: string;
  version?: string;
  effectiveAt?: string;
} & (T extends PrivateType ? { private: PrivateOf<T> } : unknown);

/** A correction of one private field of an own record. */
export type Amending = Pick<NewRecord<'amendment'>, 'record' | 'field' | 'reasonCode' | 'private' | 'effectiveAt'>;

/** A correction, as it is shown beside the record. */
export interface Amendment extends Pick<
  RecordItem<'amendment'>,
  'id' | 'commitment' | 'recordedAt' | 'effectiveAt' | 'ledger' | 'private'
> {
  field: string;
  reasonCode: Amending['reasonCode'];
}

/** The block and transaction that wrote a header's revision. */
export interface LedgerPlace {
  block: number;
  txId: string;
  /** The transaction's time is more than 15 minutes off: older than what was there before it, or later than others since. */
  clock?: 'behind' | 'ahead';
}

export interface RecordItem<T extends RecordType> {
  id: string;
  type: T;
  status: string;
  commitment?: string;
  recordedAt: string;
  effectiveAt: string;
  ledger: LedgerPlace;
  header: HeaderOf<T>;
  /** `trained-and-tested-on`: the same dataset is among those of a model's training and testing. */
  warnings?: { code: 'trained-and-tested-on'; record: string }[];
  /** The private fields' values; `withheld` from non-members; `missing` where a member's copy has not come; `erased`. */
  private?: (T extends PrivateType ? PrivateOf<T> : never) | 'withheld' | 'missing' | 'erased';
  /** Of a deployment: whether what it was allowed on holds, or held until it ended. `withheld` from non-members. */
  evidence?: {
    state: 'withdrawn' | 'disputed' | 'lapsed' | 'current' | 'withheld';
    /** What does not hold any more. */
    records: { id: string; state: 'withdrawn' | 'disputed' | 'lapsed' }[];
  };
  /** The private fields with their salts, where they were asked for. */
  fields?: Record<string, SaltedField>;
}

/** An answer and the number of blocks that it was true at. */
export type AtHeight<A> = A & { blockHeight: number };

export type RecordAnswer<T extends RecordType> = AtHeight<
  RecordItem<T> & {
    /** What others say of it and its readers must see, newest first; where a single record is read. */
    beside?: { id: string; type: RecordType; status: string; recordedAt: string }[];
    /** What its author has corrected in it, newest first; where it is read, and something was. */
    amendments?: Amendment[];
  }
>;

/** A write's answer. */
export interface Recorded<T extends RecordType> {
  record: RecordAnswer<T>;
  /** True where the same was recorded already, so that nothing was written. */
  replay: boolean;
}

export interface RecordList<T extends RecordType> {
  items: RecordItem<T>[];
  /** How many of the items have a private part that the caller does not see. */
  withheld: number;
  /** The cursor of the next page. */
  next: string | null;
  blockHeight: number;
}

export interface Revision<T extends RecordType> {
  revision: number;
  status: string;
  recordedAt: string;
  effectiveAt: string;
  /** Why, where a reason was given and the caller is a member of the record's collection. */
  reasonCode?: string;
  ledger: LedgerPlace;
  header: HeaderOf<T>;
}

export interface History<T extends RecordType> {
  /** Newest first. */
  revisions: Revision<T>[];
  /** What its author has corrected in it, newest first; where something was. */
  amendments?: Amendment[];
  blockHeight: number;
}

export interface LineageNode extends HeaderItem {
  /** How many references away; 0 is the record itself. */
  distance: number;
  /**
   * Of a deployment that an incident or a recall reaches: the windows of its endpoint's batches while it ran, and the numbers of
   * the receipts in them, both ends included.
   */
  receipts?: { from: string; to: string; first: number; last: number };
}

/** A record names another one in its header. */
export interface LineageEdge {
  from: string;
  to: string;
  /** The header's member: `parents`, `datasets`, `subject`, `grants`. */
  relation: string;
  /** `fine-tuned`, `training`, ... where the header says. */
  detail?: string;
}

export interface Lineage {
  id: string;
  /** `both` of the blast radius of an incident. */
  direction: 'up' | 'down' | 'both';
  depth: number;
  /** Nearest first. */
  nodes: LineageNode[];
  edges: LineageEdge[];
  /** Whether there is more: deeper, or beyond the most that one answer has. */
  truncated: boolean;
  /** How many of the nodes have a private part that the caller may not read. */
  withheld: number;
  blockHeight: number;
}

export interface LineageOptions {
  /** `up` (by default): what it was made from. `down`: what refers to it. */
  direction?: 'up' | 'down';
  depth?: number;
}

/** A record's header, without its private part. */
type HeaderItem = Omit<RecordItem<RecordType>, 'private' | 'fields'>;

export interface SearchResult {
  digest: string;
  items: (HeaderItem & {
    /** Where the record has the digest; a pointer leads into its private part. */
    matches: { in: 'commitment' | 'createdTx' | 'root' | 'private'; pointer?: string }[];
  })[];
  /** How many of the items have a private part that the caller may not read. */
  withheld: number;
  next: string | null;
  blockHeight: number;
}

/** A header's revision in the feed. */
export interface Change extends HeaderItem {
  /** The place after this change. */
  cursor: string;
  revision: number;
}

export interface ChangesOptions {
  /** The `cursor` of the last change that was read; from the beginning without it. */
  after?: string | undefined;
  limit?: number;
  /** Where there is nothing yet: how many seconds to wait for it, at most 25. */
  wait?: number;
}

export interface Transition {
  to: string;
  reasonCode?: string;
  revision?: number;
  effectiveAt?: string;
}

/** That a caller was shown a private record, or something of it. */
export interface Access {
  at: string;
  /** The API key, as whoami names it. */
  caller: string;
  identity: string;
  role: string;
  /** The operation of the API. */
  operation: string;
  record: string;
}

export interface AccessLogPage {
  items: Access[];
  next: string | null;
  blockHeight: number;
}

/** What is shown: as a request asks, or of one's own accord fields of a record to a recipient. */
export type Show = { name?: string; version?: string; effectiveAt?: string } & (
  | {
      request: string;
      /** What the request asks for, as its author shows it, where it was served otherwise than over the ledger. */
      asked?: Presentation;
      /** What is not shown, each with why. */
      refused?: { field: string; reasonCode: string; reason?: string }[];
    }
  | { recipient: string; record: string; fields: readonly string[] }
);

/** What became of receipts that were sent in. */
export interface ReceiptsTaken {
  stored: number;
  /** Those that were there already. */
  known: number;
}

/** What is known of who signed a receipt: `revoked` from before its time, or only `revoked-since`. */
export interface ReceiptSigner {
  state: 'good' | 'revoked' | 'revoked-since' | 'unknown';
  /** As the authority's revocation list says. */
  revokedFrom?: string;
}

/** A receipt, and its place in the batch that is on the ledger, once there is one. */
export type ReceiptAnswer = AtHeight<
  SignedReceipt & {
    signer: ReceiptSigner;
    proof?: ReceiptProof;
    batch?: Omit<RecordItem<'batch'>, 'private' | 'fields'>;
  }
>;

/** What became of one of several receipts; where it was refused, why. */
export interface ReceiptTaken {
  /** From 1, in the order in which they were handed in. */
  line: number;
  id?: string;
  outcome: 'stored' | 'known' | 'refused';
  problem?: { code: ErrorCode; detail: string; pointer?: string };
}

/** A batch of receipts, in short. */
export interface BatchOutline {
  batch: string;
  window: { from: string; to: string };
  first: number;
  last: number;
  count: number;
}

/** How far the receipts of an endpoint are: `waiting` for a batch, or `leftOut` since the ledger gave their number away. */
export interface EndpointStatus {
  endpoint: string;
  newest: number;
  waiting: number;
  leftOut: number;
  recorded?: BatchOutline;
  pending?: BatchOutline & { since: string; reason?: { code: ErrorCode; message: string } };
  refused: (BatchOutline & { at: string; reason: { code: ErrorCode; message: string } })[];
}

/** A record as it stood, and its later revisions, newest first. */
export type TraceLine<T extends RecordType> = RecordItem<T> & {
  changed: { revision: number; status: string; recordedAt: string; effectiveAt: string; ledger: LedgerPlace }[];
  /** What was corrected in it by then, newest first; where something was. */
  amendments?: Amendment[];
};

/** By which a model version is traced: an output's receipt, or what ran at an endpoint in a time. */
export type TraceQuestion = (
  | { receipt: string }
  | { output: { digest: string; salt: string } | { commitment: string } }
  | { externalReference: { system: string; id: string } }
  | { endpoint: string; site?: string; at: string }
  | { endpoint: string; site?: string; localDay: string; zone: string }
) & { asOf?: string; knownAt?: string };

export interface TraceCandidate {
  deployment: TraceLine<'deployment'>;
  mode: string;
  share?: string;
  /** No receipt since the deployment began, at this time: no batch counts one. */
  silentSince?: string;
  model?: TraceLine<'model'>;
  /** The weights that the process had loaded, by the receipt, and those of the version, for who may read them. */
  loaded?: string;
  declared?: string;
  differs?: boolean;
  /** The versions that it was made from, nearest first. */
  ancestors: TraceLine<'model'>[];
  /** Its own, those of its ancestors, and what these were derived from, nearest first. */
  datasets: TraceLine<'dataset'>[];
  attestations: TraceLine<'attestation'>[];
  signOffs: TraceLine<'sign-off'>[];
  decision?: TraceLine<'release-decision'>;
  /** What was said of it only later, and what was corrected only later in what is shown. */
  since: TraceLine<'attestation' | 'sign-off' | 'amendment'>[];
}

export interface TraceAnswer {
  certainty: 'receipt' | 'interval' | 'none';
  /** Why there is no candidate. */
  reason?: string;
  receipts: (Receipt & { signer: ReceiptSigner; batch?: string })[];
  candidates: TraceCandidate[];
  /** More than one can have answered. */
  ambiguous: boolean;
  batches: TraceLine<'batch'>[];
  /** Numbers that are declared missing. */
  gaps: { first: number; last: number }[];
  lateBatches: string[];
  /** Whether there are more receipts, or more that a version was made from, than one answer has. */
  truncated: boolean;
  /** Records whose private part the caller may not read, and who holds it. */
  withheld: { id: string; ask: string[] }[];
  blockHeight: number;
}

/** What a site asks for, and what it has for it. */
export interface ReleaseRequest {
  model: string;
  purpose: string;
  name?: string;
  version?: string;
  /** What others have shown of their attestations. */
  presentations?: { attestation: string; presentation: Presentation }[];
  /** Those that the site holds itself; all that it holds of the model where absent. */
  attestations?: string[];
  /** The site's own; all that are active where absent. */
  signOffs?: string[];
  waivers?: string[];
  effectiveAt?: string;
}

/** What a release comes to. */
export interface ReleasePreview extends ReleaseOutcome {
  /** All that are in force for this model at this site. */
  policies: string[];
}

/** How a deployment is stopped. */
export interface Stopping {
  /** The sign-offs that it was done with. */
  approvals?: string[];
  /** When it was switched; now where absent. */
  effectiveAt?: string;
}

/** What is compared with a dataset: one of these. */
export type PresentedData =
  | { files: readonly PresentedFile[] }
  /** Over all samples, and optionally their number. */
  | { root: string; count?: number }
  | { sample: SampleProof & { record: Record<string, unknown> } };

/** What is compared with a model: its files, or Model Signing's root over them. */
export type PresentedWeights = { files: readonly PresentedFile[] } | { root: string };

/** The verdict on what was presented. `unexpected`: it was presented, and none is recorded. */
export interface DataVerification {
  result: 'match' | 'mismatch';
  files?: FileComparison[];
  /** `external`: the recorded digests were taken as somebody else made them. */
  digestOrigin?: 'native' | 'external';
  root?: { result: 'match' | 'mismatch' | 'unexpected'; count?: number };
  sample?: { index: number; result: 'match' | 'mismatch' | 'unexpected' };
  blockHeight: number;
}

/** What an attestation's counts bear. */
export interface AuditPreview {
  /** False where there is nothing to recompute. */
  recomputed: boolean;
  verdict: { claimed: Outcome; computed?: Outcome };
  metrics: MetricResult[];
  partitions: PartitionResult[];
}

export interface PresentationVerification {
  result: 'match' | 'mismatch';
  fields: { name: string; result: 'match' | 'mismatch' }[];
  blockHeight: number;
}

export interface TransactionOutcome {
  transactionId: string;
  status: 'valid' | 'invalid' | 'unknown';
  validation?: string;
  block?: number;
}

export interface WhoAmI {
  organization: string;
  mspId: string;
  organizationRole: string;
  role: string;
  scopes: string[];
  key: string;
  identity: { label: string; expiresAt: string };
  channel: string;
  target?: 'embedded' | 'fabric';
}

export interface Readiness {
  ready: boolean;
  organization: string;
  target?: 'embedded' | 'fabric';
  peer: boolean;
  database: boolean;
  projection: {
    state: 'connecting' | 'catching-up' | 'following' | 'behind' | 'forked';
    blockHeight: number;
    records?: number;
    missingPrivate?: number;
    ignoredWrites?: number;
  };
}

/** A problem document (RFC 9457) of the gateway. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  pointer?: string;
  requestId: string;
  transactionId?: string;
}
