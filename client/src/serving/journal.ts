import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import { type SignedReceipt, signedReceiptSchema } from '@proofward/evidence';
import { z } from 'zod';
import { systemCode } from '../files/errors.js';
import { Cursor, type Place, syncFolder } from './cursor.js';
import { ReceiptJournalError } from './errors.js';

/** Whose receipts a journal has. Another endpoint counts its own numbers. */
export interface JournalOwner {
  channel: string;
  site: string;
  endpoint: string;
}

const titleSchema = z.strictObject({
  proofward: z.literal('receipt-journal'),
  version: z.literal(1),
  channel: z.string(),
  site: z.string(),
  endpoint: z.string(),
});

const newline = 0x0a;
const pieceBytes = 1 << 20;
/** A gateway takes bodies of 1 MiB; a line has 13 KiB at most. */
const mostBytes = 900_000;

/** A line that waits for its fsync. */
interface Waiting {
  line: string;
  done: (error?: Error) => void;
}

/**
 * A site's receipts of one endpoint in the order of their numbers, one JSON line each, only ever appended to. A number is
 * settled when its line is on the disk (fsync, one for all that wait), and no output leaves before; so a line that a crash cut
 * off is of an output that nobody has, and its number is free.
 *
 * After a failed write nothing is appended any more: what of it reached the disk is known only to the next start.
 */
export class ReceiptJournal {
  private readonly waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private failure: ReceiptJournalError | undefined;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    readonly cursor: Cursor,
    /** The last number that was given out. */
    private last: number,
    /** How much of the file is on the disk, in bytes. */
    private settled: number,
  ) {}

  /**
   * @throws ReceiptJournalError where another process that runs has it, it is another's, or lines are lost; the file
   *   system's errors
   */
  static async open(path: string, owner: JournalOwner): Promise<ReceiptJournal> {
    await lock(path);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'a+', 0o600);
      const title = `${JSON.stringify({ proofward: 'receipt-journal', version: 1, ...owner })}\n`;
      const cursor = await Cursor.open(path, await begun(path, handle, title, owner));
      const end = await lastWhole(path, handle, cursor.place, owner);
      const { size } = await handle.stat();
      if (size > end.offset) {
        await handle.truncate(end.offset);
        await handle.sync();
      }
      return new ReceiptJournal(path, handle, cursor, end.sequence, end.offset);
    } catch (error) {
      await handle?.close();
      await unlock(path);
      throw error;
    }
  }

  /** The last number that was given out; 0 before the first. */
  get sequence(): number {
    return this.last;
  }

  /**
   * Gives a receipt the next number, and answers when it is on the disk.
   *
   * @param make signs the receipt with this number; where it throws, the number is not used
   * @throws ReceiptJournalError where it could not be written
   */
  async append(make: (sequence: number) => SignedReceipt): Promise<SignedReceipt> {
    if (this.failure !== undefined) throw this.failure;
    const signed = make(this.last + 1);
    this.last += 1;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.waiting.push({ line: `${JSON.stringify(signed)}\n`, done });
      this.writing ??= this.write();
    });
    return signed;
  }

  /** The receipts from a place on that are on the disk, at most `most`, and the place after them. */
  async read(from: Place, most: number): Promise<{ receipts: SignedReceipt[]; next: Place }> {
    const receipts: SignedReceipt[] = [];
    let next = from;
    for await (const { text, end } of lines(this.handle, from.offset, this.settled)) {
      const signed = signedReceiptSchema.parse(JSON.parse(text));
      receipts.push(signed);
      next = { sequence: signed.receipt.sequence, offset: end };
      if (receipts.length === most || end - from.offset > mostBytes) break;
    }
    return { receipts, next };
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    this.failure ??= new ReceiptJournalError(this.path, 'it was closed');
    await this.writing;
    await this.handle.close();
    await unlock(this.path);
  }

  private async write(): Promise<void> {
    let group = this.waiting.splice(0);
    while (group.length > 0) {
      try {
        const bytes = Buffer.from(group.map(({ line }) => line).join(''));
        await this.handle.appendFile(bytes);
        await this.handle.datasync();
        this.settled += bytes.length;
        for (const { done } of group) done();
      } catch (cause) {
        const failure = new ReceiptJournalError(this.path, 'not written; start again', { cause });
        this.failure = failure;
        for (const { done } of [...group, ...this.waiting.splice(0)]) done(failure);
      }
      group = this.waiting.splice(0);
    }
    this.writing = undefined;
  }
}

