import { statfsSync } from 'node:fs';
import type { Log } from '../log.js';

/** Room for what was taken before and is not written yet, and for what databases write without being asked. */
const RESERVE = 64 * 1024 * 1024;
const LOOKED_AT_MS = 100;

/**
 * Whether the disk of the data folder has room for new transactions. They are refused before it is full, so that what was
 * taken can still be committed, and the ledger goes on when there is room again.
 */
export class FreeSpace {
  private enough = true;
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly folder: string,
    private readonly log: Log,
    private readonly reserve = RESERVE,
  ) {}

  /** Why nothing new is taken; undefined while there is room. */
  refusal(): string | undefined {
    const now = performance.now();
    if (now - this.lookedAt >= LOOKED_AT_MS) {
      this.lookedAt = now;
      this.look();
    }
    if (this.enough) return undefined;
    return `no space left: the disk of ${this.folder} has less than ${this.reserve / 1024 / 1024} MiB; nothing new is taken until it has more`;
  }

  private look(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    const enough = bavail * bsize >= this.reserve;
    if (enough !== this.enough) {
      if (enough) this.log.info({ folder: this.folder }, 'the disk has room again: transactions are taken');
      else
        this.log.error({ folder: this.folder, left: bavail * bsize }, 'the disk is nearly full: nothing new is taken');
    }
    this.enough = enough;
  }
}
