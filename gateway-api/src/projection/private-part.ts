import {
  bytesToHex,
  commitmentOf,
  type PrivateRecord,
  privateRecordSchema,
  sha256,
  utf8ToBytes,
} from '@proofward/evidence';

/** The hash under which blocks show the key of a private record. */
export function keyHashOf(commitment: string): string {
  return bytesToHex(sha256(utf8ToBytes(commitment)));
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
