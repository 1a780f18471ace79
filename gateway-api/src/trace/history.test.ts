import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Past } from '../queries/past.js';
import { readPage } from '../queries/page.js';
import { Records } from '../queries/records.js';
import { SimulatedChain } from '../simulation/chain.js';
import { RandomHistory, type Step } from '../simulation/history.js';
import { caller, consortium, openReadModel } from '../simulation/read-model.js';
import { Replay, type ReplayQuestion } from '../simulation/replay.js';
import { type Asked, Tracer } from './trace.js';

/** So many histories; PROOFWARD_HISTORIES for another number of them, PROOFWARD_SEED for those of an earlier run. */
const histories = Number(process.env.PROOFWARD_HISTORIES ?? 200);
const seed = Number(process.env.PROOFWARD_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Before today, since receipts of the future are refused; each history has two days. */
const begin = Date.UTC(2010, 0, 1);
const dayMs = 86_400_000;

const natural = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.record({
  what: natural,
  which: natural,
  other: natural,
  more: natural,
  after: fc.nat(30),
  off: fc.integer({ min: -20, max: 5 }),
  late: fc.integer({ min: -120, max: 120 }),
  endsBlock: fc.boolean(),
});
const question = fc.record({
  what: natural,
  which: natural,
  at: natural,
  beside: fc.integer({ min: -1, max: 1 }),
  asOf: fc.option(natural, { nil: undefined, freq: 2 }),
  knownAt: fc.option(natural, { nil: undefined, freq: 2 }),
});

let open: Awaited<ReturnType<typeof openReadModel>>;
let records: Records;
beforeAll(async () => {
  open = await openReadModel();
  records = new Records(open.services.database);
}, 60_000);
afterAll(() => open.close());

/** What both are compared by. */
function shownOf({ reason, withheld, ...answer }: Awaited<ReturnType<Tracer['trace']>>) {
  type Line = (typeof answer.batches)[number];
  const line = ({ id, status, header, changed, amendments = [] }: Line) => [
    id,
    header.revision,
    status,
    changed.map((one) => one.revision),
    amendments.map((one) => one.id),
  ];
  const byId = (lines: Line[]) => lines.map(line).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  expect(reason === undefined).toBe(answer.candidates.length > 0);
  const missing = new Set(withheld.map(({ id }) => id));
  return {
    ...answer,
    receipts: answer.receipts.map(({ id }) => id),
    batches: answer.batches.map(line),
    candidates: answer.candidates.map((one) => {
      for (const shown of [one.deployment, ...one.attestations, ...one.datasets])
        expect(missing.has(shown.id)).toBe(shown.private === 'withheld');
      return {
        deployment: line(one.deployment),
        mode: one.mode,
        silentSince: one.silentSince,
        model: one.model && line(one.model),
        ancestors: byId(one.ancestors),
        datasets: byId(one.datasets),
        attestations: one.attestations.map(line),
        signOffs: one.signOffs.map(line),
        decision: one.decision && line(one.decision),
        since: one.since.map(line),
      };
    }),
  };
}

it(`traces of random histories are those of a naive replay of their blocks (${histories}, seed ${seed})`, async () => {
  const chain = new SimulatedChain(consortium);
  const replay = new Replay();
  let runs = 0;
  const seen = { records: 0, questions: 0, candidates: 0, silent: 0 };

  const check = async (steps: Step[], asked: (typeof question extends fc.Arbitrary<infer Q> ? Q : never)[]) => {
    const history = new RandomHistory(chain, `h${runs}`, begin + (runs++ % 2_500) * 2 * dayMs, steps);
    replay.forget();
    for (const block of history.blocks) replay.take(block);
    await open.readModel.append(history.blocks);
    await keepReceipts(history);
    seen.records += history.ids.length;
    const moments = [...history.moments].sort();
    for (const { what, which, at, beside, asOf, knownAt } of asked) {
      const moment = (index: number | undefined) => {
        const found = index === undefined ? undefined : moments[index % Math.max(moments.length, 1)];
        return found === undefined ? undefined : new Date(Date.parse(found) + beside).toISOString();
      };
      const past: Past = { asOf: moment(asOf), knownAt: moment(knownAt) };
      const { site, name: endpoint } = history.endpoints[which % history.endpoints.length] ?? { site: '', name: '' };
      const time = moment(at) ?? new Date(begin).toISOString();
      const receipt = history.receipts[which % Math.max(history.receipts.length, 1)];
      const [question, naive] = ((): [Asked, ReplayQuestion] => {
        if (what % 4 === 0 && receipt !== undefined) return [{ receipt: receipt.receipt.id }, { receipts: [receipt] }];
        if (what % 4 === 1 && receipt !== undefined) {
          const { output } = receipt.receipt;
          const same = history.receipts
            .filter((one) => one.receipt.output === output)
            .sort(
              (a, b) =>
                (a.receipt.at < b.receipt.at ? -1 : a.receipt.at > b.receipt.at ? 1 : 0) ||
                a.receipt.sequence - b.receipt.sequence,
            );
          return [{ output: { commitment: output } }, { receipts: same }];
        }
        if (what % 4 === 2) {
          const localDay = time.slice(0, 10);
          const from = Date.parse(localDay);
          const to = new Date(from + dayMs).toISOString();
          return [
            { site, endpoint, localDay, zone: 'UTC' },
            { site, endpoint, from: `${localDay}T00:00:00.000Z`, to },
          ];
        }
        return [
          { site, endpoint, at: time },
          { site, endpoint, from: time, to: time },
        ];
      })();
      const answer = shownOf(await new Tracer(open.services, caller, past).trace(question));
      expect({ question, past, answer }).toEqual({ question, past, answer: replay.trace(naive, past) });
      seen.questions++;
      seen.candidates += answer.candidates.length;
      seen.silent += answer.candidates.filter(({ silentSince }) => silentSince !== undefined).length;

      const id = history.ids[which % Math.max(history.ids.length, 1)];
      if (id !== undefined) expect((await records.find(id, past)).value?.header).toEqual(replay.stood(id, past));
      const query = new URLSearchParams({ endpoint, owner: site, limit: '200' });
      for (const [name, value] of Object.entries(past)) if (typeof value === 'string') query.set(name, value);
      const listed = (await records.list(readPage('deployment', query))).value.records;
      const ran = replay
        .all('deployment', past)
        .filter((one) => one.endpoint === endpoint && one.id.includes(`:${site}/`));
      expect(listed.map(({ header }) => header)).toEqual(ran);
    }
  };

  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 25, maxLength: 50, size: 'max' }),
      fc.array(question, { minLength: 3, maxLength: 6, size: 'max' }),
      check,
    ),
    { numRuns: histories, seed, endOnFailure: process.env.PROOFWARD_SEED === undefined },
  );
  // What is compared is not nothing.
  expect(seen.candidates).toBeGreaterThan(histories);
  for (const some of [seen.silent, seen.candidates - seen.silent]) expect(some).toBeGreaterThan(0);
  console.log(
    `${runs} histories of ${seen.records} records, ${seen.questions} questions, ${seen.candidates} candidates, ${seen.silent} silent`,
  );
}, 1_800_000);

/** As the gateway has them: taken in, and put into the batches that are on the ledger. */
async function keepReceipts({ receipts }: RandomHistory): Promise<void> {
  const signature = 'c2lnbmF0dXJl';
  const certificate = 'A certificate that nobody looks at here, since it was checked when it came.';
  await open.receipts.add(receipts.map(({ receipt }) => ({ receipt, signature, certificate })));
  const batched = receipts.filter(({ batch }) => batch !== undefined);
  const { database } = open.services;
  await database.query(
    'update receipts r set batch = b.batch from unnest($1::text[], $2::text[]) b(id, batch) where r.id = b.id',
    [batched.map(({ receipt }) => receipt.id), batched.map(({ batch }) => batch)],
  );
  await database.query(
    `insert into receipt_batches (id, endpoint, first, last, window_to, fields, recorded)
     select b, b, 1, 1, b, '', true from unnest($1::text[]) b on conflict do nothing`,
    [[...new Set(batched.map(({ batch }) => batch))]],
  );
}
