import {
  externalReference,
  type HeaderOf,
  type Header,
  type ModelPrivate,
  parseId,
  type PlacedType,
  privateValues,
  type Receipt,
  type RecordType,
  valueCommitment,
  weightsRoot,
} from '@proofward/evidence';
import type { AnswerBody } from '../answers.js';
import { longestWindowSeconds } from '../config.js';
import type { Caller } from '../identity/authenticator.js';
import { collectionOf } from '../kinds.js';
import type { StoredReceipt } from '../receipts/store.js';
import { readPage } from '../queries/page.js';
import type { Past } from '../queries/past.js';
import type { StoredRecord } from '../queries/records.js';
import type { Services } from '../routes/services.js';
import { localDay } from './local-day.js';
import { placeOf } from '../routes/view.js';

/** What is asked: an output's receipt in one of three ways, or what ran at an endpoint in a time. */
export type Asked =
  | { receipt: string }
  | { output: { digest: string; salt: string } | { commitment: string } }
  | { externalReference: { system: string; id: string } }
  | { endpoint: string; site: string; at: string }
  | { endpoint: string; site: string; localDay: string; zone: string };

type Answer = Omit<AnswerBody<'Trace'>, 'blockHeight'>;
type Line = Answer['candidates'][number]['model'];

/** A time at an endpoint, in which `to` is included only where it is `from`. */
interface Place {
  site: string;
  endpoint: string;
  from: string;
  to: string;
  receipt?: StoredReceipt;
}

const notFound = {
  receipt: 'There is no receipt of this here. An output that never got one cannot be found.',
  interval: 'No deployment that is known ran at this endpoint then.',
};

/** Which model version produced an output, on what evidence, as it stood then. */
export class Tracer {
  private readonly withheld = new Map<string, string[]>();

  constructor(
    private readonly services: Services,
    private readonly caller: Caller,
    private readonly past: Past,
  ) {}

  async trace(asked: Asked): Promise<Answer> {
    const places = await this.placesOf(asked);
    const isOfReceipt = !('endpoint' in asked);
    const candidates: Answer['candidates'] = [];
    const batches: Answer['batches'] = [];
    for (const place of places) {
      const runs = await this.runsAt(place);
      for (const run of runs) candidates.push(await this.candidate(run, place));
      batches.push(...(await this.batchesOf(place)));
    }
    const found = candidates.length > 0;
    const gaps = batches.flatMap(({ header }) => (header as HeaderOf<'batch'>).missing ?? []);
    const certainty = isOfReceipt && places.length > 0 ? 'receipt' : found ? 'interval' : 'none';
    return {
      certainty,
      ...(found ? {} : { reason: isOfReceipt && places.length === 0 ? notFound.receipt : notFound.interval }),
      receipts: places.flatMap(({ receipt }) =>
        receipt === undefined
          ? []
          : [{ ...receipt.signed.receipt, ...(receipt.batch === undefined ? {} : { batch: receipt.batch }) }],
      ),
      candidates,
      // Beside a live one that is not at hand, each of several may have answered.
      ambiguous: candidates.length > 1,
      batches,
      gaps,
      lateBatches: batches.filter(({ header }) => header.late === true).map(({ id }) => id),
      withheld: [...this.withheld].map(([id, ask]) => ({ id, ask })),
    };
  }

  private async placesOf(asked: Asked): Promise<Place[]> {
    if ('endpoint' in asked) {
      const { site, endpoint } = asked;
      if ('at' in asked) return [{ site, endpoint, from: asked.at, to: asked.at }];
      const { from, to } = localDay(asked.localDay, asked.zone);
      return [{ site, endpoint, from: new Date(from).toISOString(), to: new Date(to).toISOString() }];
    }
    // Receipts are private to the site. Who may not read them is answered as where there are none.
    if (!this.caller.scopes.includes('private:read')) return [];
    const found = await this.receiptsOf(asked);
    const { knownAt, asOf } = this.past;
    return found
      .filter(({ signed: { receipt } }) =>
        [asOf, knownAt].every((moment) => moment === undefined || receipt.at <= moment),
      )
      .map((receipt) => {
        const { endpoint, at, site } = receipt.signed.receipt;
        return { site, endpoint, from: at, to: at, receipt };
      });
  }

  private async receiptsOf(asked: Exclude<Asked, { endpoint: string }>): Promise<StoredReceipt[]> {
    const { receipts, referenceKey } = this.services;
    if ('receipt' in asked) {
      const found = await receipts.find(asked.receipt);
      return found === undefined ? [] : [found];
    }
    if ('externalReference' in asked) {
      const { system, id } = asked.externalReference;
      return receipts.findByReference(externalReference(referenceKey, system, id));
    }
    const { output } = asked;
    return receipts.findByOutput(
      'commitment' in output ? output.commitment : valueCommitment('output', output.salt, output.digest),
    );
  }

  /** The deployments whose interval meets the time, as far as they are known. */
  private async runsAt({ site, endpoint, from, to }: Place): Promise<StoredRecord[]> {
    const known = await this.list(
      'deployment',
      [
        ['owner', site],
        ['endpoint', endpoint],
      ],
      this.past,
    );
    return known.filter(({ header }) => {
      const run = header as HeaderOf<'deployment'>;
      const begins = from === to ? run.from <= from : run.from < to;
      return begins && (run.to === undefined || run.to > from);
    });
  }

