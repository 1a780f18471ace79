import {
  bytesToHex,
  commitmentOf,
  type Header,
  type PrivateRecord,
  privateRecordSchema,
  sha256,
  type TransitionNote,
  transitionNoteKey,
  transitionNoteSchema,
  utf8ToBytes,
} from '@proofward/evidence';

/** The hash under which blocks show a key of private data. */
export function keyHashOf(key: string): string {
  return bytesToHex(sha256(utf8ToBytes(key)));
}

/** The private record in these bytes, if it is the one of the id and hashes to the commitment. */
export function readPrivateRecord(
  channel: string,
  id: string,
  commitment: string,
  bytes: Uint8Array | string,
): PrivateRecord | undefined {
  try {
    const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
    const record = privateRecordSchema.parse(JSON.parse(text));
    return record.id === id && commitmentOf(channel, record) === commitment ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The note in a private write, if it lies under its own key and is about this revision of the header. */
export function readTransitionNote(
  channel: string,
  header: Header,
  { key, value }: { key: string; value: Uint8Array },
): TransitionNote | undefined {
  try {
    const note = transitionNoteSchema.parse(JSON.parse(Buffer.from(value).toString('utf8')));
    const isOfRevision = note.id === header.id && note.revision === header.revision && note.to === header.status;
    return isOfRevision && transitionNoteKey(channel, note) === key ? note : undefined;
  } catch {
    return undefined;
  }
}
