import type { FileHandle } from 'node:fs/promises';

const newline = 0x0a;
export const pieceBytes = 1 << 20;

/** Whole lines between two offsets of a file, each with the offset after it. */
export async function* linesOf(
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

export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
