import { isDeepStrictEqual } from 'node:util';
import { mspIds } from './channel.js';
import { Random } from './random.js';
import { type Attempt, planRound, type PlannedTransaction, type Round, stagesPerRound } from './round.js';
import { mostInBlock, type Outcome, type Side } from './side.js';

export interface Difference {
  round: string;
  /** Of what: a transaction, a question, a block. */
  of: string;
  plan: unknown;
  fabric: unknown;
  embedded: unknown;
}

const concurrency = 12;

/** Does the same on both ledgers, and compares. */
export class Fuzzer {
  readonly differences: Difference[] = [];
  /** How often each validation code and each kind of outcome was seen, so that a run says what it tried. */
  readonly tally = new Map<string, number>();

  constructor(
    private readonly fabric: Side,
    private readonly embedded: Side,
    private readonly seed: number,
  ) {}

  /** Rounds `first` to `first + count - 1`, interleaved with each other. */
  async run(first: number, count: number): Promise<void> {
    const rounds = Array.from({ length: count }, (_, index) => this.plan(first + index));
    await this.perform(rounds, `${this.seed}.${first}`, new Random(this.seed * 1_000_003 + first));
  }

  plan(number: number): Round {
    return planRound(`${this.seed}.${number}`, new Random(this.seed * 7_919 + number));
  }

  /** The numbers of the rounds that the differences are about. */
  roundsThatDiffer(): number[] {
    const label = new RegExp(`(?<![\\w.])${this.seed}\\.(\\d+)(?=[-=/])`, 'g');
    const numbers = this.differences.flatMap(({ plan, fabric, embedded, of }) => {
      const [there, here] = [JSON.stringify([fabric]), JSON.stringify([embedded])];
      const about = plan === undefined ? onlyInOne(there.match(label) ?? [], here.match(label) ?? []) : [];
      return [...(of.match(label) ?? []), ...about];
    });
    return [...new Set(numbers.map((name) => Number(name.split('.')[1])))];
  }

  /** Whether the two ledgers differ on this round alone. */
  async differs(round: Round): Promise<boolean> {
    const alone = new Fuzzer(this.fabric, this.embedded, this.seed);
    await alone.perform([round], round.label, new Random(this.seed));
    return alone.differences.length > 0;
  }

  /** What differs when these rounds are done, interleaved with each other. */
  async perform(rounds: Round[], label: string, random: Random): Promise<void> {
    let waiting: PlannedTransaction[] = [];
    for (let stage = 0; stage < stagesPerRound; stage++) {
      const planned = rounds.flatMap(({ stages }) => stages[stage]?.transactions ?? []);
      const endorsed = await this.endorse(planned);
      const due = random.shuffled([...waiting, ...endorsed.filter(({ held }) => held === 0)]);
      waiting = endorsed.filter(({ held }) => held > 0);
      await this.order(due, `${label}/${stage}`, random);
      await this.attempt(rounds.flatMap(({ stages }) => stages[stage]?.attempts ?? []));
      await this.ask(rounds, stage);
    }
  }

  private async endorse(planned: PlannedTransaction[]): Promise<PlannedTransaction[]> {
    const endorsed: PlannedTransaction[] = [];
    await limited(planned, async (transaction) => {
      const [fabric, embedded] = await this.both((side) => side.endorse(transaction));
      this.count('endorse', fabric);
      this.compare(transaction.label, 'endorsement', transaction, fabric, embedded);
      if (!('code' in fabric) && !('code' in embedded)) endorsed.push(transaction);
    });
    return planned.filter((transaction) => endorsed.includes(transaction));
  }

