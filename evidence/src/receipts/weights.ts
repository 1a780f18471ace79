import { bytesToHex, hexToBytes, sha256, utf8ToBytes } from '../bytes.js';
import type { FileDigest } from '../records/fields.js';

/**
 * The root of OpenSSF Model Signing v1 over a model's files (method `files`, SHA-256): SHA-256 over their raw digests in the
 * order of their paths, compared part by part and by code point, as Python's PurePosixPath does. In lower-case hex.
 */
export function weightsRoot(files: readonly Pick<FileDigest, 'path' | 'sha256'>[]): string {
  const sorted = [...files].sort((a, b) => comparePaths(a.path, b.path));
  return bytesToHex(sha256(...sorted.map(({ sha256: digest }) => hexToBytes(digest))));
}

function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    // UTF-8 keeps the order of code points; UTF-16 does not.
    const order = compareBytes(utf8ToBytes(part), utf8ToBytes(other));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return a.length - b.length;
}
