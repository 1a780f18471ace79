import jspb from 'google-protobuf';
import { sha256 } from '../encoding/digest.js';
import type { Update, Updates } from '../validation/updates.js';

/** Fabric's chain of hashes over validation codes and state changes, by which peers see that their states agree. */
export function nextCommitHash(codes: Uint8Array, updates: Updates, previous: Uint8Array): Buffer {
  return sha256(varint(codes.length), codes, updateBytes(updates), previous);
}

function updateBytes(updates: Updates): Uint8Array {
  const writer = new jspb.BinaryWriter();
  const write = (
    key: Uint8Array,
    update: Update,
    namespace: string | undefined,
    collection: string | undefined,
  ): void => {
    const entry = new jspb.BinaryWriter();
    if (namespace !== undefined) entry.writeString(1, namespace);
    if (collection !== undefined) entry.writeString(2, collection);
    if (key.length > 0) entry.writeBytes(3, key);
    if (update.value === undefined) entry.writeBool(4, true);
    else if (update.value.length > 0) entry.writeBytes(5, update.value);
    entry.writeBytes(6, Buffer.concat([ordered(update.version.block), ordered(update.version.transaction)]));
    writer.writeBytes(1, entry.getResultBuffer());
  };
  for (const namespace of updates.namespaces()) {
    // A namespace and a collection are named once, at their first entry.
    let unnamed: string | undefined = namespace;
    for (const [key, update] of updates.publicOf(namespace)) {
      write(Buffer.from(key), update, unnamed, undefined);
      unnamed = undefined;
    }
    for (const [collection, keys] of updates.collectionsOf(namespace)) {
      let name: string | undefined = collection;
      for (const [keyHash, update] of keys) {
        write(Buffer.from(keyHash, 'latin1'), update, unnamed, name);
        unnamed = undefined;
        name = undefined;
      }
    }
  }
  return writer.getResultBuffer();
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A number in as few bytes as it needs, after their count: byte order is numeric order. */
function ordered(value: number): Buffer {
  if (value === 0) return Buffer.from([0]);
  let digits = value.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  const bytes = Buffer.from(digits, 'hex');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
