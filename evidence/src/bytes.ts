import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

export { bytesToHex, hexToBytes };

const encoder = new TextEncoder();

/** The text in UTF-8. */
export function utf8ToBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

// One state for all hashes, since a call ends before the next begins: making one costs as much as hashing a block.
const fresh = nobleSha256.create();
const scratch = fresh.clone();

/** SHA-256 (FIPS 180-4) of the concatenation of the parts: 32 bytes. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = fresh._cloneInto(scratch);
  for (const part of parts) hash.update(part);
  return digestOf(hash);
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, message);
}

/** The same for many messages under one key: half the work of each lies in the key, and is done once. */
export function hmacSha256Under(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const keyed = hmac.create(nobleSha256, key);
  const own = keyed.clone();
  return (message) => digestOf(keyed._cloneInto(own).update(message));
}

/** Without wiping the state, which the next hash writes over. */
function digestOf(hash: { digestInto(out: Uint8Array): void }): Uint8Array {
  const out = new Uint8Array(32);
  hash.digestInto(out);
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
