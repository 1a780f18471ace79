import {
  amendableFields,
  amendmentId,
  bytesToHex,
  emptyRoot,
  formatTime,
  type Header,
  type HeaderOf,
  isAmendable,
  type Receipt,
  sha256,
  utf8ToBytes,
} from '@proofward/evidence';
import type { CommittedBlock, CommittedTransaction } from '../projection/block.js';
import type { SimulatedChain } from './chain.js';
import type { KeptReceipt } from './replay.js';

/** What is drawn for one step. */
export interface Step {
  /** Which of the things that happen, as far as it can happen yet. */
  what: number;
  /** Which of those there are is meant. */
  which: number;
  other: number;
  more: number;
  /** Minutes since the step before, and how far the writer's clock is off. */
  after: number;
  off: number;
  /** Minutes for which it is recorded late; none where below 0. */
  late: number;
  endsBlock: boolean;
}

const sites = ['cleveland', 'hungarian'] as const;
const auditors = ['auditor-a', 'auditor-b'] as const;
const minuteMs = 60_000;
/** What can happen, as often as it is here. */
const happenings = [
  ...(['deployment', 'deployment', 'deployment', 'deployment', 'end', 'stop', 'batch', 'batch', 'receipt'] as const),
  ...(['receipt', 'dataset', 'model', 'model', 'attestation', 'signOff', 'dispute', 'transition'] as const),
  ...(['transition', 'forgery', 'amendment'] as const),
];
const digest = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));

interface Endpoint {
  site: string;
  name: string;
  windowTo: number;
  last: number;
  previous?: string;
  live?: string;
}

/** A history that keeps the rules of the chaincode, from steps that were drawn. Its ids are its own. */
export class RandomHistory {
  readonly blocks: CommittedBlock[] = [];
  readonly receipts: KeptReceipt[] = [];
  /** The moments at which something began or ended: what is asked at or beside them. */
  readonly moments = new Set<string>();
  readonly endpoints: Endpoint[];
  private readonly latest = new Map<string, Header>();
  private pending: CommittedTransaction[] = [];
  private now: number;
  private made = 0;

  constructor(
    private readonly chain: SimulatedChain,
    private readonly name: string,
    begin: number,
    steps: readonly Step[],
  ) {
    this.now = begin;
    this.endpoints = sites.flatMap((site) =>
      ['a', 'b'].map((end) => ({ site, name: `${name}-${end}`, windowTo: begin, last: 0 })),
    );
    const [first] = steps;
    // Something to speak of.
    for (const kind of [0, 1, 2]) if (first) this.model({ ...first, which: kind, late: -1 }, begin + kind);
    for (const step of steps) this.step(step);
    this.endBlock();
  }

  get ids(): string[] {
    return [...this.latest.keys()];
  }

  private step(step: Step): void {
    this.now += step.after * minuteMs;
    const at = this.now + step.off * minuteMs;
    this[pick(happenings, step.what)](step, at);
    if (step.endsBlock) this.endBlock();
  }

  private endBlock(): void {
    this.blocks.push(this.chain.block(this.pending));
    this.pending = [];
  }

  private create(
    id: string,
    fields: Record<string, unknown>,
    at: number,
    effective: number,
    values?: Record<string, unknown>,
  ) {
    const effectiveAt = formatTime(Math.min(effective, at));
    const late = at - effective > 15 * minuteMs ? { late: true } : {};
    const { header, transaction } = this.chain.create({
      id,
      fields: { ...fields, ...late },
      at,
      effectiveAt,
      ...(values && { values }),
    });
    this.keep(header);
    this.pending.push(transaction);
    return transaction;
  }

  private keep(header: Header): void {
    this.latest.set(header.id, header);
    for (const moment of [header.recordedAt, header.effectiveAt]) this.moments.add(moment);
    if (header.type === 'deployment') this.moments.add(header.from);
  }

  private change<H extends Header>(
    header: H,
    change: Partial<H>,
    at: number,
    step: Step,
    transaction?: CommittedTransaction,
  ): void {
    const effectiveAt = formatTime(effectiveOf(step, at));
    const revised = this.chain.revise(header, { effectiveAt, ...change }, at, transaction);
    this.keep(revised.header);
    if (transaction === undefined) this.pending.push(revised.transaction);
  }

  private of<T extends Header['type']>(type: T): HeaderOf<T>[] {
    return [...this.latest.values()].filter((header): header is HeaderOf<T> => header.type === type);
  }

  private unnamed(type: string, org: string): string {
    return `${type}:${org}/${digest(`${this.name} ${type} ${this.made++}`).slice(0, 32)}@1`;
  }

  dataset(step: Step, at: number): void {
    const site = pick(sites, step.which);
    const own = this.of('dataset').filter(({ id }) => id.includes(`:${site}/`));
    const parents = chosen(own, step.other, step.more).map(({ id }) => id);
    this.create(`dataset:${site}/${this.name}-d${this.made++}@1`, { parents }, at, effectiveOf(step, at));
  }

