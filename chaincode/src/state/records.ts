import type { ChaincodeStub } from 'fabric-shim-api';
import {
  bytesToHex,
  formatId,
  type Header,
  type HeaderOf,
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

/** A header of a record that has a private part. */
export type PrivateHeader = HeaderOf<PrivateType>;

/** A record as it was found: its header and the ledger key that its mark names. */
export interface Found<H extends Header> {
  key: string;
  header: H;
}

/** A collection in which the mark of a record may lie, and what a header that is marked there must say. */
export interface MarkPlace {
  collection: string;
  author?: string;
  epoch?: number;
  /** Whether a header marked here says that it is confidential, where that decides about the place. */
  confidential?: boolean;
}

/**
 * Finds a record by its mark, in the places where a mark of that id may lie. The header's ledger key is made of the mark's
 * hash, so a header that somebody forged or squatted under another key is not even read. The hash of a private value is
 * known to every peer, member or not.
 *
 * Who may write the mark, the author with one other, may mark anything: a header of another id, in another's name, in an
 * epoch whose members never saw it, or delete the header under the mark. None of these is taken for the record, and none
 * makes room for a second one.
 *
 * An author's implicit collection is its own to write, so a confidential one's mark counts only where there is no other: else it
 * could take back, alone, what it recorded with another organisation.
 *
 * @returns `deleted` where there is a mark, but no header under it
 * @throws ProofwardError INTERNAL for a header that is not the record that was asked for
 */
export async function findRecord<T extends RecordType>(
  stub: ChaincodeStub,
  id: RecordId & { type: T },
  places: readonly MarkPlace[],
): Promise<Found<HeaderOf<T>> | 'deleted' | undefined> {
  const marks: { place: MarkPlace; hash: Uint8Array }[] = [];
  for (const place of places) {
    const hash = await stub.getPrivateDataHash(place.collection, markKey(id));
    if (hash.length > 0) marks.push({ place, hash });
  }
  const open = marks.filter(({ place }) => place.confidential !== true);
  const [mark, second] = open.length > 0 ? open : marks;
  if (mark === undefined) return undefined;
  // Members of an earlier epoch must not put another record before, or behind, one of today's.
  if (second !== undefined) throw new ProofwardError('INTERNAL', `${formatId(id)} is marked in two epochs`);

  const key = headerKey(id, mark.hash);
  const bytes = await stub.getState(key);
  if (bytes.length === 0) return 'deleted';
  const header = headerSchema.parse(parseJson(new TextDecoder().decode(bytes)));
  const marked = markHash(markValue(stub.getChannelID(), header));
  if (bytesToHex(marked) !== bytesToHex(mark.hash) || !isOf(header, id, mark.place)) {
    throw new ProofwardError('INTERNAL', `the header under the mark of ${formatId(id)} is not that record's`);
  }
  return { key, header: header as HeaderOf<T> };
}

function isOf(header: Header, id: RecordId, { author, epoch, confidential }: MarkPlace): boolean {
  // The type is in the id, and a header's schema holds the two together.
  if (header.id !== formatId(id)) return false;
  if (author !== undefined && header.author !== author) return false;
  if (confidential !== undefined && ('confidential' in header && header.confidential === true) !== confidential)
    return false;
  return epoch === undefined || (header.type !== 'role' && header.epoch === epoch);
}

/** Where a new record's mark goes, first the place where it is looked for, and the policies of mark (none: its collection's is enough) and header. */
export interface Placement {
  markCollections: readonly string[];
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
  for (const collection of placement.markCollections) {
    await stub.putPrivateData(collection, markKey(id), mark);
    if (placement.markPolicy !== undefined)
      await stub.setPrivateDataValidationParameter(collection, markKey(id), placement.markPolicy);
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
export function announce(stub: ChaincodeStub, { type, id, revision, status }: Header): void {
  stub.setEvent('record', new TextEncoder().encode(JSON.stringify({ type, id, revision, status })));
}
