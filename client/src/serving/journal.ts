import { type FileHandle, open } from 'node:fs/promises';
import { type SignedReceipt, signedReceiptSchema } from '@proofward/evidence';
import { z } from 'zod';
import { Cursor, type Place, replace, syncFolder } from './cursor.js';
import { ReceiptJournalError } from './errors.js';
import { linesOf, parsed, pieceBytes } from './lines.js';
import { lock, unlock } from './lock.js';

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
  /** Up to which number the gateway has the receipts, where the journal was shortened. */
  after: z.int().min(1).optional(),
});

/** A gateway takes bodies of 1 MiB; a line has 13 KiB at most. */
const mostBytes = 900_000;

/** A line that waits for its fsync. */
interface Waiting {
  line: string;
  done: (error?: Error) => void;
}

/**
 * A site's receipts of one endpoint in the order of their numbers, one JSON line each. A number is settled when its line is on
 * the disk (fsync, one for all that wait), and no output leaves before; so a line that a crash cut off is of an output that
 * nobody has, and its number is free. Lines are only ever appended, and taken out at the beginning when the gateway has them.
 *
 * After a failed write nothing is appended any more: what of it reached the disk is known only to the next start.
 */
export class ReceiptJournal {
  private readonly waiting: Waiting[] = [];
  /** What has to be done while nothing is written. */
  private readonly tasks: (() => Promise<void>)[] = [];
  private writing: Promise<void> | undefined;
  private failure: ReceiptJournalError | undefined;

