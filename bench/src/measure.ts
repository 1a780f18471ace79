/** One measured figure. `met` is null where there is no goal. */
export interface Figure {
  name: string;
  /** Null where it could not be measured. */
  value: number | null;
  unit: string;
  /** What the value should be at most or at least; null where it is only told. */
  goal: string | null;
  met: boolean | null;
  /** Why it could not be measured. */
  reason?: string;
}

export function notMeasured(name: string, reason: string): Figure {
  return { name, value: null, unit: '', goal: null, met: false, reason };
}

export function figure(
  name: string,
  value: number,
  unit: string,
  goal?: { atMost: number } | { atLeast: number },
): Figure {
  const rounded = Number(value.toPrecision(4));
  if (goal === undefined) return { name, value: rounded, unit, goal: null, met: null };
  return 'atMost' in goal
    ? { name, value: rounded, unit, goal: `<= ${goal.atMost}`, met: value <= goal.atMost }
    : { name, value: rounded, unit, goal: `>= ${goal.atLeast}`, met: value >= goal.atLeast };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Milliseconds that one call takes. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await call();
  return performance.now() - began;
}

/** Calls a second, with `clients` of them in flight until `total` are done. */
export async function rate(total: number, clients: number, call: () => Promise<unknown>): Promise<number> {
  let left = total;
  const client = async () => {
    while (left-- > 0) await call();
  };
  const elapsed = await timed(() => Promise.all(Array.from({ length: clients }, client)));
  return (total / elapsed) * 1000;
}

/** Measures two arms in turn, so that a drift of the machine meets both; which one is first alternates too. */
export async function alternating(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number[]; theirs: number[] }> {
  const result: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) result.ours.push(await ours());
    result.theirs.push(await theirs());
    if (round % 2 === 1) result.ours.push(await ours());
  }
  return result;
}
