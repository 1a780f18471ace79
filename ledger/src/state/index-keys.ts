import { positionBytes } from '../encoding/numbers.js';
import type { Version } from '../encoding/version.js';

export function transactionKey(id: string): Buffer {
  return Buffer.from(`t${id}`);
}

export function transactionValue(at: Version, code: number): Buffer {
  return Buffer.concat([positionBytes(at.block, at.transaction), Buffer.from([code])]);
}

export function historyPrefix(namespace: string, key: string): Buffer {
  const bytes = Buffer.from(key);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([Buffer.from(`y${namespace}\u0000`), length, bytes]);
}

export function historyKey(namespace: string, key: string, at: Version): Buffer {
  return Buffer.concat([historyPrefix(namespace, key), positionBytes(at.block, at.transaction)]);
}