  model(step: Step, at: number): void {
    const site = pick(sites, step.which);
    const isOwn = ({ id }: Header) => id.includes(`:${site}/`);
    const parents = chosen(this.of('model').filter(isOwn), step.other, step.more);
    const datasets = chosen(this.of('dataset').filter(isOwn), step.more, step.other);
    const id = `model:${site}/${this.name}-m${this.made++}@1`;
    const fields = {
      purpose: 'triage',
      parents: parents.map((parent) => ({ id: parent.id, relation: 'fine-tuned' })),
      datasets: datasets.map((one) => ({ id: one.id, role: 'training' })),
    };
    const file = { path: 'weights.bin', size: 3, sha256: digest(`weights of ${id}`) };
    this.create(id, fields, at, effectiveOf(step, at), { fingerprint: { files: [file] } });
  }

  attestation(step: Step, at: number): void {
    const subject = one(this.of('model'), step.which);
    if (subject === undefined) return;
    const id = this.unnamed('attestation', pick(auditors, step.other));
    this.create(id, { subject: subject.id, kind: 'safety' }, at, effectiveOf(step, at));
  }

  signOff(step: Step, at: number): void {
    const model = one(this.of('model'), step.which);
    if (model === undefined) return;
    const id = this.unnamed('sign-off', pick(sites, step.other));
    this.create(id, { model: model.id, role: 'qa' }, at, effectiveOf(step, at));
  }

  /** A live one closes the live one before it, in one transaction. */
  deployment(step: Step, at: number): void {
    const model = one(this.of('model'), step.which);
    const endpoint = pick(this.endpoints, step.other);
    if (model === undefined) return;
    const { site } = endpoint;
    const decision = this.unnamed('release-decision', site);
    const policies = [`policy:${site}/rules@1`];
    this.create(decision, { model: model.id, policies, outcome: 'allowed' }, at, at);
    const mode = pick(['live', 'live', 'canary', 'shadow'] as const, step.more);
    const before = endpoint.live === undefined ? undefined : (this.latest.get(endpoint.live) as HeaderOf<'deployment'>);
    const effective = Math.max(effectiveOf(step, at), before === undefined ? 0 : Date.parse(before.from));
    if (effective > at) return;
    const id = this.unnamed('deployment', site);
    const share = mode === 'live' ? {} : { share: '0.1' };
    const from = formatTime(effective);
    const fields = { model: model.id, endpoint: endpoint.name, mode, ...share, decision, from };
    const transaction = this.create(id, fields, at, effective);
    if (mode !== 'live') return;
    if (before?.status === 'running') {
      this.change(before, { status: 'ended', to: from, effectiveAt: from }, at, step, transaction);
      this.moments.add(from);
    }
    endpoint.live = id;
  }

  end(step: Step, at: number): void {
    const header = one(this.running(), step.which);
    if (header === undefined) return;
    const to = formatTime(Math.max(effectiveOf(step, at), Date.parse(header.from)));
    if (to > formatTime(at)) return;
    this.change(header, { status: 'ended', to, effectiveAt: to }, at, step);
  }

  /** Also twice, and after an end, where it changes nothing; and what is written over it changes nothing either. */
  stop(step: Step, at: number): void {
    const header = one(this.of('deployment'), step.which);
    if (header === undefined) return;
    const effective = Math.max(effectiveOf(step, at), Date.parse(header.from));
    if (effective > at) return;
    const effectiveAt = formatTime(effective);
    const kind = pick(['stop', 'rollback'] as const, step.other);
    const more = kind === 'rollback' ? { returnedTo: header.model } : {};
    const { transaction } = this.chain.stop(header, { kind, effectiveAt, ...more }, at);
    this.pending.push(transaction);
    if (header.status === 'running') {
      const status = kind === 'stop' ? 'stopped' : 'rolled-back';
      const times = { recordedAt: formatTime(at), effectiveAt, to: effectiveAt };
      this.keep({ ...header, status, revision: header.revision + 1, ...times });
    }
  }

  /** A window's, sometimes recorded late; its receipts are those that have come by then. */
  batch(step: Step, at: number): void {
    const endpoint = pick(this.endpoints, step.which);
    const to = Math.max(effectiveOf(step, at), endpoint.windowTo + minuteMs);
    if (to > at) return;
    const open = this.receipts.filter(
      ({ receipt, batch }) =>
        batch === undefined && receipt.endpoint === endpoint.name && receipt.site === endpoint.site,
    );
    const last = open.at(-1)?.receipt.sequence ?? endpoint.last;
    const missing = numbers(endpoint.last + 1, last)
      .filter((number) => !open.some(({ receipt }) => receipt.sequence === number))
      .map((number) => ({ first: number, last: number }));
    const id = this.unnamed('batch', endpoint.site);
    const window = { from: formatTime(endpoint.windowTo), to: formatTime(to) };
    this.create(
      id,
      {
        endpoint: endpoint.name,
        kind: 'receipts',
        window,
        first: endpoint.last + 1,
        last,
        count: open.length,
        ...(missing.length === 0 ? {} : { missing }),
        root: open.length === 0 ? emptyRoot : digest(id),
        ...(endpoint.previous === undefined ? {} : { previous: endpoint.previous }),
      },
      at,
      to,
    );
    for (const receipt of open) receipt.batch = id;
    endpoint.last = last;
    endpoint.windowTo = to;
    endpoint.previous = id;
  }

