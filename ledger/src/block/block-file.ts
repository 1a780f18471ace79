import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { diskFault, LedgerFault } from '../errors.js';
import { syncFolder } from '../identity/made-folder.js';

export const MAGIC = Buffer.from('embedded ledger blocks v1\n');
export const FRAME_HEAD = 8;
const LONGEST = 512 * 1024 * 1024;

export interface Frame {
  readonly offset: number;
  readonly content: Buffer;
}

/** The blocks, one after the other, each with its length and checksum. What was synced once is never written again. */
export class BlockFile {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private end: number,
  ) {}

  static async open(path: string): Promise<BlockFile> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, existsSync(path) ? 'r+' : 'w+');
      const { size } = await file.stat();
      // A crash between creating the file and its first sync leaves less than the magic, and no block.
      if (size < MAGIC.length) {
        await file.truncate(0);
        await writeAll(file, MAGIC, 0);
        await file.datasync();
        await syncFolder(dirname(path));
        return new BlockFile(path, file, MAGIC.length);
      }
      const head = Buffer.alloc(MAGIC.length);
      await file.read(head, 0, MAGIC.length, 0);
      if (head.equals(MAGIC)) return new BlockFile(path, file, size);
    } catch (cause) {
      await file?.close();
      throw diskFault(path, cause);
    }
    await file.close();
    throw new LedgerFault(
      'DATA_TORN',
      `${path} is not a file of blocks`,
      'restore the data folder from a copy, or start with an empty one',
    );
  }

  get start(): number {
    return MAGIC.length;
  }

  /** Returns when the block is on disk. */
  async append(content: Buffer): Promise<number> {
    const offset = this.end;
    const head = Buffer.alloc(FRAME_HEAD);
    head.writeUInt32BE(content.length, 0);
    head.writeUInt32BE(crc32(content), 4);
    const frame = Buffer.concat([head, content]);
    try {
      await writeAll(this.file, frame, offset);
      await this.file.datasync();
    } catch (cause) {
      throw diskFault(this.path, cause);
    }
    this.end = offset + frame.length;
    return offset;
  }

  async read(offset: number): Promise<Buffer> {
    const frame = await this.frameAt(offset);
    if (frame === undefined) throw this.torn(offset);
    return frame;
  }

  /**
   * The frames from `offset` on. A broken frame at the end of the file was never acknowledged: it is taken away. A broken
   * frame with others behind it means that the disk lost something that was acknowledged, and nothing is guessed.
   */
  async *recover(offset: number): AsyncGenerator<Frame> {
    let at = offset;
    while (at < this.end) {
      const frame = await this.frameAt(at);
      if (frame === undefined) {
        if (await this.hasFrameBehind(at)) throw this.torn(at);
        try {
          await this.file.truncate(at);
          await this.file.datasync();
        } catch (cause) {
          throw diskFault(this.path, cause);
        }
        this.end = at;
        return;
      }
      yield { offset: at, content: frame };
      at += FRAME_HEAD + frame.length;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** Undefined where there is no whole frame. */
  private async frameAt(offset: number): Promise<Buffer | undefined> {
    const head = Buffer.alloc(FRAME_HEAD);
    if (offset + FRAME_HEAD > this.end) return undefined;
    await this.file.read(head, 0, FRAME_HEAD, offset);
    const length = head.readUInt32BE(0);
    if (length === 0 || length > LONGEST || offset + FRAME_HEAD + length > this.end) return undefined;
    const content = Buffer.alloc(length);
    await this.file.read(content, 0, length, offset + FRAME_HEAD);
    return crc32(content) === head.readUInt32BE(4) ? content : undefined;
  }

  /** The length in a broken frame may be what is broken, so a whole one is looked for at every byte. */
  private async hasFrameBehind(offset: number): Promise<boolean> {
    const rest = Buffer.alloc(Math.min(this.end - offset, LONGEST));
    await this.file.read(rest, 0, rest.length, offset);
    for (let at = 1; at + FRAME_HEAD < rest.length; at++) {
      const length = rest.readUInt32BE(at);
      const content = rest.subarray(at + FRAME_HEAD, at + FRAME_HEAD + length);
      if (length > 0 && content.length === length && crc32(content) === rest.readUInt32BE(at + 4)) return true;
    }
    return false;
  }

  private torn(offset: number): LedgerFault {
    return new LedgerFault(
      'DATA_TORN',
      `${this.path} is damaged at byte ${offset}`,
      'restore the data folder from a copy, or start with an empty one',
    );
  }
}

/** A disk that is nearly full takes a part of the bytes, and says why only when it is asked to take the rest. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