  /** Submits in this order, in blocks of random length, and waits until every peer has committed. */
  private async order(transactions: PlannedTransaction[], label: string, random: Random): Promise<void> {
    const cuts = new Set<string>();
    let inBlock = 0;
    for (const { label: last, fault } of transactions) {
      inBlock += fault === 'submitted twice' ? 2 : 1;
      if (inBlock < mostInBlock - 1 && !random.chance(0.06)) continue;
      cuts.add(last);
      inBlock = 0;
    }
    const submit = async (side: Side) => {
      const outcomes: Outcome[] = [];
      for (const transaction of transactions) {
        outcomes.push(await side.submit(transaction));
        if (cuts.has(transaction.label)) await side.cut(`cut ${transaction.label}`);
      }
      await side.cut(`cut ${label}`);
      await side.awaitCommit(`cut ${label}`);
      return outcomes;
    };
    const [fabric, embedded] = await this.both(submit);
    for (const [index, transaction] of transactions.entries())
      this.compare(transaction.label, 'submission', transaction, fabric[index], embedded[index]);
    const [there, here] = await this.both((side) => Promise.resolve(side.takeCommitted()));
    const plans = new Map(transactions.map((transaction) => [transaction.label, transaction]));
    for (const mspId of mspIds) {
      const expected = there.get(mspId) ?? [];
      const got = here.get(mspId) ?? [];
      for (let index = 0; index < Math.max(expected.length, got.length); index++) {
        const of = expected[index] ?? got[index];
        this.compare(of?.label ?? '', `commit at ${mspId}`, plans.get(of?.label ?? ''), expected[index], got[index]);
        if (mspId === 'Org1MSP') this.count('commit', { code: expected[index]?.code });
      }
    }
    const last = Math.max(...[...there.values(), ...here.values()].flat().map(({ block }) => block));
    const [given, delivered] = await this.both((side) => side.takePrivateData(last));
    for (const of of new Set([...given.keys(), ...delivered.keys()]))
      this.compare(label, `private data of ${of}`, undefined, given.get(of), delivered.get(of));
    // Events come on a stream of their own, a moment after the block.
    const events = await this.both((side) => settledEvents(side));
    this.compare(label, 'chaincode events', undefined, byTransaction(events[0]), byTransaction(events[1]));
  }

  private async attempt(attempts: Attempt[]): Promise<void> {
    await limited(attempts, async (attempt) => {
      const [fabric, embedded] = await this.both((side) => side.attempt(attempt));
      this.count(attempt.fault === undefined ? 'system call' : 'faulty proposal', fabric);
      this.compare(attempt.label, 'attempt', attempt, fabric, embedded);
    });
  }

  private async ask(rounds: Round[], stage: number): Promise<void> {
    const asked = rounds.flatMap(({ stages }) => (stages[stage]?.questions ?? []).map((question) => question));
    await limited(asked, async (question) => {
      const [fabric, embedded] = await this.both((side) => side.ask(question));
      const answers = [fabric['answer'], embedded['answer']];
      const [one, other] = answers;
      if (Array.isArray(one) && Array.isArray(other)) {
        for (const [index, step] of question.steps.entries())
          this.compare(question.label, 'answer', { ...question, steps: step }, one[index], other[index]);
      } else this.compare(question.label, 'answer', question, fabric, embedded);
    });
  }

  private both<Result>(action: (side: Side) => Promise<Result>): Promise<[Result, Result]> {
    return Promise.all([action(this.fabric), action(this.embedded)]);
  }

  private compare(label: string, of: string, plan: unknown, fabric: unknown, embedded: unknown): void {
    if (isDeepStrictEqual(fabric, embedded)) return;
    this.differences.push({ round: label.split('/')[0] ?? '', of: `${of} of ${label}`, plan, fabric, embedded });
  }

  private count(what: string, { code }: Outcome): void {
    const name = `${what} ${typeof code === 'number' ? code : 'ok'}`;
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
  }
}

function onlyInOne(there: readonly string[], here: readonly string[]): string[] {
  return [...there.filter((name) => !here.includes(name)), ...here.filter((name) => !there.includes(name))];
}

async function settledEvents(side: Side): Promise<Outcome[]> {
  const events: Outcome[] = [];
  for (let quiet = 0; quiet < 2;) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    const more = side.takeEvents();
    events.push(...more);
    quiet = more.length === 0 ? quiet + 1 : 0;
  }
  return events;
}

/** Streams of different chaincodes are not in step with each other. */
function byTransaction(events: Outcome[]): string[] {
  return events.map((event) => JSON.stringify(event)).sort();
}

async function limited<Item>(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
