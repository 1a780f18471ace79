import {
  type Consortium,
  formatId,
  formatTime,
  type Organization,
  placements,
  type RecordType,
} from '@proofward/evidence';
import {
  attestationValues,
  datasetValues,
  decisionValues,
  digestOf,
  modelValues,
  requirements,
  signOffValues,
} from './values.js';

/** A record as its author makes it, before it is sealed. */
export interface Draft {
  readonly id: string;
  readonly type: RecordType;
  /** The slug of the organisation that writes it. */
  readonly author: string;
  /** The place of its transaction in the history, from 0. */
  readonly number: number;
  readonly recordedAt: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** What the ledger adds to the header. */
  readonly added: Readonly<Record<string, unknown>>;
  /** Made when the record is sealed; nothing where the type has no private part. */
  readonly values: Values | undefined;
}
type Values = () => Record<string, unknown>;

/** A record's second revision. */
export interface Revision {
  readonly of: Draft;
  readonly status: string;
  readonly added: Readonly<Record<string, unknown>>;
  readonly reasonCode: string | undefined;
}

/** What one transaction does. */
export interface Step {
  readonly number: number;
  /** The slug of the organisation that submits it. */
  readonly author: string;
  readonly fn: string;
  /** Its timestamp. */
  readonly at: string;
  readonly create?: Draft;
  readonly revise?: Revision;
}

/** An instant at which a model version was live at an endpoint, and a batch that was recorded by then speaks for it. */
export interface Live {
  /** The step after which it is known. */
  readonly number: number;
  readonly site: string;
  readonly endpoint: string;
  readonly at: string;
  readonly model: string;
}

/** Long ago, so that a million records lie in the past. */
export const historyBegins = new Date(Date.UTC(2025, 0, 1));
const stepMs = 30_000;
/** Lines of models that are worked on at a time, so that their records lie among each other. */
const atATime = 64;
/** Versions of a model, each fine-tuned from the one before: the lineage is as deep as the last one's number. */
export const lineageDepth = 6;
const released = [3, lineageDepth];
const batchesOfRelease = 15;

/**
 * A consortium's history without end, the same one each time: each provider's datasets become lines of models; auditors speak
 * on them, two sites release them, deployments follow one another, and batches of receipts follow from these.
 */
export class History {
  /** What ran, as far as the history was taken. */
  readonly live: Live[] = [];
  private number = 0;
  private seed = 1;
  private lines = 0;
  private readonly providers: readonly Organization[];
  /** The policy of each site, and a dataset of each provider that others may build on. */
  private readonly policies = new Map<string, string>();
  private readonly shared = new Map<string, string>();

  constructor(private readonly consortium: Consortium) {
    this.providers = consortium.organizations.filter(({ role }) => role === 'provider');
  }

  *steps(): Generator<Step> {
    for (const { slug, mspId, role, epochs } of this.consortium.organizations) {
      const others = epochs.map(({ auditors, regulators }) =>
        [...auditors, ...regulators].map((one) => this.mspId(one)),
      );
      const id = formatId({ type: 'role', org: slug, name: 'membership', version: '1' });
      yield this.create(slug, 'role', id, { mspId, role, epochs: others });
    }
    for (const { slug } of this.providers) {
      const id = formatId({ type: 'policy', org: slug, name: 'release', version: '1' });
      this.policies.set(slug, id);
      yield this.create(slug, 'policy', id, { scope: 'site', requirements });
    }
    const open = Array.from({ length: atATime }, () => this.line());
    for (;;) {
      const index = this.random(open.length);
      const next = open[index]?.next();
      if (next === undefined || next.done === true) open[index] = this.line();
      else yield next.value;
    }
  }

  private *line(): Generator<Step> {
    const index = this.lines++;
    const provider = pick(this.providers, index);
    const { slug } = provider;
    const name = `line-${index}`;
    const idOf = (type: RecordType, version: number) => formatId({ type, org: slug, name, version: String(version) });
    const [first, second, joined] = [1, 2, 3].map((version) => idOf('dataset', version)) as [string, string, string];
    for (const id of [first, second]) yield this.create(slug, 'dataset', id, { parents: [] }, () => datasetValues(id));
    yield this.create(slug, 'dataset', joined, { parents: [first, second] }, () => datasetValues(joined));

    const owner = pick(this.providers, index + 1).slug;
    const foreign = this.shared.get(owner);
    const grant = unnamed('grant', owner, name);
    const isGranted = foreign !== undefined && index % 2 === 0;
    if (isGranted) {
      yield this.create(owner, 'grant', grant, { dataset: foreign, grantee: slug, purpose: 'research' }, () => ({
        terms: `For ${name} of ${slug}, and nothing else.`,
        agreementDigest: digestOf(`${grant} agreement`),
      }));
    }
    this.shared.set(slug, joined);

    const datasets = [
      { id: joined, role: 'training' },
      { id: second, role: 'testing' },
      ...(isGranted ? [{ id: foreign, role: 'training' }] : []),
    ];
    const sites = [provider, pick(this.providers, index + 1)].map(({ slug: site }): Endpoint => ({
      site,
      endpoint: `${name}-${site}`,
      batches: 0,
      sequence: 0,
    }));
    let before: Draft | undefined;
    for (let version = 0; version <= lineageDepth; version++) {
      const id = idOf('model', version);
      const parents = version === 0 ? [] : [{ id: idOf('model', version - 1), relation: 'fine-tuned' }];
      const fields = { parents, datasets, purpose: 'triage', ...(isGranted ? { grants: [grant] } : {}) };
      const made = this.create(slug, 'model', id, fields, () => modelValues(id));
      yield made;
      if (!released.includes(version)) continue;
      yield* this.release(provider, index, id, sites);
      if (before !== undefined) {
        yield this.step(slug, 'models:transition', {
          revise: { of: before, status: 'superseded', added: {}, reasonCode: 'newer-version' },
        });
      }
      before = made.create;
    }
  }

