import type { PlannedTransaction, Round, Stage } from './round.js';

/** Leaves out of a round whatever it can do without and still differ; what remains is the smallest that was found. */
export async function shrink(
  round: Round,
  differs: (candidate: Round) => Promise<boolean>,
  attempts: number,
): Promise<Round> {
  let smallest = round;
  let left = attempts;
  for (let found = true; found;) {
    found = false;
    for (const candidate of smaller(smallest)) {
      if (left-- === 0) return smallest;
      if (!(await differs(renamed(candidate, `${round.label}x${left}`)))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

/** The same on keys of its own, so that it can be done again on a ledger that has seen it. */
export function renamed(round: Round, label: string): Round {
  const old = new RegExp(`(?<![\\w.])${round.label.replaceAll('.', '\\.')}(?=[-=/])`, 'g');
  const { stages } = JSON.parse(JSON.stringify(round).replaceAll(old, label)) as Round;
  return { label, stages };
}

function* smaller({ label, stages }: Round): Generator<Round> {
  for (const [index, stage] of stages.entries()) {
    for (const less of [...withoutAPart(stage), ...withSmallerTransactions(stage)])
      yield { label, stages: stages.with(index, less) };
  }
}

function withoutAPart(stage: Stage): Stage[] {
  const { transactions, attempts, questions } = stage;
  return [
    ...(attempts.length > 0 ? [{ ...stage, attempts: [] }] : []),
    ...(questions.length > 0 ? [{ ...stage, questions: [] }] : []),
    ...transactions.map((_, index) => ({ ...stage, transactions: transactions.toSpliced(index, 1) })),
  ];
}

function withSmallerTransactions(stage: Stage): Stage[] {
  return stage.transactions.flatMap((transaction, index) =>
    smallerTransactions(transaction).map((less) => ({
      ...stage,
      transactions: stage.transactions.with(index, less),
    })),
  );
}

function smallerTransactions(transaction: PlannedTransaction): PlannedTransaction[] {
  const { steps, fault, ...rest } = transaction;
  return [
    ...(fault === undefined ? [] : [{ ...rest, steps }]),
    ...(steps.length < 2 ? [] : steps.map((_, index) => ({ ...transaction, steps: steps.toSpliced(index, 1) }))),
  ];
}
