import { longestWindowSeconds } from '../config.js';

/** When a deployment ran at an endpoint, in milliseconds; `to` is infinite while it does. */
export interface Run {
  from: number;
  to: number;
}

const longest = longestWindowSeconds * 1_000;
/** How far before now an endpoint's first window begins at most, however old its first receipt says it is. */
const oldest = 400 * 86_400_000;

/** Windows of one length, in milliseconds, on the grid of the epoch. */
export class Windows {
  constructor(private readonly length: number) {}

  /** The grid's last point that is not after a time. */
  begin(time: number): number {
    return Math.floor(time / this.length) * this.length;
  }

  /** The grid's first point after a time. */
  end(time: number): number {
    return this.begin(time) + this.length;
  }

  /** Where an endpoint begins whose earliest receipt says that it is of that time. */
  first(earliest: number, now: number): number {
    return this.begin(Math.max(earliest, now - oldest));
  }

  /**
   * How far an empty batch speaks from a time on, where the window after it is empty. Windows that are over in one go are
   * one batch: of a day at most while something is deployed, for that is how far a trace looks; however long where nothing
   * is, and then only when something comes after.
   *
   * @param nextReceipt the time of the endpoint's next receipt after the window; infinite without one
   * @returns undefined where there is nothing to say, yet or any more
   */
  silence(from: number, now: number, runs: readonly Run[], nextReceipt: number): number | undefined {
    const end = this.end(from);
    const over = this.begin(now);
    const running = runs.filter((run) => run.from < end && run.to > from);
    if (running.length > 0) {
      const ended = this.end(Math.max(...running.map((run) => run.to)) - 1);
      return Math.min(over, ended, this.begin(nextReceipt), this.begin(from + longest));
    }
    const next = Math.min(nextReceipt, ...runs.filter((run) => run.from >= end).map((run) => run.from));
    return this.begin(next) <= over ? this.begin(next) : undefined;
  }
}
