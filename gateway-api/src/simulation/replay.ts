import type { Header, HeaderOf, Receipt, Stop } from '@proofward/evidence';
import type { CommittedBlock } from '../projection/block.js';
import type { Past } from '../queries/past.js';

interface Told {
  header: Header;
  knownAt: string;
}

/** A record with its revisions, the first one first. */
interface Kept {
  id: string;
  revisions: Told[];
}

/** A receipt as its site has it. */
export interface KeptReceipt {
  receipt: Receipt;
  batch: string | undefined;
}

/** What is asked of an endpoint in a time, or of receipts. */
export type ReplayQuestion =
  { site: string; endpoint: string; from: string; to: string } | { receipts: readonly KeptReceipt[] };

type Line = [id: string, revision: number, status: string, changed: number[], amendments: string[]];
const text = new TextDecoder();

/**
 * What blocks say, kept in plain arrays and looked through from end to end: slow, and so short that a reader can see that it
 * does what the documentation says of records, times and traces. It shares no code with the projection and the queries.
 */
export class Replay {
  private readonly claims = new Map<string, number>();
  private records: Kept[] = [];
  height = 0;

  /** Forgets the records, and goes on with the chain. */
  forget(): void {
    this.records = [];
  }

  take(block: CommittedBlock): void {
    this.height = block.number + 1;
    for (const { code, claim, writes, hashedWrites } of block.transactions) {
      if (code !== 0 || claim === undefined) continue;
      // Known is what the second-latest of the organisations has passed, or what the transaction says, if that is later.
      const [, clock = claim.at] = [...this.claims.values()].sort((a, b) => b - a);
      const knownAt = new Date(Math.max(clock, claim.at)).toISOString();
      this.claims.set(claim.mspId, Math.max(claim.at, this.claims.get(claim.mspId) ?? claim.at));
      for (const { key, value } of writes) {
        if (key.endsWith('~stop')) this.stop(JSON.parse(text.decode(value)) as Partial<Stop>, knownAt);
        else this.write(JSON.parse(text.decode(value)) as Header, hashedWrites.length > 0, knownAt);
      }
    }
  }

  private write(header: Header, isMarked: boolean, knownAt: string): void {
    const record = this.records.find(({ id }) => id === header.id);
    if (record === undefined) {
      if (isMarked && header.revision === 1) this.records.push({ id: header.id, revisions: [{ header, knownAt }] });
      return;
    }
    const last = record.revisions.at(-1)?.header;
    const isOver = last?.status === 'stopped' || last?.status === 'rolled-back';
    if (!isOver && header.revision === record.revisions.length + 1) record.revisions.push({ header, knownAt });
  }

  private stop(stop: Partial<Stop>, knownAt: string): void {
    const record = this.records.find(({ id }) => id === stop.deployment);
    const last = record?.revisions.at(-1)?.header;
    if (stop.kind === undefined || last?.type !== 'deployment' || last.status !== 'running') return;
    const header = {
      ...last,
      status: stop.kind === 'stop' ? 'stopped' : 'rolled-back',
      revision: last.revision + 1,
      recordedAt: stop.recordedAt ?? '',
      effectiveAt: stop.effectiveAt ?? '',
      to: stop.effectiveAt,
      late: stop.late,
      ...(stop.returnedTo === undefined ? {} : { returnedTo: stop.returnedTo }),
    };
    record?.revisions.push({ header, knownAt });
  }

  /** The record as it stood: the last of its revisions that had happened, and was known. */
  stood(id: string, { asOf, knownAt }: Past): Header | undefined {
    const revisions = this.records.find((record) => record.id === id)?.revisions ?? [];
    let found: Header | undefined;
    for (const told of revisions) {
      if (asOf !== undefined && told.header.effectiveAt > asOf) continue;
      if (knownAt !== undefined && told.knownAt > knownAt) continue;
      found = told.header;
    }
    return found;
  }

  /** Those of a type that stood then, newest first. */
  all<T extends Header['type']>(type: T, past: Past): HeaderOf<T>[] {
    return this.records
      .map(({ id }) => this.stood(id, past))
      .filter((header): header is HeaderOf<T> => header?.type === type)
      .reverse();
  }

  trace(question: ReplayQuestion, past: Past) {
    const { asOf, knownAt } = past;
    const isBy = (time: string) => (asOf === undefined || time <= asOf) && (knownAt === undefined || time <= knownAt);
    const places =
      'receipts' in question
        ? question.receipts
            .filter(({ receipt }) => isBy(receipt.at))
            .map((one) => ({ ...one.receipt, from: one.receipt.at, to: one.receipt.at, own: one.batch }))
        : [{ ...question, own: undefined }];
    const candidates = places.flatMap((place) => this.candidates(place, past, 'id' in place));
    const batches = places.flatMap((place) => this.batches(place, past));
    const isOfReceipt = 'receipts' in question && places.length > 0;
    return {
      certainty: isOfReceipt ? 'receipt' : candidates.length > 0 ? 'interval' : 'none',
      receipts: 'receipts' in question ? places.map((place) => ('id' in place ? place.id : '')) : [],
      candidates,
      ambiguous: candidates.length > 1,
      batches: batches.map((header) => this.line(header)),
      gaps: batches.flatMap(({ missing = [] }) => missing),
      lateBatches: batches.filter(({ late }) => late === true).map(({ id }) => id),
      truncated: false,
      blockHeight: this.height,
    };
  }

