import type { ChaincodeStub } from 'fabric-shim-api';
import {
  bytesToHex,
  type Header,
  headerBytes,
  headerKey,
  headerSchema,
  markHash,
  markKey,
  markValue,
  parseJson,
  ProofwardError,
  type RecordId,
  type PrivateType,
  type RecordType,
} from '@proofward/evidence';

type HeaderOf<T extends RecordType> = Extract<Header, { type: T }>;
/** A header of a record that has a private part. */
export type PrivateHeader = HeaderOf<PrivateType>;

/** A record as it was found: its header and the ledger key that its mark names. */
export interface Found<H extends Header> {
  key: string;
  header: H;
}

/**
 * Finds a record by its mark, in the collections where a mark of that id may lie. The header's ledger key is made of the
 * mark's hash, so a header that somebody forged or squatted under another key is not even read. The hash of a private
 * value is known to every peer, member or not.
 */
export async function findRecord<T extends RecordType>(
  stub: ChaincodeStub,
  id: RecordId & { type: T },
  collections: readonly string[],
): Promise<Found<HeaderOf<T>> | undefined> {
  for (const collection of collections) {
    const hash = await stub.getPrivateDataHash(collection, markKey(id));
    if (hash.length === 0) continue;
    const key = headerKey(id, hash);
    const bytes = await stub.getState(key);
    if (bytes.length === 0) continue;
    const header = headerSchema.parse(parseJson(new TextDecoder().decode(bytes)));
    const mark = markHash(markValue(stub.getChannelID(), header));
    if (header.type !== id.type || bytesToHex(mark) !== bytesToHex(hash)) {
      throw new ProofwardError('INTERNAL', `the header under the mark of ${header.id} is not the one that was marked`);
    }
    return { key, header: header as HeaderOf<T> };
  }
  return undefined;
}

/** Where a new record's mark goes, and the policies of mark (none: its collection's is enough) and header. */
export interface Placement {
  markCollection: string;
  markPolicy: Uint8Array | undefined;
  headerPolicy: Uint8Array;
}

/** Writes a new record's mark and header. */
export async function createHeader(
  stub: ChaincodeStub,
  id: RecordId,
  header: Header,
  placement: Placement,
): Promise<void> {
  const mark = markValue(stub.getChannelID(), header);
  await stub.putPrivateData(placement.markCollection, markKey(id), mark);
  if (placement.markPolicy !== undefined) {
    await stub.setPrivateDataValidationParameter(placement.markCollection, markKey(id), placement.markPolicy);
  }
  const key = headerKey(id, markHash(mark));
  await stub.putState(key, headerBytes(header));
  await stub.setStateValidationParameter(key, placement.headerPolicy);
  announce(stub, header);
}

/** Writes a header's next revision. */
export async function reviseHeader(stub: ChaincodeStub, key: string, header: Header): Promise<void> {
  await stub.putState(key, headerBytes(header));
  announce(stub, header);
}

/** Events are public, so this one says no more than the header does. */
function announce(stub: ChaincodeStub, { type, id, revision, status }: Header): void {
  stub.setEvent('record', new TextEncoder().encode(JSON.stringify({ type, id, revision, status })));
}
