import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { common } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';
import { LedgerFault, messageOf } from '../errors.js';
import { FRAME_HEAD, MAGIC } from './block-file.js';

/**
 * Blocks `from` to `to`, both included, out of the file of a ledger that may be running: it is only ever appended to, and
 * a frame at its end that is not complete is one that is just being written.
 */
export async function* readBlocks(path: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<common.Block> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `cannot read the blocks ${path} (${messageOf(cause)})`,
      'name the data folder of a ledger that was started once',
      { cause },
    );
  }
  try {
    const { size } = await file.stat();
    if (!(await bytesAt(file, 0, MAGIC.length)).equals(MAGIC)) {
      if (size < MAGIC.length) return;
      throw new LedgerFault('DATA_TORN', `${path} is not a file of blocks`, 'name the data folder of a ledger');
    }
    let at = MAGIC.length;
    for (let number = 0; number <= to && at + FRAME_HEAD <= size; number++) {
      const head = await bytesAt(file, at, FRAME_HEAD);
      const length = head.readUInt32BE(0);
      const next = at + FRAME_HEAD + length;
      if (next > size) return;
      if (number >= from) {
        const content = await bytesAt(file, at + FRAME_HEAD, length);
        if (crc32(content) !== head.readUInt32BE(4)) {
          if (next === size) return;
          throw new LedgerFault('DATA_TORN', `${path} is damaged at byte ${at}`, 'restore the data folder from a copy');
        }
        yield decode(common.Block, content, `block ${number}`);
      }
      at = next;
    }
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}