  /** Of the own site; the next number, or the one after it, and sometimes older than the last batch. Outputs repeat. */
  receipt(step: Step, at: number): void {
    const endpoint = one(
      this.endpoints.filter(({ site }) => site === 'cleveland'),
      step.which,
    );
    if (endpoint === undefined) return;
    const own = this.receipts.filter(({ receipt }) => receipt.endpoint === endpoint.name);
    const before = Math.max(endpoint.last, own.at(-1)?.receipt.sequence ?? 0);
    const receipt: Receipt = {
      schema: 1,
      id: digest(`${this.name} receipt ${this.made++}`).slice(0, 32),
      site: endpoint.site,
      endpoint: endpoint.name,
      sequence: before + 1 + (step.more % 4 === 0 ? 1 : 0),
      at: formatTime(effectiveOf(step, at)),
      model: digest('weights'),
      input: digest(`input ${this.made}`),
      output: digest(`${this.name} output ${step.other % 3}`),
    };
    this.moments.add(receipt.at);
    this.receipts.push({ receipt, batch: undefined });
  }

  dispute(step: Step, at: number): void {
    const open = one(
      this.of('dispute').filter(({ status }) => status === 'open'),
      step.which,
    );
    if (open !== undefined && step.more % 2 === 0) {
      this.change(open, { status: pick(['answered', 'withdrawn'], step.other) }, at, step);
      return;
    }
    const attestation = one(this.of('attestation'), step.which);
    if (attestation === undefined) return;
    const { id: record, subject } = attestation;
    const deadline = formatTime(at + 24 * 60 * minuteMs);
    this.create(this.unnamed('dispute', 'regulator'), { record, subject, deadline }, at, effectiveOf(step, at));
  }

  /** Of what a trace can show, by its author; the next one of its field. */
  amendment(step: Step, at: number): void {
    const all = [...this.of('dataset'), ...this.of('model'), ...this.of('attestation'), ...this.of('sign-off')];
    const header = one<Header>([...all, ...this.of('deployment')], step.which);
    if (header === undefined || !isAmendable(header.type)) return;
    const [field] = amendableFields[header.type];
    const count = this.of('amendment').filter(({ record }) => record === header.id).length + 1;
    const subject = header.type === 'attestation' ? { subject: header.subject } : {};
    const fields = { record: header.id, field, reasonCode: 'typo', ...subject };
    this.create(amendmentId(header.id, field, count), fields, at, effectiveOf(step, at));
  }

  transition(step: Step, at: number): void {
    const all = [...this.of('dataset'), ...this.of('model'), ...this.of('attestation'), ...this.of('sign-off')];
    const header = one(all, step.which);
    const next: Record<string, readonly string[]> = {
      'dataset registered': ['flagged', 'withdrawn'],
      'dataset flagged': ['registered', 'withdrawn'],
      'model registered': ['deprecated', 'revoked'],
      'model deprecated': ['revoked'],
      'attestation active': ['superseded', 'revoked'],
      'attestation superseded': ['revoked'],
      'sign-off active': ['revoked'],
    };
    const to = header === undefined ? [] : (next[`${header.type} ${header.status}`] ?? []);
    if (header !== undefined && to.length > 0) this.change(header, { status: pick(to, step.other) }, at, step);
  }

  /** What nobody reads: a header without its mark, one that is written over a stop, a revision too far, what is invalid. */
  forgery(step: Step, at: number): void {
    if (step.other % 3 === 0) {
      const fields = { parents: [], datasets: [], purpose: 'triage' };
      const forged = this.chain.create({ id: `model:cleveland/${this.name}-f${this.made++}@1`, fields, at });
      forged.transaction.hashedWrites.length = 0;
      this.pending.push(forged.transaction);
      return;
    }
    const header = one([...this.latest.values()], step.which);
    if (header === undefined) return;
    if (step.other % 3 === 1) {
      this.pending.push({ ...this.chain.transaction(header.author, at), code: 11, claim: undefined });
      return;
    }
    const isOver = header.type === 'deployment' && ['stopped', 'rolled-back'].includes(header.status);
    const revision = header.revision + (isOver ? 1 : 2);
    const { transaction } = this.chain.revise(header, { revision }, at);
    this.pending.push(transaction);
  }

  private running(): HeaderOf<'deployment'>[] {
    return this.of('deployment').filter(({ status }) => status === 'running');
  }
}

function effectiveOf({ late }: Step, at: number): number {
  return at - Math.max(late, 0) * minuteMs;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => from + index);
}

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

function one<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(list.length, 1)];
}

/** None, one or two of a list. */
function chosen<T>(list: readonly T[], first: number, second: number): T[] {
  const found = [one(list, first), one(list, second)].filter((item) => item !== undefined);
  return [...new Set(found)].slice(0, (first + second) % 3);
}