  private async candidate(run: StoredRecord, place: Place): Promise<Answer['candidates'][number]> {
    const deployment = run.header as HeaderOf<'deployment'>;
    const then: Past = {
      asOf: place.to < (this.past.asOf ?? place.to) ? this.past.asOf : place.to,
      knownAt: this.past.knownAt,
    };
    const of: (readonly [string, string])[] = [['model', deployment.model]];
    const model = await this.find(deployment.model, then);
    const { datasets = [] } = (model?.header ?? {}) as Partial<HeaderOf<'model'>>;
    const data = await Promise.all(datasets.map(({ id }) => this.find(id, then)));
    const statements = await Promise.all([
      this.stood('attestation', [['subject', deployment.model]], then),
      this.stood('sign-off', [...of, ['owner', place.site]], then),
    ]);
    const decision = await this.find(deployment.decision, then);
    const [attestations, signOffs] = statements;
    const { receipt } = place;
    return {
      deployment: await this.line(run),
      mode: deployment.mode,
      ...(deployment.share === undefined ? {} : { share: deployment.share }),
      model: model === undefined ? undefined : await this.line(model),
      ...(receipt === undefined ? {} : this.loaded(model, receipt.signed.receipt)),
      datasets: await this.lines(data),
      attestations: await this.lines(attestations.then),
      signOffs: await this.lines(signOffs.then),
      decision: decision === undefined ? undefined : await this.line(decision),
      since: await this.lines([...attestations.since, ...signOffs.since]),
    };
  }

  /** Whether what the process had loaded is the version that was deployed; unknown where its fingerprint is not held. */
  private loaded(
    model: StoredRecord | undefined,
    { model: loaded }: Receipt,
  ): { loaded: string; declared?: string; differs?: boolean } {
    if (model === undefined || typeof model.privatePart === 'string') return { loaded };
    if (!this.services.viewer.mayReadPrivate(this.caller, model.header)) return { loaded };
    const { fingerprint } = privateValues(model.privatePart) as ModelPrivate;
    const declared = fingerprint.manifest?.root ?? weightsRoot(fingerprint.files);
    return { loaded, declared, differs: declared !== loaded };
  }

  /** What was said then, and what has been said since. */
  private async stood(type: RecordType, filters: Filters, then: Past) {
    const stood = await this.list(type, filters, then);
    const ids = new Set(stood.map(({ header }) => header.id));
    const now = await this.list(type, filters, { asOf: undefined, knownAt: undefined });
    return { then: stood, since: now.filter(({ header }) => !ids.has(header.id)) };
  }

  /** The batches that speak for the time: the first one that ends after it begins, and those until it ends. */
  private async batchesOf({ site, endpoint, from, to, receipt }: Place): Promise<Answer['batches']> {
    const found = await this.list(
      'batch',
      [
        ['owner', site],
        ['endpoint', endpoint],
        ['effective-from', from],
        // A batch's own time is the end of its window.
        ['effective-to', new Date(Date.parse(to) + longestWindowSeconds * 1_000).toISOString()],
        ['sort', 'effective'],
      ],
      this.past,
    );
    const speaking = found.filter(({ header }) => {
      const { window } = header as HeaderOf<'batch'>;
      return window.to > from && (window.from < to || window.from <= from);
    });
    const own = receipt?.batch;
    const late =
      own === undefined || speaking.some(({ header }) => header.id === own) ? [] : [await this.find(own, this.past)];
    return this.lines([...speaking, ...late]);
  }

  private async lines(found: readonly (StoredRecord | undefined)[]): Promise<NonNullable<Line>[]> {
    const lines: NonNullable<Line>[] = [];
    for (const record of found) if (record !== undefined) lines.push(await this.line(record));
    return lines;
  }

  /** A record as it stood, with what became of it, where it stands on the ledger, and whom to ask for what is withheld. */
  private async line(record: StoredRecord): Promise<NonNullable<Line>> {
    const { header, privatePart } = record;
    const { viewer, consortium, records } = this.services;
    const view = viewer.view(this.caller, header, placeOf(record), privatePart);
    if (view.private === 'withheld')
      this.withheld.set(header.id, askedOf(collectionOf(consortium, header as HeaderOf<PlacedType>), header));
    const { value: revisions } = await records.history(header.id);
    const changed = revisions
      .filter(({ header: later }) => later.revision > header.revision)
      .map((later) => {
        const { status, revision, recordedAt, effectiveAt } = later.header;
        return { status, revision, recordedAt, effectiveAt, ledger: placeOf(later) };
      });
    return { ...view, changed };
  }

  private async find(id: string, past: Past): Promise<StoredRecord | undefined> {
    return (await this.services.records.find(id, past)).value;
  }

  private async list(type: RecordType, filters: Filters, { asOf, knownAt }: Past): Promise<StoredRecord[]> {
    const query = new URLSearchParams({ limit: '200' });
    for (const [name, value] of filters) query.append(name, value);
    if (asOf !== undefined) query.set('asOf', asOf);
    if (knownAt !== undefined) query.set('knownAt', knownAt);
    const found: StoredRecord[] = [];
    for (;;) {
      const { records, next } = (await this.services.records.list(readPage(type, query))).value;
      found.push(...records);
      if (next === undefined) return found;
      query.set('cursor', next);
    }
  }
}

type Filters = readonly (readonly [name: string, value: string])[];

function askedOf(home: { members: string[] } | undefined, header: Header): string[] {
  return home?.members ?? [parseId(header.id).org];
}