/** Where the lines begin: after a title that is this owner's, which is written where there is none. */
async function begun(path: string, handle: FileHandle, title: string, owner: JournalOwner): Promise<number> {
  const { size } = await handle.stat();
  for await (const { text, end } of lines(handle, 0, size)) {
    const found = titleSchema.safeParse(parsed(text));
    if (!found.success) throw new ReceiptJournalError(path, 'not a journal of receipts');
    const { channel, site, endpoint } = found.data;
    if (channel !== owner.channel || site !== owner.site || endpoint !== owner.endpoint) {
      throw new ReceiptJournalError(path, `of the endpoint ${endpoint} of ${site} in ${channel}`);
    }
    return end;
  }
  const start = Buffer.alloc(size);
  if (size > title.length) throw new ReceiptJournalError(path, 'not a journal of receipts');
  await handle.read(start, 0, size, 0);
  if (!title.startsWith(start.toString('utf8'))) throw new ReceiptJournalError(path, 'not a journal of receipts');
  await handle.truncate(0);
  await handle.appendFile(title);
  await handle.sync();
  // A journal that vanishes would begin with 1 again.
  await syncFolder(path);
  return Buffer.byteLength(title);
}

/** The end of the last whole line, from a place on up to which all was handed in. */
async function lastWhole(path: string, handle: FileHandle, from: Place, owner: JournalOwner): Promise<Place> {
  const { size } = await handle.stat();
  if (size < from.offset) throw new ReceiptJournalError(path, 'it has lost lines that were handed in already');
  let last = from;
  let torn = false;
  for await (const { text, end } of lines(handle, from.offset, size)) {
    const line = signedReceiptSchema.safeParse(parsed(text));
    const isNext =
      line.success &&
      line.data.receipt.sequence === last.sequence + 1 &&
      line.data.receipt.site === owner.site &&
      line.data.receipt.endpoint === owner.endpoint;
    // A machine that stops before an fsync leaves anything at the end, and nothing whole after it.
    if (torn && line.success) throw new ReceiptJournalError(path, `line ${last.sequence + 2} is damaged`);
    if (line.success && !isNext) throw new ReceiptJournalError(path, `line ${last.sequence + 2} is another's`);
    torn ||= !isNext;
    if (isNext) last = { sequence: last.sequence + 1, offset: end };
  }
  return last;
}

/** Whole lines between two offsets, each with the offset after it. */
async function* lines(
  handle: FileHandle,
  from: number,
  to: number,
): AsyncGenerator<{ text: string; end: number }, void, undefined> {
  const piece = Buffer.alloc(pieceBytes);
  let rest: Buffer = Buffer.alloc(0);
  for (let offset = from; offset < to;) {
    const { bytesRead } = await handle.read(piece, 0, Math.min(pieceBytes, to - offset), offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    rest = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
    let start = 0;
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline, start)) {
      const text = rest.toString('utf8', start, at);
      start = at + 1;
      yield { text, end: offset - rest.length + start };
    }
    rest = rest.subarray(start);
  }
}

const lockOf = (path: string) => `${path}.lock`;
/** The locks of this process. A container's process often has the number of the one before. */
const held = new Set<string>();

/** Two processes would give out the same numbers. The lock of a process that is gone is void. */
async function lock(path: string): Promise<void> {
  const file = lockOf(path);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      held.add(file);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder === process.pid ? held.has(file) : isAlive(holder)) break;
    await rm(file, { force: true });
  }
  throw new ReceiptJournalError(path, `another process has it (${file})`);
}

async function unlock(path: string): Promise<void> {
  held.delete(lockOf(path));
  await rm(lockOf(path), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