  private constructor(
    readonly path: string,
    private readonly owner: JournalOwner,
    private handle: FileHandle,
    readonly cursor: Cursor,
    /** Where the lines begin, in bytes. */
    private begin: number,
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
      const begun = await begin(path, handle, owner);
      const cursor = await Cursor.open(path);
      // A crash may have come after the journal was shortened, and before the cursor's file said so.
      cursor.place = { ...begun, sequence: Math.max(begun.sequence, cursor.place.sequence) };
      const end = await lastWhole(path, handle, begun, cursor, owner);
      const { size } = await handle.stat();
      if (size > end.offset) {
        await handle.truncate(end.offset);
        await handle.sync();
      }
      return new ReceiptJournal(path, owner, handle, cursor, begun.offset, end.sequence, end.offset);
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

  /** The receipts from a place on that are on the disk, at most `most`, each with the place after it. */
  async read(from: Place, most: number): Promise<{ signed: SignedReceipt; next: Place }[]> {
    const found: { signed: SignedReceipt; next: Place }[] = [];
    for await (const { text, end } of linesOf(this.handle, from.offset, this.settled)) {
      const signed = signedReceiptSchema.parse(JSON.parse(text));
      found.push({ signed, next: { sequence: signed.receipt.sequence, offset: end } });
      if (found.length === most || end - from.offset > mostBytes) break;
    }
    return found;
  }

  /**
   * Takes out what the cursor says was handed in, where that is more than so many bytes and half of the file, so that all of
   * it is written twice at most. Not to be called while it is read.
   *
   * @throws ReceiptJournalError, the file system's errors
   */
  async shorten(keep: number): Promise<void> {
    const handedIn = this.cursor.place.offset - this.begin;
    if (handedIn <= keep || handedIn < this.settled / 2 || this.failure !== undefined) return;
    await new Promise<void>((resolve, reject) => {
      this.tasks.push(() => this.rewrite().then(resolve, reject));
      this.writing ??= this.write();
    });
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    this.failure ??= new ReceiptJournalError(this.path, 'it was closed');
    await this.writing;
    await this.handle.close();
    await unlock(this.path);
  }

  private async rewrite(): Promise<void> {
    const { sequence, offset } = this.cursor.place;
    const title = titleOf(this.owner, sequence);
    const old = { isClosed: false };
    try {
      await replace(
        this.path,
        async (write) => {
          await write(title);
          const piece = Buffer.alloc(pieceBytes);
          for (let at = offset; at < this.settled;) {
            const { bytesRead } = await this.handle.read(piece, 0, Math.min(pieceBytes, this.settled - at), at);
            if (bytesRead === 0) throw new ReceiptJournalError(this.path, 'it has lost lines');
            await write(piece.subarray(0, bytesRead));
            at += bytesRead;
          }
        },
        async () => {
          old.isClosed = true;
          await this.handle.close();
        },
      );
      this.handle = await open(this.path, 'a+', 0o600);
    } catch (cause) {
      // Before that, the journal is what it was.
      if (old.isClosed) this.failure ??= new ReceiptJournalError(this.path, 'not shortened; start again', { cause });
      throw cause;
    }
    this.begin = Buffer.byteLength(title);
    this.settled += this.begin - offset;
    this.cursor.place = { sequence, offset: this.begin };
  }

  private async write(): Promise<void> {
    for (;;) {
      for (const task of this.tasks.splice(0)) await task();
      const group = this.waiting.splice(0);
      if (group.length === 0) {
        if (this.tasks.length === 0) break;
        continue;
      }
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
    }
    this.writing = undefined;
  }
}

function titleOf(owner: JournalOwner, after?: number): string {
  const { channel, site, endpoint } = owner;
  const title = { proofward: 'receipt-journal', version: 1, channel, site, endpoint };
  return `${JSON.stringify(after === undefined ? title : { ...title, after })}\n`;
}

/** Where the lines begin: after a title that is this owner's, which is written where there is none. */
async function begin(path: string, handle: FileHandle, owner: JournalOwner): Promise<Place> {
  const { size } = await handle.stat();
  for await (const { text, end } of linesOf(handle, 0, size)) {
    const found = titleSchema.safeParse(parsed(text));
    if (!found.success) throw new ReceiptJournalError(path, 'not a journal of receipts');
    const { channel, site, endpoint, after = 0 } = found.data;
    if (channel !== owner.channel || site !== owner.site || endpoint !== owner.endpoint) {
      throw new ReceiptJournalError(path, `of the endpoint ${endpoint} of ${site} in ${channel}`);
    }
    return { sequence: after, offset: end };
  }
  const title = titleOf(owner);
  const start = Buffer.alloc(size);
  if (size > title.length) throw new ReceiptJournalError(path, 'not a journal of receipts');
  await handle.read(start, 0, size, 0);
  if (!title.startsWith(start.toString('utf8'))) throw new ReceiptJournalError(path, 'not a journal of receipts');
  await handle.truncate(0);
  await handle.appendFile(title);
  await handle.sync();
  // A journal that vanishes would begin with 1 again.
  await syncFolder(path);
  return { sequence: 0, offset: Buffer.byteLength(title) };
}

/** The end of the last whole line; the cursor is put to the byte of its number on the way. */
async function lastWhole(
  path: string,
  handle: FileHandle,
  from: Place,
  cursor: Cursor,
  owner: JournalOwner,
): Promise<Place> {
  const { size } = await handle.stat();
  const handedIn = cursor.place.sequence;
  let last = from;
  let torn = false;
  for await (const { text, end } of linesOf(handle, from.offset, size)) {
    const line = signedReceiptSchema.safeParse(parsed(text));
    const isNext =
      line.success &&
      line.data.receipt.sequence === last.sequence + 1 &&
      line.data.receipt.site === owner.site &&
      line.data.receipt.endpoint === owner.endpoint;
    const number = last.sequence - from.sequence + 2;
    // A machine that stops before an fsync leaves anything at the end, and nothing whole after it.
    if (torn && line.success) throw new ReceiptJournalError(path, `line ${number} is damaged`);
    if (line.success && !isNext) throw new ReceiptJournalError(path, `line ${number} is another's`);
    torn ||= !isNext;
    if (isNext) last = { sequence: last.sequence + 1, offset: end };
    if (last.sequence === handedIn) cursor.place = last;
  }
  if (last.sequence < handedIn) throw new ReceiptJournalError(path, 'it has lost lines that were handed in already');
  return last;
}
