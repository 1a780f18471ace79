import {
  externalReference,
  formatTime,
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
import { prepared, type Query } from '../database/database.js';
import type { Caller } from '../identity/authenticator.js';
import { collectionOf } from '../kinds.js';
import type { StoredReceipt } from '../receipts/store.js';
import { maximumDepth } from '../queries/lineage.js';
import type { Past } from '../queries/past.js';
import type { StoredAmendment, StoredRecord } from '../queries/records.js';
import { firstCounted } from '../queries/silence.js';
import { readStories, stoodAt, storiesOf, type Story } from '../queries/stories.js';
import type { Services } from '../routes/services.js';
import { localDay } from './local-day.js';
import { amendmentsOf, placeOf } from '../routes/view.js';

/** The most records behind one version that an answer has. */
const mostBehind = 200;
/** The most records behind all versions of one place that are looked at. */
const mostFollowed = 2_000;

const nextBlock = prepared('select next_block from projection');

/** By site and endpoint. */
const deploymentsAt = storiesOf(
  `select id from records where type = 'deployment' and owner = $1
   and sought(header) @> jsonb_build_object('endpoint', $2::text)`,
);

/** By models, decisions, site and deployments. */
const behindDeployments = storiesOf(
  `with about (id) as materialized (
     select unnest($2::text[])
     union (
       with recursive made_from (id, distance) as (
         select unnest($1::text[]), 0
         union
         select f.to_id, m.distance + 1 from made_from m, lateral (
           select to_id from record_references where from_id = m.id and relation in ('parents', 'datasets')
           -- Planned by itself: joined, it becomes a read of the whole table.
           offset 0
         ) f where m.distance <= ${maximumDepth}
       )
       select id from made_from group by id order by min(distance), id limit ${mostFollowed}
     )
     union select from_id from record_references where to_id = any($1) and from_type = 'attestation' and relation = 'subject'
     union select f.from_id from record_references f join records s on s.id = f.from_id
       where f.to_id = any($1) and f.from_type = 'sign-off' and f.relation = 'model' and s.owner = $3
   )
   select id from about
   union select f.from_id from (select id from about union all select unnest($4::text[])) a cross join lateral (
     select from_id from record_references where to_id = a.id and from_type = 'amendment' and relation = 'record'
     offset 0
   ) f`,
);

/** By site, endpoint, the times between which they end, and the one of a receipt. */
const batchesBetween = storiesOf(
  `select id from revisions where type = 'batch' and owner = $1
     and sought(header) @> jsonb_build_object('endpoint', $2::text) and effective_at >= $3 and effective_at < $4
   union select $5::text`,
);

/** By site, endpoint, the deployments with their beginnings and ends, and the past that is asked about. */
const silentDeployments = prepared(
  `select d.id from unnest($3::text[], $4::text[], $5::text[]) d (id, since, until)
   where not exists (
     select 1 from (${firstCounted(
       ...(['$1', '$2', 'd.since'] as const),
       '($6::text is null or b.effective_at <= $6) and ($7::text is null or b.known_at <= $7)',
     )}) counted
     where d.until is null or counted.begins collate "C" < d.until)`,
);

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

/** A record as it stood, with all that became of it. */
interface Stood {
  story: Story;
  then: StoredRecord;
}

/** Which model version produced an output, on what evidence, as it stood then. All is of one state of the read model. */
export class Tracer {
  private readonly withheld = new Map<string, string[]>();
  private truncated = false;

  constructor(
    private readonly services: Pick<
      Services,
      'database' | 'receipts' | 'receiptSigners' | 'viewer' | 'consortium' | 'referenceKey'
    >,
    private readonly caller: Caller,
    private readonly past: Past,
  ) {}

  /** The answer, with the number of blocks that it was true at. */
  async trace(asked: Asked): Promise<Answer & { blockHeight: number }> {
    return this.services.database.snapshot(async (query) => {
      const [cursor] = await query<{ next_block: number }>(nextBlock);
      return { ...(await this.answer(query, asked)), blockHeight: cursor?.next_block ?? 0 };
    });
  }

  private async answer(query: Query, asked: Asked): Promise<Answer> {
    const places = await this.placesOf(query, asked);
    const isOfReceipt = !('endpoint' in asked);
    const candidates: Answer['candidates'] = [];
    const batches: Answer['batches'] = [];
    for (const place of places) {
      const runs = await this.runsAt(query, place);
      const about = await this.storiesAbout(query, place, runs);
      const silent = await this.silentOf(query, place, runs);
      for (const run of runs) {
        const candidate = this.candidate(run, place, about);
        const { from } = run.then.header as HeaderOf<'deployment'>;
        candidates.push(silent.has(run.story.id) ? { ...candidate, silentSince: from } : candidate);
      }
      batches.push(...(await this.batchesOf(query, place)));
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
          : [
              {
                ...receipt.signed.receipt,
                signer: this.services.receiptSigners.stateOf(receipt.signed),
                ...(receipt.batch === undefined ? {} : { batch: receipt.batch }),
              },
            ],
      ),
      candidates,
      // Beside a live one that is not at hand, each of several may have answered.
      ambiguous: candidates.length > 1,
      batches,
      gaps,
      lateBatches: batches.filter(({ header }) => header.late === true).map(({ id }) => id),
      truncated: this.truncated,
      withheld: [...this.withheld].map(([id, ask]) => ({ id, ask })),
    };
  }

  private async placesOf(query: Query, asked: Asked): Promise<Place[]> {
    if ('endpoint' in asked) {
      const { site, endpoint } = asked;
      if ('at' in asked) return [{ site, endpoint, from: asked.at, to: asked.at }];
      const { from, to } = localDay(asked.localDay, asked.zone);
      return [{ site, endpoint, from: new Date(from).toISOString(), to: new Date(to).toISOString() }];
    }
    // Receipts are private to the site. Who may not read them is answered as where there are none.
    if (!this.caller.scopes.includes('private:read')) return [];
    const found = await this.receiptsOf(query, asked);
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

  private async receiptsOf(query: Query, asked: Exclude<Asked, { endpoint: string }>): Promise<StoredReceipt[]> {
    const { receipts, referenceKey } = this.services;
    if ('receipt' in asked) {
      const found = await receipts.find(asked.receipt, query);
      return found === undefined ? [] : [found];
    }
    const found = await ('externalReference' in asked
      ? receipts.findByReference(
          externalReference(referenceKey, asked.externalReference.system, asked.externalReference.id),
          query,
        )
      : receipts.findByOutput(commitmentOf(asked.output), query));
    this.truncated ||= found.truncated;
    return found.receipts;
  }

  /** The deployments whose interval meets the time, as far as they are known, newest first. */
  private async runsAt(query: Query, { site, endpoint, from, to }: Place): Promise<Stood[]> {
    const stories = await readStories(query, deploymentsAt, [site, endpoint]);
    return stood(stories, this.past).filter(({ then: { header } }) => {
      const run = header as HeaderOf<'deployment'>;
      const begins = from === to ? run.from <= from : run.from < to;
      return begins && (run.to === undefined || run.to > from);
    });
  }

  /** Those of which no batch counts a receipt, as far as it was known. A receipt that is at hand is not silence. */
  private async silentOf(query: Query, place: Place, runs: readonly Stood[]): Promise<Set<string>> {
    if (place.receipt !== undefined || runs.length === 0) return new Set();
    const headers = runs.map(({ then: { header } }) => header as HeaderOf<'deployment'>);
    const rows = await query<{ id: string }>(silentDeployments, [
      ...[place.site, place.endpoint, headers.map(({ id }) => id), headers.map(({ from }) => from)],
      ...[headers.map(({ to }) => to ?? null), this.past.asOf ?? null, this.past.knownAt ?? null],
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * What stands behind deployments: their versions, what these were made from, what was said of them, and the decisions; and
   * what has been corrected in any of it.
   */
  private async storiesAbout(query: Query, { site }: Place, runs: readonly Stood[]): Promise<Story[]> {
    const headers = runs.map(({ then: { header } }) => header as HeaderOf<'deployment'>);
    if (headers.length === 0) return [];
    const models = [...new Set(headers.map(({ model }) => model))];
    const decisions = headers.map(({ decision }) => decision);
    const about = await readStories(query, behindDeployments, [models, decisions, site, headers.map(({ id }) => id)]);
    const followed = about.filter(({ revisions: [first] }) => ['model', 'dataset'].includes(first?.header.type ?? ''));
    this.truncated ||= followed.length >= mostFollowed;
    return about;
  }

  private candidate(run: Stood, place: Place, about: readonly Story[]): Answer['candidates'][number] {
    const deployment = run.then.header as HeaderOf<'deployment'>;
    // Nothing that happened after the moment that was asked for, nor after the end of the time, which is not in it.
    const end = place.from === place.to ? place.to : formatTime(Date.parse(place.to) - 1);
    const then: Past = { asOf: this.past.asOf ?? end, knownAt: this.past.knownAt };
    const known = new Map(stood(about, then).map((one) => [one.story.id, one]));
    const find = (id: string) => known.get(id);
    const model = find(deployment.model);
    const behind = model === undefined ? [] : this.behind(model, find);
    const amendments = about.filter(({ revisions: [first] }) => first?.header.type === 'amendment');
    const amended = (ids: readonly string[]) =>
      amendments.filter(({ revisions: [first] }) => ids.includes((first?.header as HeaderOf<'amendment'>).record));
    const line = (one: Stood) => this.line(one, stood(amended([one.story.id]), then));
    const ofType = (type: RecordType) =>
      behind.filter(({ then: { header } }) => header.type === type).map((one) => line(one));
    const decision = find(deployment.decision);
    const said = (type: RecordType, member: 'subject' | 'model') =>
      about.filter(({ revisions: [first] }) => {
        const header = first?.header as (Header & { subject?: string; model?: string }) | undefined;
        return header?.type === type && header[member] === deployment.model;
      });
    const attestations = said('attestation', 'subject');
    const signOffs = said('sign-off', 'model');
    const stoodOf = (stories: readonly Story[]) => stood(stories, then).map((one) => line(one));
    const since = (stories: readonly Story[]) =>
      stood(
        stories.filter((story) => stoodAt(story, then) === undefined),
        { asOf: undefined, knownAt: undefined },
      );
    const shown = [run, ...behind].map(({ story }) => story.id);
    const spoken = [...attestations, ...signOffs].map(({ id }) => id);
    const corrected = amended([...shown, ...spoken, deployment.model, deployment.decision]);
    const { receipt } = place;
    return {
      deployment: line(run),
      mode: deployment.mode,
      ...(deployment.share === undefined ? {} : { share: deployment.share }),
      model: model && line(model),
      ...(receipt === undefined ? {} : this.loaded(model?.then, receipt.signed.receipt)),
      ancestors: ofType('model'),
      datasets: ofType('dataset'),
      attestations: stoodOf(attestations),
      signOffs: stoodOf(signOffs),
      decision: decision && line(decision),
      since: [...since(attestations), ...since(signOffs), ...since(corrected)].map((one) => line(one)),
    };
  }

  /** What a version was made from, as far as it was there then, nearest first and each once. */
  private behind(model: Stood, find: (id: string) => Stood | undefined): Stood[] {
    const seen = new Set([model.story.id]);
    const found: Stood[] = [];
    let level = [model];
    for (let distance = 0; level.length > 0; distance++) {
      const next: Stood[] = [];
      for (const id of level.flatMap(({ then: { header } }) => madeFrom(header))) {
        const one = seen.has(id) ? undefined : find(id);
        if (one === undefined) continue;
        seen.add(id);
        if (distance >= maximumDepth || found.length >= mostBehind) {
          this.truncated = true;
          return found;
        }
        found.push(one);
        next.push(one);
      }
      level = next;
    }
    return found;
  }

  /** Whether what the process had loaded is the version that was deployed; unknown where its fingerprint is not held. */
  private loaded(
    model: StoredRecord | undefined,
    { model: loaded }: Receipt,
  ): { loaded: string; declared?: string; differs?: boolean } {
    if (model === undefined || typeof model.privatePart === 'string') return { loaded };
    if (!this.services.viewer.mayReadPrivate(this.caller, model.header)) return { loaded };
    this.caller.reads.add(model.header.id);
    const { fingerprint } = privateValues(model.privatePart) as ModelPrivate;
    const declared = fingerprint.manifest?.root ?? weightsRoot(fingerprint.files);
    return { loaded, declared, differs: declared !== loaded };
  }

  /** The batches that speak for the time: the first one that ends after it begins, and those until it ends. */
  private async batchesOf(query: Query, { site, endpoint, from, to, receipt }: Place): Promise<Answer['batches']> {
    // A batch's own time is the end of its window.
    const end = new Date(Date.parse(to) + longestWindowSeconds * 1_000).toISOString();
    const own = receipt?.batch;
    const stories = await readStories(query, batchesBetween, [site, endpoint, from, end, own ?? null]);
    const found = stood(stories, this.past);
    const speaking = found
      .filter(({ then: { header } }) => {
        const { type, effectiveAt } = header;
        if (type !== 'batch' || header.endpoint !== endpoint || parseId(header.id).org !== site) return false;
        if (effectiveAt < from || effectiveAt >= end) return false;
        return header.window.to > from && (header.window.from < to || header.window.from <= from);
      })
      .sort((a, b) => order(a.then.header.effectiveAt, b.then.header.effectiveAt) || a.story.ordinal - b.story.ordinal);
    const late = found.filter((one) => one.story.id === own && !speaking.includes(one));
    return [...speaking, ...late].map((one) => this.line(one));
  }

  /**
   * A record as it stood, with what became of it, where it stands on the ledger, and whom to ask for what is withheld.
   *
   * @param amendments those of it that were there then
   */
  private line({ story, then }: Stood, amendments: readonly Stood[] = []): NonNullable<Line> {
    const { header, privatePart } = then;
    const { viewer, consortium } = this.services;
    const view = viewer.view(this.caller, header, placeOf(then), privatePart);
    if (view.private === 'withheld')
      this.withheld.set(header.id, askedOf(collectionOf(consortium, header as HeaderOf<PlacedType>), header));
    const changed = story.revisions
      .filter(({ header: later }) => later.revision > header.revision)
      .reverse()
      .map((later) => {
        const { status, revision, recordedAt, effectiveAt } = later.header;
        return { status, revision, recordedAt, effectiveAt, ledger: placeOf(later) };
      });
    const corrected = amendments.map((one) => one.then as StoredAmendment);
    return { ...view, changed, ...amendmentsOf(viewer, this.caller, corrected) };
  }
}

/** What a version or dataset names as that which it was made from. */
function madeFrom(header: Header): string[] {
  if (header.type === 'dataset') return header.parents;
  if (header.type !== 'model') return [];
  return [...header.datasets, ...header.parents].map(({ id }) => id);
}

function commitmentOf(output: Extract<Asked, { output: unknown }>['output']): string {
  return 'commitment' in output ? output.commitment : valueCommitment('output', output.salt, output.digest);
}

/** Those that were there then, newest first. */
function stood(stories: readonly Story[], past: Past): Stood[] {
  return stories
    .flatMap((story) => {
      const then = stoodAt(story, past);
      return then === undefined ? [] : [{ story, then }];
    })
    .reverse();
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function askedOf(home: { members: string[] } | undefined, header: Header): string[] {
  return home?.members ?? [parseId(header.id).org];
}
