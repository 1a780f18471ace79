import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  amendmentId,
  bytesToHex,
  emptyRoot,
  formatTime,
  type Header,
  type HeaderOf,
  sha256,
  utf8ToBytes,
} from '@proofward/evidence';
import type { CommittedTransaction } from '../projection/block.js';
import { SimulatedChain } from '../simulation/chain.js';
import { caller, consortium, openReadModel } from '../simulation/read-model.js';
import { type Asked, Tracer } from './trace.js';

const digest = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));
const begin = Date.UTC(2026, 0, 1);
const minute = (number: number) => begin + number * 60_000;
const site = 'cleveland';

describe('a trace', () => {
  let open: Awaited<ReturnType<typeof openReadModel>>;
  const chain = new SimulatedChain(consortium);
  let pending: CommittedTransaction[] = [];
  let height = 0;
  beforeAll(async () => {
    open = await openReadModel();
  }, 60_000);
  afterAll(() => open.close());

  const create = (id: string, fields: Record<string, unknown>, at: number): Header => {
    const { header, transaction } = chain.create({ id, fields, at });
    pending.push(transaction);
    return header;
  };
  const commit = async () => {
    await open.readModel.append([chain.block(pending)]);
    pending = [];
    height++;
  };
  const trace = (asked: Asked) =>
    new Tracer(open.services, caller, { asOf: undefined, knownAt: undefined }).trace(asked);
  const name = (text: string) => digest(text).slice(0, 32);
  const deploy = (model: string, endpoint: string, number: number, at: number) =>
    create(
      `deployment:${site}/${name(`${endpoint} ${number}`)}@1`,
      { model, endpoint, mode: 'canary', share: '0.1', decision: `release-decision:${site}/d@1`, from: formatTime(at) },
      at,
    );

  it('shows all of an endpoint, however many there are', async () => {
    const endpoint = 'busy';
    const { id: model } = create(`model:${site}/busy@1`, { parents: [], datasets: [], purpose: 'triage' }, begin);
    const runs = Array.from({ length: 210 }, (_, number) => deploy(model, endpoint, number, minute(number)).id);
    const said = Array.from({ length: 205 }, (_, number) => {
      const id = `attestation:auditor-a/${name(`audit ${number}`)}@1`;
      return create(id, { subject: model, kind: 'safety' }, minute(number)).id;
    });
    const batches = Array.from({ length: 230 }, (_, number) => {
      const window = { from: formatTime(minute(number)), to: formatTime(minute(number + 1)) };
      const empty = { first: 1, last: 0, count: 0, root: emptyRoot };
      const id = `batch:${site}/${name(`batch ${number}`)}@1`;
      return create(id, { endpoint, kind: 'receipts', window, ...empty, effectiveAt: window.to }, minute(number + 1))
        .id;
    });
    await commit();
    const answer = await trace({ endpoint, site, localDay: '2026-01-01', zone: 'UTC' });
    expect(answer.candidates.map(({ deployment }) => deployment.id)).toEqual([...runs].reverse());
    expect(answer.batches.map(({ id }) => id)).toEqual(batches);
    expect(answer.blockHeight).toBe(height);
    const last = await trace({ endpoint, site, at: formatTime(minute(220)) });
    expect(last.candidates).toHaveLength(210);
    expect(last.candidates[0]?.attestations.map(({ id }) => id)).toEqual([...said].reverse());
    expect(last.truncated).toBe(false);
  }, 60_000);

  it('leads to what the version’s ancestors and data were made from, each once and in a cycle too', async () => {
    const at = begin;
    const data = (label: string, parents: string[]) => create(`dataset:${site}/${label}@1`, { parents }, at).id;
    const raw = data('raw', []);
    const clean = data('clean', [raw]);
    const other = data('other', [raw]);
    const version = (label: string, parents: string[], of: string[]) =>
      create(
        `model:${site}/${label}@1`,
        {
          parents: parents.map((id) => ({ id, relation: 'fine-tuned' })),
          datasets: of.map((id) => ({ id, role: 'training' })),
          purpose: 'triage',
        },
        at,
      ).id;
    // The ledger has no cycle, as a reference is to what exists; whoever wrote one must not hang a reader.
    const tuned = `model:${site}/tuned@1`;
    const base = version('base', [tuned], [clean]);
    const left = version('left', [base], []);
    const right = version('right', [base], [other]);
    version('tuned', [left, right], [clean]);
    deploy(tuned, 'bedside', 1, at);
    await commit();
    const answer = await trace({ endpoint: 'bedside', site, at: formatTime(at) });
    expect(answer.truncated).toBe(false);
    const [candidate] = answer.candidates;
    expect(candidate?.ancestors.map(({ id }) => id)).toEqual([left, right, base]);
    expect(candidate?.datasets.map(({ id }) => id)).toEqual([clean, raw, other]);
  });

  it('shows what was corrected by then beside the record, and what was only later', async () => {
    const data = `dataset:${site}/misspelt@1`;
    create(data, { parents: [] }, begin);
    const datasets = [{ id: data, role: 'training' }];
    const { id: model } = create(`model:${site}/corrected@1`, { parents: [], datasets, purpose: 'triage' }, begin);
    const run = deploy(model, 'ward', 1, begin);
    const amend = (record: string, field: string, count: number, at: number) => {
      const fields = { record, field, reasonCode: 'typo' };
      const { header, transaction } = chain.create({
        id: amendmentId(record, field, count),
        fields,
        at,
        ...(record === data && { values: { earlier: `${count}`, corrected: `${count + 1}` } }),
      });
      pending.push(transaction);
      return header.id;
    };
    const first = amend(data, 'licence', 1, minute(10));
    const second = amend(data, 'licence', 2, minute(20));
    const third = amend(run.id, 'hardware', 1, minute(30));
    // Not the record's author's, so not an amendment.
    const forged = { record: data, field: 'retention', reasonCode: 'typo' };
    const elsewhere = amendmentId(data, 'retention', 1).replace(site, 'hungarian');
    pending.push(chain.create({ id: elsewhere, fields: forged, at: minute(5) }).transaction);
    await commit();
    const at = async (number: number) => {
      const { candidates } = await trace({ endpoint: 'ward', site, at: formatTime(minute(number)) });
      const [candidate] = candidates;
      return {
        dataset: candidate?.datasets[0]?.amendments?.map(({ id, private: values }) => [id, values]),
        deployment: candidate?.deployment.amendments?.map(({ id, private: values }) => [id, values]),
        since: candidate?.since.map(({ id }) => id),
      };
    };
    expect(await at(5)).toEqual({ dataset: undefined, deployment: undefined, since: [third, second, first] });
    expect(await at(15)).toEqual({
      dataset: [[first, { earlier: '1', corrected: '2' }]],
      deployment: undefined,
      since: [third, second],
    });
    expect(await at(35)).toEqual({
      dataset: [
        [second, { earlier: '2', corrected: '3' }],
        [first, { earlier: '1', corrected: '2' }],
      ],
      deployment: [[third, 'missing']],
      since: [],
    });
  });

  it('follows a version so far and no further, and says so', async () => {
    let parents: { id: string; relation: string }[] = [];
    const ids = Array.from({ length: 40 }, (_, number) => {
      const { id } = create(`model:${site}/long@${number}`, { parents, datasets: [], purpose: 'triage' }, begin);
      parents = [{ id, relation: 'fine-tuned' }];
      return id;
    });
    deploy(ids.at(-1) ?? '', 'corridor', 1, begin);
    deploy(ids[32] ?? '', 'stairs', 1, begin);
    await commit();
    const far = await trace({ endpoint: 'corridor', site, at: formatTime(begin) });
    expect(far.truncated).toBe(true);
    expect(far.candidates[0]?.ancestors.map(({ id }) => id)).toEqual(ids.slice(-33, -1).reverse());
    const whole = await trace({ endpoint: 'stairs', site, at: formatTime(begin) });
    expect(whole.truncated).toBe(false);
    expect(whole.candidates[0]?.ancestors).toHaveLength(32);
  });

  it('shows nothing that happened after the moment that it is asked for, nor after the end of its day', async () => {
    const day = Date.UTC(2026, 1, 1);
    const hour = (number: number) => day + number * 3_600_000;
    const { id: model } = create(`model:${site}/daily@1`, { parents: [], datasets: [], purpose: 'triage' }, day);
    deploy(model, 'daily', 1, day);
    const [noon, midnight] = [12, 24].map(
      (number) =>
        create(`attestation:auditor-b/${name(`daily ${number}`)}@1`, { subject: model, kind: 'safety' }, hour(number))
          .id,
    );
    await commit();
    const asked = { endpoint: 'daily', site, localDay: '2026-02-01', zone: 'UTC' };
    const told = async (asOf?: number) => {
      const past = { asOf: asOf === undefined ? undefined : formatTime(asOf), knownAt: undefined };
      const [candidate] = (await new Tracer(open.services, caller, past).trace(asked)).candidates;
      return [candidate?.attestations, candidate?.since].map((lines) => lines?.map(({ id }) => id));
    };
    expect(await told()).toEqual([[noon], [midnight]]);
    expect(await told(hour(11))).toEqual([[], [midnight, noon]]);
    expect(await told(hour(12))).toEqual([[noon], [midnight]]);
    expect(await told(hour(24))).toEqual([[midnight, noon], []]);
  });

  it('says that an output has more receipts than are shown', async () => {
    const output = digest('the same output');
    const receipts = Array.from({ length: 101 }, (_, number) => ({
      receipt: {
        schema: 1 as const,
        id: name(`receipt ${number}`),
        site,
        endpoint: 'counted',
        sequence: number + 1,
        at: formatTime(minute(number)),
        model: digest('weights'),
        input: digest(`input ${number}`),
        output,
      },
      signature: 'c2lnbmF0dXJl',
      certificate: 'A certificate that nobody looks at here, since it was checked when it came.',
    }));
    await open.receipts.add(receipts.slice(0, 100));
    const whole = await trace({ output: { commitment: output } });
    expect([whole.receipts.length, whole.truncated]).toEqual([100, false]);
    await open.receipts.add(receipts.slice(100));
    const more = await trace({ output: { commitment: output } });
    expect(more.receipts.map(({ id }) => id)).toEqual(receipts.slice(0, 100).map(({ receipt }) => receipt.id));
    expect(more.truncated).toBe(true);
  });

  it('is of one state of the database, also when a block comes while it is read', async () => {
    const before = height;
    const { database } = open.services;
    const asked = { endpoint: 'stairs', site, at: formatTime(minute(1)) };
    let isFirst = true;
    const interrupted: Pick<typeof database, 'snapshot'> = {
      snapshot: (work) =>
        database.snapshot((query) =>
          work(async (text, values) => {
            const rows = await query(text, values);
            if (isFirst) {
              isFirst = false;
              deploy(`model:${site}/long@3`, 'stairs', 2, begin);
              await commit();
            }
            // eslint-disable-next-line @typescript-eslint/no-unsafe-return, @typescript-eslint/no-explicit-any
            return rows as any;
          }),
        ),
    };
    const services = { ...open.services, database: interrupted as typeof database };
    const answer = await new Tracer(services, caller, { asOf: undefined, knownAt: undefined }).trace(asked);
    expect([answer.blockHeight, answer.candidates.length]).toEqual([before, 1]);
    const after = await trace(asked);
    expect([after.blockHeight, after.candidates.length]).toEqual([before + 1, 2]);
    expect((after.candidates[0]?.deployment.header as HeaderOf<'deployment'>).model).toBe(`model:${site}/long@3`);
  });
});