  private *release(provider: Organization, index: number, model: string, sites: Endpoint[]): Generator<Step> {
    const attestations: string[] = [];
    const auditors = provider.epochs.at(-1)?.auditors ?? [];
    for (const [turn, kind] of (['fairness', 'robustness', 'safety'] as const).entries()) {
      const auditor = pick(auditors, index + turn);
      const plan = unnamed('plan', auditor, `${model} ${kind}`);
      const isPlanned = kind === 'fairness';
      if (isPlanned) {
        yield this.create(auditor, 'plan', plan, { subject: model, kind }, () => ({
          criteria: [{ metric: 'demographic_parity_ratio', gate: 'bound95', threshold: '0.8' }],
        }));
      }
      const id = unnamed('attestation', auditor, `${model} ${kind}`);
      attestations.push(id);
      const fields = { subject: model, kind, ...(isPlanned ? { plan } : {}), validUntil: '2030-01-01T00:00:00.000Z' };
      yield this.create(auditor, 'attestation', id, fields, () => attestationValues(id, kind));
    }
    const [answered = ''] = attestations;
    yield this.create(
      provider.slug,
      'response',
      unnamed('response', provider.slug, model),
      { attestation: answered },
      () => ({
        position: 'accepts',
        text: 'The next version is trained with more records of the smaller group.',
      }),
    );
    for (const place of sites) yield* this.deploy(place, model, attestations);
    for (let round = 0; round < batchesOfRelease; round++) {
      for (const place of sites) yield this.batch(place, model);
    }
  }

  private *deploy(place: Endpoint, model: string, attestations: readonly string[]): Generator<Step> {
    const { site, endpoint } = place;
    const signOffs: string[] = [];
    for (const role of ['qa', 'clinical-safety']) {
      const id = unnamed('sign-off', site, `${model} ${role}`);
      signOffs.push(id);
      yield this.create(site, 'sign-off', id, { model, role }, () => signOffValues(id));
    }
    const decision = unnamed('release-decision', site, model);
    const policies = [this.policies.get(site) ?? ''];
    yield this.create(site, 'release-decision', decision, { model, policies, outcome: 'allowed' }, () =>
      decisionValues(decision, policies, attestations, signOffs),
    );
    const opened = (mode: string, more: object, revise?: Revision): Step => {
      const id = unnamed('deployment', site, `${model} ${mode}`);
      const values = () => ({ configurationDigest: digestOf(`${id} configuration`), decisionThreshold: '0.5' });
      const from = this.now;
      return this.create(
        site,
        'deployment',
        id,
        { model, endpoint, mode, ...more, decision },
        values,
        { from },
        revise,
      );
    };
    yield opened('canary', { share: '0.1' });
    const { live } = place;
    const ended = live && { of: live, status: 'ended', added: { to: this.now }, reasonCode: undefined };
    const step = opened('live', {}, ended);
    yield step;
    place.live = step.create;
    place.until ??= step.at;
  }

  /** The next batch of an endpoint, for the time since the one before. */
  private batch(place: Endpoint, model: string): Step {
    const { site, endpoint, previous, sequence, until = '' } = place;
    const count = 20 + this.random(200);
    const to = this.now;
    const id = unnamed('batch', site, `${endpoint} ${place.batches++}`);
    const step = this.create(site, 'batch', id, {
      endpoint,
      kind: 'receipts',
      window: { from: until, to },
      first: sequence + 1,
      last: sequence + count,
      count,
      root: digestOf(`${id} root`),
      ...(previous === undefined ? {} : { previous }),
    });
    const from = until > (place.live?.recordedAt ?? '') ? until : (place.live?.recordedAt ?? '');
    const at = formatTime((Date.parse(from) + Date.parse(to)) / 2);
    this.live.push({ number: step.number, site, endpoint, at, model });
    place.previous = id;
    place.sequence = sequence + count;
    place.until = to;
    return step;
  }

  private create(
    author: string,
    type: RecordType,
    id: string,
    fields: Readonly<Record<string, unknown>>,
    values?: Values,
    added: Readonly<Record<string, unknown>> = {},
    revise?: Revision,
  ): Step {
    const { number, now } = this;
    const create = { id, type, author, number, recordedAt: now, fields, added, values };
    const contract = type === 'role' ? 'roles' : placements[type].plural;
    return this.step(author, `${contract}:create`, { create, ...(revise && { revise }) });
  }

  private step(author: string, fn: string, does: Pick<Step, 'create' | 'revise'>): Step {
    const at = this.now;
    return { number: this.number++, author, fn, at, ...does };
  }

  /** The time of the step that is made next. */
  private get now(): string {
    return formatTime(historyBegins.getTime() + this.number * stepMs);
  }

  private mspId(slug: string): string {
    return this.consortium.organizations.find((one) => one.slug === slug)?.mspId ?? '';
  }

  /** Mulberry32: the same numbers each time. */
  private random(below: number): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }
}

/** A site's endpoint, as far as it has come. */
interface Endpoint {
  readonly site: string;
  readonly endpoint: string;
  batches: number;
  sequence: number;
  live?: Draft | undefined;
  previous?: string;
  until?: string;
}

/** The id of a record whose type has no natural name. */
function unnamed(type: RecordType, org: string, of: string): string {
  return formatId({ type, org, name: digestOf(`${type} ${org} ${of}`).slice(0, 32), version: '1' });
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}