  private candidates(
    { site, endpoint, from, to }: { site: string; endpoint: string; from: string; to: string },
    past: Past,
    isOfReceipt: boolean,
  ) {
    const runs = this.all('deployment', past).filter((run) => {
      if (siteOf(run.id) !== site || run.endpoint !== endpoint) return false;
      const hasBegun = from === to ? run.from <= from : run.from < to;
      return hasBegun && (run.to === undefined || run.to > from);
    });
    // Of a time the end is not in it, and times have milliseconds.
    const end = from === to ? to : new Date(Date.parse(to) - 1).toISOString();
    const then = { ...past, asOf: past.asOf ?? end };
    return runs.map((run) => {
      const model = this.stood(run.model, then);
      const behind = this.behind(model, then);
      const attestations = (at: Past) => this.all('attestation', at).filter(({ subject }) => subject === run.model);
      const signOffs = (at: Past) =>
        this.all('sign-off', at).filter((one) => one.model === run.model && siteOf(one.id) === site);
      const since = <H extends Header>(stood: (at: Past) => H[]) => {
        const before = new Set(stood(then).map(({ id }) => id));
        return stood({ asOf: undefined, knownAt: undefined }).filter(({ id }) => !before.has(id));
      };
      const decision = this.stood(run.decision, then);
      const line = (header: Header) => this.line(header, then);
      const now = { asOf: undefined, knownAt: undefined };
      const said = [run, ...behind, ...attestations(now), ...signOffs(now)].map(({ id }) => id);
      const shown = [...said, run.model, run.decision];
      const amendments = (at: Past) => this.all('amendment', at).filter(({ record }) => shown.includes(record));
      return {
        deployment: line(run),
        mode: run.mode,
        silentSince: isOfReceipt || this.counts(site, run, past) ? undefined : run.from,
        model: model && line(model),
        ancestors: behind.filter(({ type }) => type === 'model').map(line),
        datasets: behind.filter(({ type }) => type === 'dataset').map(line),
        attestations: attestations(then).map(line),
        signOffs: signOffs(then).map(line),
        decision: decision && line(decision),
        since: [...since(attestations), ...since(signOffs), ...since(amendments)].map(line),
      };
    });
  }

  /** Whether a batch that speaks for some of the time of a deployment counts a receipt. */
  private counts(site: string, run: HeaderOf<'deployment'>, past: Past): boolean {
    return this.all('batch', past).some(({ id, endpoint, window, count }) => {
      if (siteOf(id) !== site || endpoint !== run.endpoint || count === 0) return false;
      return window.to > run.from && (run.to === undefined || window.from < run.to);
    });
  }

  /** All that a version was made from, by id. */
  private behind(model: Header | undefined, then: Past): Header[] {
    const found = new Map<string, Header>();
    const follow = (header: Header | undefined) => {
      const ids =
        header?.type === 'model'
          ? [...header.parents, ...header.datasets].map(({ id }) => id)
          : header?.type === 'dataset'
            ? header.parents
            : [];
      for (const id of ids) {
        const next = this.stood(id, then);
        if (next === undefined || found.has(id)) continue;
        found.set(id, next);
        follow(next);
      }
    };
    follow(model);
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  private batches(
    {
      site,
      endpoint,
      from,
      to,
      own,
    }: { site: string; endpoint: string; from: string; to: string; own: string | undefined },
    past: Past,
  ): HeaderOf<'batch'>[] {
    const stood = this.all('batch', past).reverse();
    const speaking = stood
      .filter((batch) => siteOf(batch.id) === site && batch.endpoint === endpoint)
      .filter(({ window }) => window.to > from && (from === to ? window.from <= from : window.from < to))
      .sort((a, b) => (a.window.to < b.window.to ? -1 : a.window.to > b.window.to ? 1 : 0));
    const late = stood.filter((batch) => batch.id === own && !speaking.includes(batch));
    return [...speaking, ...late];
  }

  private line({ id, revision, status }: Header, then?: Past): Line {
    const revisions = this.records.find((record) => record.id === id)?.revisions ?? [];
    const later = revisions.map(({ header }) => header.revision).filter((one) => one > revision);
    const amendments = then === undefined ? [] : this.all('amendment', then).filter(({ record }) => record === id);
    return [id, revision, status, later.reverse(), amendments.map((one) => one.id)];
  }
}

function siteOf(id: string): string {
  return id.slice(id.indexOf(':') + 1, id.indexOf('/'));
}
