import type { FileHandle } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const fs = require('node:fs') as typeof import('node:fs');
const promises = require('node:fs/promises') as typeof import('node:fs/promises');
const { ClassicLevel } = require('classic-level') as typeof import('classic-level');

type Work = (...args: never[]) => unknown;
type Methods = Record<string, Work>;

/** One write, sync, rename, open or removal by the ledger's storage. `sync`: what was written before is on disk then. */
export interface Operation {
  readonly number: number;
  readonly name: string;
  readonly path: string;
  readonly sync: boolean;
}

/** How an operation fails: with what error, and how much of it has happened by then. */
export interface Fault {
  readonly code: 'ENOSPC' | 'EIO';
  readonly done: 'nothing' | 'half' | 'all';
}

/** Told before and after each operation, while nothing else is written. */
export interface Watcher {
  before?(operation: Operation): void;
  after?(operation: Operation): void;
  fault?(operation: Operation): Fault | undefined;
}

const MESSAGES = { ENOSPC: 'no space left on device', EIO: 'i/o error' };
const NATIVE_MESSAGES = { ENOSPC: 'No space left on device', EIO: 'Input/output error' };

/**
 * Stands between the ledger and the functions with which it writes: those of Node, and those of LevelDB as a whole, since
 * what LevelDB does inside is native. Sources have to be imported after `install`, because imports are bound by value.
 */
class Disk {
  private watcher: Watcher | undefined;
  private folder = '\0';
  private count = 0;
  private last: Promise<unknown> = Promise.resolve();
  private readonly paths = new WeakMap<FileHandle, string>();
  private readonly files = new Map<number, string>();
  private readonly originals: (() => void)[] = [];

  async install(): Promise<void> {
    const probe = await promises.open(new URL(import.meta.url), 'r');
    const handle = Object.getPrototypeOf(probe) as Methods;
    await probe.close();
    for (const name of ['openSync', 'writeSync', 'writeFileSync', 'renameSync', 'rmSync'])
      this.replaceSync(fs as unknown as Methods, name);
    this.replaceOpen();
    for (const name of ['rename', 'rm'])
      this.replace(promises as unknown as Methods, name, (_, path) => ({ path: String(path) }));
    for (const name of ['write', 'writeFile', 'truncate', 'datasync', 'sync'])
      this.replace(handle, name, (self) => ({
        path: this.paths.get(self as FileHandle) ?? '',
        sync: name.endsWith('sync'),
      }));
    const level = ClassicLevel.prototype as unknown as Methods;
    for (const name of ['_open', '_batch', '_del', 'compactRange'])
      this.replace(level, name, (self, ...args) => ({
        path: (self as { location: string }).location,
        native: true,
        sync: name === '_batch' && (args[1] as { sync?: boolean }).sync === true,
      }));
  }

  restore(): void {
    for (const put of this.originals.splice(0)) put();
  }

  /** From now on `watcher` is told of what happens in `folder`, counted from one. */
  watch(folder: string, watcher: Watcher): void {
    this.folder = folder;
    this.watcher = watcher;
    this.count = 0;
  }

  /** How many operations there were. */
  unwatch(): number {
    this.watcher = undefined;
    return this.count;
  }

  private replaceSync(of: Methods, name: string): void {
    const original = of[name] as (...args: unknown[]) => unknown;
    const files = this.files;
    this.put(of, name, function (this: unknown, ...args: unknown[]) {
      const path = typeof args[0] === 'number' ? (files.get(args[0]) ?? '') : String(args[0]);
      if (disk.isIdle(path) || args[1] === 'r') return original.apply(this, args);
      const operation = disk.next(name, path, false);
      disk.watcher?.before?.(operation);
      const fault = disk.watcher?.fault?.(operation);
      if (fault?.done === 'half' && name.startsWith('write')) original.call(this, args[0], half(String(args[1])));
      const result = fault === undefined || fault.done === 'all' ? original.apply(this, args) : undefined;
      if (fault !== undefined) throw failure(fault, name, path, false);
      if (name === 'openSync') files.set(result as number, path);
      disk.watcher?.after?.(operation);
      return result;
    });
  }

  private replaceOpen(): void {
    const original = promises.open;
    const of = promises as unknown as Methods;
    this.put(of, 'open', async (path: string, flags: string, mode?: number) => {
      const opened = async (): Promise<FileHandle> => {
        const file = await original(path, flags, mode);
        disk.paths.set(file, path);
        return file;
      };
      return flags.startsWith('r') ? opened() : disk.perform('open', { path }, opened, undefined);
    });
  }

  private replace(
    of: Methods,
    name: string,
    describe: (self: unknown, ...args: unknown[]) => { path: string; sync?: boolean; native?: boolean },
  ): void {
    const original = of[name] as (...args: unknown[]) => Promise<unknown>;
    this.put(of, name, async function (this: unknown, ...args: unknown[]) {
      const described = describe(this, ...args);
      return disk.perform(
        name,
        described,
        async () => {
          // It may have been closed while this waited for its turn, which LevelDB's binding takes for granted it was not.
          if (described.native === true && name !== '_open' && (this as { status: string }).status !== 'open')
            throw new Error('Database is not open');
          return original.apply(this, args);
        },
        name === 'write' || name === 'writeFile' ? async () => original.apply(this, halved(name, args)) : undefined,
      );
    });
  }

  /** One after the other, so that the same work makes the same operations in the same order. */
  private async perform<T>(
    name: string,
    { path, sync = false, native = false }: { path: string; sync?: boolean; native?: boolean },
    work: () => Promise<T>,
    partly: (() => Promise<unknown>) | undefined,
  ): Promise<T> {
    if (this.isIdle(path)) return work();
    const turn = this.last.then(async () => {
      if (this.isIdle(path)) return work();
      const operation = this.next(name, path, sync);
      this.watcher?.before?.(operation);
      const fault = this.watcher?.fault?.(operation);
      if (fault !== undefined) {
        if (fault.done === 'half') await partly?.();
        // What failed to open is not open.
        if (fault.done === 'all' && name !== '_open') await work();
        throw failure(fault, name, path, native);
      }
      const result = await work();
      this.watcher?.after?.(operation);
      return result;
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private isIdle(path: string): boolean {
    return this.watcher === undefined || !path.startsWith(`${this.folder}/`);
  }

  private next(name: string, path: string, sync: boolean): Operation {
    return { number: ++this.count, name, path: path.slice(this.folder.length), sync };
  }

  private put(of: Methods, name: string, work: Work): void {
    const original = of[name] as Work;
    of[name] = work;
    this.originals.push(() => {
      of[name] = original;
    });
  }
}

export const disk = new Disk();

function half(text: string): string {
  return text.slice(0, text.length / 2);
}

/** The arguments of a write of half as much. */
function halved(name: string, args: readonly unknown[]): unknown[] {
  if (name === 'writeFile') return [half(String(args[0])), ...args.slice(1)];
  const [bytes, offset, length, position] = args;
  return [bytes, offset, Math.floor(Number(length) / 2), position];
}

/** As Node says it, or as LevelDB's binding does. */
function failure({ code }: Fault, name: string, path: string, native: boolean): Error {
  return native
    ? Object.assign(new Error(`IO error: ${path}/000003.log: ${NATIVE_MESSAGES[code]}`), { code: 'LEVEL_IO_ERROR' })
    : Object.assign(new Error(`${code}: ${MESSAGES[code]}, ${name} '${path}'`), { code });
}
