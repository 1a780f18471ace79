/** Fixed-width big-endian numbers, so that LevelDB's byte order is numeric order. */
export function blockBytes(block: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(block, 0, 6);
  return bytes;
}

export function positionBytes(block: number, transaction: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUIntBE(block, 0, 6);
  bytes.writeUInt32BE(transaction, 6);
  return bytes;
}

export function readPosition(bytes: Buffer, at: number): { block: number; transaction: number } {
  return { block: bytes.readUIntBE(at, 6), transaction: bytes.readUInt32BE(at + 6) };
}
