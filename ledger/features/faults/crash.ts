import { cpSync, existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Operation } from './disk.js';

/** A data folder as a crash would have left it, and the transactions that were acknowledged by then. */
export interface Image {
  readonly name: string;
  readonly data: string;
  readonly acknowledged: readonly string[];
}

/** Copies the data folder of a ledger that runs, as different crashes would leave it. */
export class Crash {
  private copies = 0;
  private sizes = new Map<string, number>();
  /** Each database as it was when it was last synced. */
  private readonly synced = new Map<string, string>();

  constructor(
    private readonly data: string,
    private readonly acknowledged: readonly string[],
  ) {}

  before(): void {
    this.sizes = this.filesIn(this.data);
  }

  after({ name, path, sync }: Operation): void {
    // Opening a database syncs what says that it is there.
    if (name === '_open' || (name === '_batch' && sync)) this.synced.set(path, this.copy(path));
  }

  /** A killed process: what was written is in the system's hands. */
  image(name: string): Image {
    return { name, data: this.copy(''), acknowledged: [...this.acknowledged] };
  }

  /** What the last operation wrote is there by half; none where it was not a write. */
  torn(name: string, operation: Operation): Image[] {
    if (!/^write|^_batch$/.test(operation.name)) return [];
    const grown = [...this.filesIn(this.data)].filter(
      ([path, size]) => size > (this.sizes.get(path) ?? 0) && isAppended(path),
    );
    if (grown.length === 0) return [];
    const image = this.image(name);
    for (const [path, size] of grown) {
      const before = this.sizes.get(path) ?? 0;
      truncateSync(join(image.data, path), before + Math.floor((size - before) / 2));
    }
    return [image];
  }

  /** A failed machine: of the databases there is what was synced. */
  withoutUnsynced(name: string): Image {
    const image = this.image(name);
    for (const [path, copy] of this.synced) {
      rmSync(join(image.data, path), { recursive: true });
      cpSync(copy, join(image.data, path), { recursive: true });
    }
    return image;
  }

  private copy(path: string): string {
    const copy = `${this.data}-${String(++this.copies)}`;
    cpSync(join(this.data, path), copy, { recursive: true });
    return copy;
  }

  private filesIn(folder: string): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!existsSync(join(folder, path))) continue;
      const found = statSync(join(folder, path));
      if (found.isFile()) sizes.set(path, found.size);
    }
    return sizes;
  }
}

/** LevelDB syncs all its files but the log before it names them anywhere. */
function isAppended(path: string): boolean {
  return !/^(state|private\/)/.test(path) || /\.log$/.test(basename(path));
}
